"""Logins and listeners, each broken in one way; run by test_the_contracts_can_fail.py.

Each class says in `breaks` which tests of its contract must notice, and no others may.
"""

import hashlib
import io
import json
import logging
import os
import threading

import pytest

from sregistry_core.contracts import Departure, PasswordLogin, Step, Subject, WrongPassword
from sregistry_core.errors import LoginRequired
from sregistry_core.testing.elsewhere import Elsewhere, answer_of
from sregistry_core.testing.listener_contract import ListenerContract
from sregistry_core.testing.login_contract import PasswordLoginContract
from sregistry_core.testing.redirect_contract import RedirectLoginContract


class PlainLogin(PasswordLogin):
    """A login that is right; each of the next breaks it."""

    def __init__(self, known):
        self.name, password = known
        self.digest = hashlib.sha256(password.encode()).hexdigest()

    def knows(self, name):
        return name == self.name

    def fits(self, password):
        return hashlib.sha256(password.encode("utf-8", "replace")).hexdigest() == self.digest

    def check(self, name, password):
        if not self.knows(name):
            return None
        if not self.fits(password):
            raise WrongPassword("unknown name or wrong password")
        return Subject("plain", "1", self.name)


class BrokenLogin(PasswordLoginContract):
    login_class = PlainLogin

    @pytest.fixture
    def known(self):
        return "ada", "correct horse"

    @pytest.fixture
    def login(self, known):
        return self.login_class(known)


class TestPlainLogin(BrokenLogin):
    breaks = ()


class TestAsksNothing(BrokenLogin):
    breaks = ("wrong_password", "empty_password", "long_password", "at_once", "told")

    class login_class(PlainLogin):
        def fits(self, password):
            return True


class TestTakesTheEmptyPassword(BrokenLogin):
    breaks = ("empty_password",)

    class login_class(PlainLogin):
        def fits(self, password):
            return password == "" or super().fits(password)


class TestIgnoresBlanks(BrokenLogin):
    breaks = ("wrong_password",)

    class login_class(PlainLogin):
        def fits(self, password):
            return super().fits(password.strip())


class TestLooksAtTheBeginningOnly(BrokenLogin):
    breaks = ("wrong_password", "long_password", "told")

    class login_class(PlainLogin):
        def fits(self, password):
            return super().fits(password[:13])


class TestTakesAStarForAName(BrokenLogin):
    breaks = ("harm",)

    class login_class(PlainLogin):
        def knows(self, name):
            return name == "*" or super().knows(name)


class TestCutsNamesAtANull(BrokenLogin):
    breaks = ("harm",)

    class login_class(PlainLogin):
        def knows(self, name):
            return super().knows(name.split("\0")[0])


class TestFallsOverHalfACharacter(BrokenLogin):
    breaks = ("harm",)

    class login_class(PlainLogin):
        def knows(self, name):
            return super().knows(name.encode().decode())


class TestTurnsStrangersAway(BrokenLogin):
    breaks = ("next_way", "empty", "harm", "at_once")

    class login_class(PlainLogin):
        def knows(self, name):
            return True


class TestGivesAnotherKeyEachTime(BrokenLogin):
    breaks = ("key_of_a_user",)

    class login_class(PlainLogin):
        def check(self, name, password):
            found = super().check(name, password)
            return found and Subject("plain", os.urandom(4).hex(), self.name)


class TestMixesUpItsCallers(BrokenLogin):
    breaks = ("at_once",)

    class login_class(PlainLogin):
        def check(self, name, password):
            self.asked = name, password
            if threading.current_thread() is not threading.main_thread():
                threading.Event().wait(0.01)
            return super().check(*self.asked)


class TestTellsThePassword(BrokenLogin):
    breaks = ("told",)

    class login_class(PlainLogin):
        def __init__(self, known):
            super().__init__(known)
            self.known = known

        def __repr__(self):
            return f"<login of {self.known}>"


class TestTellsTheWrongPassword(BrokenLogin):
    breaks = ("told",)

    class login_class(PlainLogin):
        def fits(self, password):
            if not super().fits(password):
                raise WrongPassword(f"{password} is wrong")
            return True


class Remembering(PlainLogin):
    """One that can be asked again, and explains itself; each of the next breaks that."""

    can_refresh = True

    def refresh(self, key):
        return Subject("plain", "1", self.name) if key == "1" else None

    def explain(self, name, password=None):
        yield Step(f"looked for {name}")
        if self.knows(name) and (password is None or self.fits(password.value)):
            yield Subject("plain", "1", self.name)


class TestRemembering(BrokenLogin):
    breaks = ()
    login_class = Remembering


class TestFindsSomebodyForAnyKey(BrokenLogin):
    breaks = ("nobody_has_leads",)

    class login_class(Remembering):
        def refresh(self, key):
            return super().refresh("1")


class TestForgetsWhoCameIn(BrokenLogin):
    breaks = ("found_again",)

    class login_class(Remembering):
        def refresh(self, key):
            return None


class TestExplainsWithThePassword(BrokenLogin):
    breaks = ("explanation",)

    class login_class(Remembering):
        def explain(self, name, password=None):
            yield Step(f"tried {password and password.value}")
            yield from super().explain(name, password)


class TestExplainsSomebodyDespiteAWrongPassword(BrokenLogin):
    breaks = ("explanation",)

    class login_class(Remembering):
        def explain(self, name, password=None):
            yield from super().explain(name)


class TestKnowsTooFewEvents(ListenerContract):
    breaks = ("every_event", "later_version")

    class listener_class:
        def notice(self, event):
            print(event.container, file=io.StringIO())
            assert event.user is not None

    @pytest.fixture
    def listener(self):
        return self.listener_class()


class TestSwallowsItsFailure(ListenerContract):
    breaks = ("passed_on",)

    class listener_class:
        def notice(self, event):
            pass

    @pytest.fixture
    def listener(self):
        return self.listener_class()

    @pytest.fixture
    def unreachable(self):
        return self.listener_class()


class BrokenRedirect(RedirectLoginContract):
    login_class = Elsewhere

    @pytest.fixture
    def login(self):
        return self.login_class("elsewhere")

    @pytest.fixture
    def visit(self):
        return lambda address: answer_of(address, "ada")


class TestElsewhere(BrokenRedirect):
    breaks = ()


class TestBelievesAnyAnswer(BrokenRedirect):
    breaks = ("another_trip", "changed", "without_a_trip", "no_answer_proves")

    class login_class(Elsewhere):
        def finish(self, callback, answer, keepsake):
            return Subject("elsewhere", "#ada", "ada")


class TestForgetsWhichTrip(BrokenRedirect):
    breaks = ("another_trip", "without_a_trip", "every_trip")

    class login_class(Elsewhere):
        def begin(self, callback, state):
            return Departure(super().begin(callback, state).url, keepsake="")

        def finish(self, callback, answer, keepsake):
            try:
                return Subject("elsewhere", json.loads(answer["who"])["key"], "ada")
            except (KeyError, TypeError, ValueError) as error:
                raise LoginRequired("no answer") from error


class TestLosesTheState(BrokenRedirect):
    breaks = ("comes_back_is_known",)

    class login_class(Elsewhere):
        state_field = "state"

        def begin(self, callback, state):
            return super().begin(callback, "lost")


class TestHasANewKeyEachTime(BrokenRedirect):
    breaks = ("same_the_next_time", "at_once")

    class login_class(Elsewhere):
        def finish(self, callback, answer, keepsake):
            super().finish(callback, answer, keepsake)
            return Subject("elsewhere", os.urandom(8).hex(), "ada")


class TestTellsTheProof(BrokenRedirect):
    breaks = ("is_told",)

    class login_class(Elsewhere):
        def finish(self, callback, answer, keepsake):
            logging.getLogger("careless").debug("%s", dict(answer))
            return super().finish(callback, answer, keepsake)
