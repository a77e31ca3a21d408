"""What every login at another site does: subclass `RedirectLoginContract` with two fixtures.

    class TestMyLogin(RedirectLoginContract):
        @pytest.fixture
        def login(self):
            return MyLogin(...)

        @pytest.fixture
        def visit(self):
            return lambda address: walk_through_the_other_site(address)

A third fixture, `unreachable`, is optional, and so is `callback`, for a site that knows only some.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from sregistry_core.contracts import LoginUnavailable, RedirectLogin, Subject
from sregistry_core.errors import LoginRequired

Visit = Callable[[str], Mapping[str, str]]
CALLBACK = "https://registry.test/auth/sign-in/elsewhere/callback"
STATE = "a-state-that-nobody-else-knows-000000000001"
AT_ONCE = 4


class RedirectLoginContract:
    """Who comes back is known, and a forged or borrowed answer proves nobody."""

    @pytest.fixture
    def login(self) -> RedirectLogin:
        """The login."""
        raise NotImplementedError("give the contract a fixture called login")

    @pytest.fixture
    def visit(self, login: RedirectLogin) -> Visit:
        """Signs somebody in at the other site: from its address to the fields of its answer."""
        raise NotImplementedError("give the contract a fixture called visit")

    @pytest.fixture
    def callback(self) -> str:
        """Our address that the other site sends browsers back to."""
        return CALLBACK

    @pytest.fixture
    def unreachable(self) -> RedirectLogin:
        """One whose other site does not answer."""
        pytest.skip("no unreachable login is given")

    def test_the_button_says_something(self, login: RedirectLogin) -> None:
        assert login.label.strip()
        assert login.label.isprintable()

    def test_who_comes_back_is_known(
        self, login: RedirectLogin, visit: Visit, callback: str
    ) -> None:
        departure = login.begin(callback, STATE)
        answer = visit(departure.url)
        subject = login.finish(callback, answer, departure.keepsake)

        assert urlsplit(departure.url).scheme in ("http", "https")
        assert answer[login.state_field] == STATE
        assert isinstance(subject, Subject)
        assert subject.provider
        assert subject.key
        assert subject.name
        assert all(isinstance(group, str) for group in subject.groups)

    def test_the_same_person_is_the_same_the_next_time(
        self, login: RedirectLogin, visit: Visit, callback: str
    ) -> None:
        first, second = (_travel(login, visit, callback) for _ in range(2))

        assert first == second

    def test_every_trip_is_another_one(self, login: RedirectLogin, callback: str) -> None:
        trips = [login.begin(callback, STATE) for _ in range(3)]

        assert len({trip.url for trip in trips}) == len({trip.keepsake for trip in trips}) == 3

    def test_the_answer_to_another_trip_proves_nobody(
        self, login: RedirectLogin, visit: Visit, callback: str
    ) -> None:
        own, foreign = login.begin(callback, STATE), login.begin(callback, STATE)
        answer = visit(foreign.url)

        with pytest.raises(LoginRequired):
            login.finish(callback, answer, own.keepsake)

    @pytest.mark.parametrize("garbage", ["", "x", "{value}x", "\0", "é" * 500])
    def test_an_answer_that_was_changed_proves_nobody(
        self, login: RedirectLogin, visit: Visit, callback: str, garbage: str
    ) -> None:
        departure = login.begin(callback, STATE)
        answer = {
            name: value if name == login.state_field else garbage.format(value=value)
            for name, value in visit(departure.url).items()
        }

        with pytest.raises(LoginRequired):
            login.finish(callback, answer, departure.keepsake)

    def test_no_answer_proves_nobody(self, login: RedirectLogin, callback: str) -> None:
        departure = login.begin(callback, STATE)

        for answer in ({}, {login.state_field: STATE}, {login.state_field: STATE, "user": "ada"}):
            with pytest.raises(LoginRequired):
                login.finish(callback, answer, departure.keepsake)

    def test_an_answer_without_a_trip_proves_nobody(
        self, login: RedirectLogin, visit: Visit, callback: str
    ) -> None:
        answer = visit(login.begin(callback, STATE).url)

        with pytest.raises(LoginRequired):
            login.finish(callback, answer, "")

    def test_many_travel_at_once(self, login: RedirectLogin, visit: Visit, callback: str) -> None:
        expected = _travel(login, visit, callback)

        with ThreadPoolExecutor(AT_ONCE) as threads:
            trips = [threads.submit(_travel, login, visit, callback) for _ in range(AT_ONCE)]
            assert [trip.result() for trip in trips] == [expected] * AT_ONCE

    def test_no_answer_and_no_keepsake_is_told(
        self,
        login: RedirectLogin,
        visit: Visit,
        callback: str,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        departure = login.begin(callback, STATE)
        answer = dict(visit(departure.url))
        caplog.clear()

        subject = login.finish(callback, answer, departure.keepsake)

        told = f"{subject!r} {login!r} {login} {caplog.text}"
        secret = [
            departure.keepsake,
            *(answer[name] for name in ("code", "SAMLResponse", "proof") if name in answer),
        ]
        assert [value for value in secret if value and value in told] == []

    def test_one_signs_out_at_a_web_address_or_nowhere(self, login: RedirectLogin) -> None:
        farewell = login.farewell("https://registry.test/")

        assert farewell is None or urlsplit(farewell).scheme in ("http", "https")

    def test_a_login_whose_site_does_not_answer_says_so(
        self, unreachable: RedirectLogin, callback: str
    ) -> None:
        with pytest.raises(LoginUnavailable):
            departure = unreachable.begin(callback, STATE)
            unreachable.finish(callback, {"state": STATE, "code": "a-code"}, departure.keepsake)


def _travel(login: RedirectLogin, visit: Visit, callback: str) -> Subject:
    departure = login.begin(callback, STATE)
    return login.finish(callback, visit(departure.url), departure.keepsake)
