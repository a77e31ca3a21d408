"""Too many wrong passwords: everybody is told to wait in their own words, and tokens go on."""

import time
from datetime import timedelta

import pytest
from webtest import TestApp

from sregistry_core.errors import TooManyGuesses
from sregistry_core.services.guesses import Guesses
from sregistry_core.testing.browser import Browser
from sregistry_core.testing.registry import PASSWORD

DOORS = {
    "library": "/v1/collections/ada/lab",
    "oci": "/v2/",
    "oci token": "/v2/token",
    "shub": "/ada/api/container/lab/blast:1",
    "sregistry": "/api/collections/",
    "api": "/api/v1/user",
    "keys": "/pks/lookup?op=index&search=ada",
}


@pytest.fixture
def registry(make_registry):
    """Three wrong passwords for a name, five from an address."""
    return make_registry(
        protocols="discovery transfer library oci sregistry shub hkp api ui",
        login_attempts="3",
        login_attempts_per_address="5",
        login_window="1h",
    )


def guess(registry, name, password="wrong", path="/api/v1/user"):
    return registry.with_password(name, password).get(path, expect_errors=True)


def test_after_three_wrong_passwords_the_right_one_waits_too_and_a_token_does_not(registry, ada):
    assert [guess(registry, "ada").status_int for _ in range(4)] == [401, 401, 401, 429]

    refused = guess(registry, "ada", PASSWORD)

    assert refused.status_int == 429
    assert 3500 < int(refused.headers["Retry-After"]) <= 3601
    assert refused.json["error"]["code"] == "too_many_guesses"
    assert "too many wrong passwords, try again in " in refused.json["error"]["message"]
    ada.get("/api/v1/user", status=200)


def test_a_name_is_one_name_however_it_is_written_and_unknown_ones_count_alike(registry):
    answers = [
        guess(registry, name).status_int for name in ("nobody", "Nobody", "NOBODY ", "nobody")
    ]

    assert answers == [401, 401, 401, 429]


def test_the_right_password_lets_a_name_begin_anew(registry, ada):
    for _ in range(2):
        guess(registry, "ada")
        guess(registry, "ada")
        assert guess(registry, "ada", PASSWORD).status_int == 200


def test_an_address_that_tries_many_names_has_to_wait(registry, ada):
    """Its own account does not help it: a right password forgets the name, not the address."""
    for number in range(5):
        assert guess(registry, f"user-{number}").status_int == 401
        assert number > 3 or guess(registry, "ada", PASSWORD).status_int == 200

    assert guess(registry, "ada", PASSWORD).status_int == 429
    elsewhere = registry.with_password("ada")
    elsewhere.app = TestApp(registry.app.app, extra_environ={"REMOTE_ADDR": "192.0.2.7"})
    elsewhere.get("/api/v1/user", status=200)


@pytest.mark.parametrize("door", DOORS)
def test_every_dialect_says_429_and_for_how_long(registry, ada, door):
    for _ in range(3):
        guess(registry, "ada")

    refused = guess(registry, "ada", path=DOORS[door])

    assert refused.status_int == 429
    assert int(refused.headers["Retry-After"]) > 3500
    assert "too many wrong passwords" in refused.text
    assert door != "oci" or refused.json["errors"][0]["code"] == "TOOMANYREQUESTS"


def test_the_page_to_sign_in_says_so_too(registry, ada):
    browser = Browser(registry)
    for _ in range(3):
        browser.sign_in(password="wrong", status=401)

    refused = browser.sign_in(status=429)

    assert "Too many wrong passwords. Try again in " in refused
    assert int(refused.headers["Retry-After"]) > 3500
    assert browser.session is None


def counter(redis=None, window=1):
    return Guesses(per_name=2, per_address=0, window=timedelta(seconds=window), redis=redis)


def refuses(guesses, name="ada"):
    try:
        guesses.require_few(name, None)
    except TooManyGuesses as refusal:
        assert refusal.seconds >= 1
        return True
    return False


def test_after_the_window_a_name_begins_anew():
    guesses = counter()
    guesses.count("ada", None)
    guesses.count("ada", None)
    assert refuses(guesses)

    time.sleep(1.2)

    assert not refuses(guesses)


@pytest.mark.real
def test_processes_that_share_a_redis_count_together(redis):
    first, second = counter(redis.url, 60), counter(redis.url, 60)

    first.count("ada", None)
    second.count("ada", None)

    assert refuses(first)
    assert refuses(second)
    second.forget("ada")
    assert not refuses(first)


@pytest.mark.real
@pytest.mark.parametrize("how", ["kill", "freeze"])
def test_without_its_redis_each_process_counts_alone_and_nobody_waits_long(redis, how):
    guesses = counter(redis.url, 60)
    getattr(redis, how)()

    began = time.monotonic()
    for _ in range(2):
        assert not refuses(guesses)
        guesses.count("ada", None)
    assert refuses(guesses)
    assert time.monotonic() - began < 10
    if how == "freeze":
        redis.thaw()
