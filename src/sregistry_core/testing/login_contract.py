"""What every login by password does: subclass `PasswordLoginContract` with two fixtures.

    class TestMyLogin(PasswordLoginContract):
        @pytest.fixture
        def known(self):
            return "ada", "correct horse"

        @pytest.fixture
        def login(self, known):
            return MyLogin(...)

A third fixture, `unreachable`, is optional.
"""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from sregistry_core.contracts import (
    LoginUnavailable,
    PasswordLogin,
    Secret,
    Subject,
    WrongPassword,
)

THREADS = 8
Known = tuple[str, str]

_HOSTILE = {
    "a star, which a directory takes for everybody": "*",
    "a directory's filter": "{name})(|(uid=*",
    "a statement of SQL": "{name}' OR '1'='1",
    "a path": "../../etc/passwd",
    "a null": "{name}\0",
    "a line break": "{name}\nroot",
    "half a character": "\udc80",
    "a thousand letters": "a" * 1000,
    "nothing": "",
}


class PasswordLoginContract:
    """Who comes in, who does not, and that no password is told."""

    @pytest.fixture
    def known(self) -> Known:
        """Name and password of somebody whom the login knows."""
        raise NotImplementedError("give the contract a fixture called known")

    @pytest.fixture
    def login(self, known: Known) -> PasswordLogin:
        """The login, which knows `known`."""
        raise NotImplementedError("give the contract a fixture called login")

    @pytest.fixture
    def unreachable(self) -> PasswordLogin:
        """One whose directory, file or server does not answer."""
        pytest.skip("no unreachable login is given")

    def test_a_known_user_comes_in(self, login: PasswordLogin, known: Known) -> None:
        subject = login.check(*known)

        assert isinstance(subject, Subject)
        assert subject.provider
        assert subject.key
        assert subject.name.lower() == known[0].lower()
        assert all(isinstance(group, str) for group in subject.groups)

    def test_the_key_of_a_user_stays(self, login: PasswordLogin, known: Known) -> None:
        first, second = login.check(*known), login.check(*known)

        assert first is not None
        assert first == second

    def test_a_stranger_is_left_to_the_next_way(self, login: PasswordLogin, known: Known) -> None:
        for name in ("nobody-at-all", f"{known[0]}-the-second", known[0][:-1]):
            assert login.check(name, known[1]) is None

    @pytest.mark.parametrize("wrong", ["wrong", "{password}x", " {password}", "cut"])
    def test_a_wrong_password_ends_the_search(
        self, login: PasswordLogin, known: Known, wrong: str
    ) -> None:
        name, password = known
        shown = password[:-1] if wrong == "cut" else wrong.format(password=password)

        with pytest.raises(WrongPassword):
            login.check(name, shown)

    @pytest.mark.parametrize("empty", ["", "\0", " "], ids=repr)
    def test_an_empty_password_lets_nobody_in(
        self, login: PasswordLogin, known: Known, empty: str
    ) -> None:
        assert _answer(login, known[0], empty) != "in"
        assert _answer(login, "nobody-at-all", empty) == "stranger"

    @pytest.mark.parametrize("name", _HOSTILE.values(), ids=_HOSTILE.keys())
    def test_a_name_that_is_meant_to_do_harm_is_a_stranger(
        self, login: PasswordLogin, known: Known, name: str
    ) -> None:
        shown = name.format(name=known[0])

        assert _answer(login, shown, known[1]) == "stranger"
        assert _answer(login, shown, "wrong") == "stranger"

    def test_a_long_password_is_only_wrong(self, login: PasswordLogin, known: Known) -> None:
        assert _answer(login, known[0], known[1] * 10_000) == "wrong"

    def test_many_come_at_once_and_each_gets_their_own_answer(
        self, login: PasswordLogin, known: Known
    ) -> None:
        name, password = known
        attempts = [(name, password), (name, "wrong"), ("nobody-at-all", password)] * THREADS

        with ThreadPoolExecutor(THREADS) as threads:
            answers = list(threads.map(lambda one: _answer(login, *one), attempts))

        assert answers == ["in", "wrong", "stranger"] * THREADS

    def test_no_password_is_told(
        self, login: PasswordLogin, known: Known, caplog: pytest.LogCaptureFixture
    ) -> None:
        name, password = known
        caplog.set_level(logging.DEBUG)

        subject = login.check(name, password)
        with pytest.raises(WrongPassword) as refused:
            login.check(name, f"{password}-but-wrong")
        login.check("nobody-at-all", password)

        told = f"{subject!r} {login!r} {login} {refused.value!r} {caplog.text}"
        assert password not in told

    def test_who_came_in_is_found_again_without_a_password(
        self, login: PasswordLogin, known: Known
    ) -> None:
        _skip_unless_it_refreshes(login)
        subject = login.check(*known)

        assert subject is not None
        assert login.refresh(subject.key) == subject

    @pytest.mark.parametrize("key", ["*", "a)(|(uid=*", "' OR '1'='1", "\0", "-" * 500, "no-such"])
    def test_a_key_that_nobody_has_leads_to_nobody(self, login: PasswordLogin, key: str) -> None:
        _skip_unless_it_refreshes(login)

        assert login.refresh(key) is None

    def test_an_explanation_ends_with_who_it_is_and_tells_no_password(
        self, login: PasswordLogin, known: Known, caplog: pytest.LogCaptureFixture
    ) -> None:
        name, password = known
        caplog.set_level(logging.DEBUG)

        steps = list(login.explain(name, Secret(password)))
        refused = list(login.explain(name, Secret(f"{password}-but-wrong")))

        if not steps:
            pytest.skip("it explains nothing")
        assert steps[-1] == login.check(name, password)
        assert not isinstance(refused[-1], Subject)
        assert not any(isinstance(one, Subject) for one in login.explain("nobody-at-all"))
        assert password not in f"{steps!r} {refused!r} {caplog.text}"

    def test_a_login_that_cannot_answer_says_so(
        self, unreachable: PasswordLogin, known: Known
    ) -> None:
        with pytest.raises(LoginUnavailable):
            unreachable.check(*known)
        if unreachable.can_refresh:
            with pytest.raises(LoginUnavailable):
                unreachable.refresh("somebody")


def _skip_unless_it_refreshes(login: PasswordLogin) -> None:
    if not login.can_refresh:
        pytest.skip("it cannot be asked without a password")


def _answer(login: PasswordLogin, name: str, password: str) -> str:
    try:
        return "in" if login.check(name, password) else "stranger"
    except WrongPassword:
        return "wrong"
