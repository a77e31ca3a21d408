"""Apptainer with `oras://` and `docker://`: its own logins, and what it says when it may not."""

import json
import time
from datetime import timedelta

import pytest

from sregistry_core.contracts import Scope
from sregistry_core.testing.image_files import sha256_of
from sregistry_core.testing.live import PASSWORD

from .conftest import NAME_WITHOUT_TLS

pytestmark = pytest.mark.real

FRESH = {"APPTAINER_DISABLE_CACHE": "true"}


@pytest.fixture
def ada(make_apptainer):
    """A user; her Apptainer is not logged in yet."""
    return make_apptainer("ada")


@pytest.fixture
def image(ada, samples):
    """An image in ada's directory."""
    return ada.put(samples.small)


@pytest.fixture
def secret(ada, image, make_private):
    """An image in a private collection of ada's, who has logged out again."""
    make_private(f"{ada.name}/secret")
    ada.log_in()
    ada.must("push", "--no-https", image, ada.oras("secret/blast:1"))
    ada.must("registry", "logout", f"oras://{NAME_WITHOUT_TLS}")
    return ada.oras("secret/blast:1")


def pull(person, uri):
    return person.run("pull", "--no-https", "-F", "pulled.sif", uri, environment=FRESH)


def test_an_image_is_pushed_and_pulled_again_by_anybody(ada, make_apptainer, image):
    ada.log_in()

    pushed = ada.must("push", "--no-https", image, ada.oras("lab/blast:1"))
    nobody = make_apptainer("")

    assert "INFO:    Upload complete" in pushed
    assert pull(nobody, ada.oras("lab/blast:1")).code == 0
    assert sha256_of(nobody.place / "pulled.sif") == sha256_of(image)


def test_a_big_image_is_pushed_in_one_piece(ada, samples):
    ada.log_in()

    ada.must("push", "--no-https", ada.put(samples.big), ada.oras("lab/big:1"))

    assert pull(ada, ada.oras("lab/big:1")).code == 0
    assert sha256_of(ada.place / "pulled.sif") == sha256_of(samples.big)


def test_a_login_is_kept_in_the_file_of_docker_until_logging_out(ada, server, secret, answered):
    before = answered()

    shown = ada.log_in()

    assert (answered() - before)["oci GET 401"] == 1, "it was told where to log in"
    assert "Token stored in /home/tester/.docker/config.json" in shown
    kept = json.loads((ada.home / ".docker/config.json").read_text())
    assert list(kept["auths"]) == [NAME_WITHOUT_TLS]
    assert pull(ada, secret).code == 0
    assert NAME_WITHOUT_TLS in ada.must("registry", "list")

    ada.must("registry", "logout", f"oras://{NAME_WITHOUT_TLS}")

    assert pull(ada, secret).code != 0


def test_a_login_may_be_kept_in_a_file_of_ones_own(ada, secret):
    words = ["--authfile", "mine.json", f"oras://{NAME_WITHOUT_TLS}"]
    ada.must("registry", "login", "-u", ada.name, "--password-stdin", *words, stdin=PASSWORD)

    assert json.loads((ada.home / ".docker/config.json").read_text())["auths"] == {}
    assert pull(ada, secret).code != 0
    ada.must("pull", "--no-https", "--authfile", "mine.json", "mine.sif", secret, environment=FRESH)


def test_to_others_what_is_private_is_like_what_is_not_there(ada, make_apptainer, secret):
    bob, nobody = make_apptainer("bob"), make_apptainer("")
    bob.log_in()

    for person in (bob, nobody):
        hidden, absent = pull(person, secret), pull(person, ada.oras("secret/other:1"))
        assert hidden.code == absent.code == 255
        assert hidden.screen == absent.screen.replace("other", "blast")
        assert not (person.place / "pulled.sif").exists()


def test_a_wrong_password_is_refused_with_our_words(ada):
    words = ["-u", ada.name, "--password-stdin", f"oras://{NAME_WITHOUT_TLS}"]

    screen = ada.must_fail("registry", "login", *words, stdin="wrong password")

    assert "UNAUTHORIZED: unknown name or wrong password" in screen
    assert not (ada.home / ".docker/config.json").exists()


def test_a_token_for_pulling_pulls_and_does_not_push(ada, server, image, secret):
    ada.log_in(token_of(server, ada, Scope.PULL))

    assert pull(ada, secret).code == 0
    screen = ada.must_fail("push", "--no-https", image, ada.oras("secret/blast:2"))
    assert "DENIED: this token is for pull only" in screen


def test_a_token_that_expires_is_refused_from_then_on(ada, server, secret):
    ada.log_in(token_of(server, ada, Scope.PULL, timedelta(seconds=4)))
    assert pull(ada, secret).code == 0

    time.sleep(4)

    assert "UNAUTHORIZED: this token expired on" in pull(ada, secret).screen


def token_of(server, person, scope, lifetime=None):
    with server.services() as services:
        owner = services.accounts.find(person.name)
        return services.tokens.issue(owner, scope=scope, lifetime=lifetime).secret


def test_a_frozen_tag_is_not_pushed_over(ada, server, image):
    ada.log_in()
    ada.must("push", "--no-https", image, ada.oras("lab/blast:1"))
    server.admin("tag", "freeze", f"{ada.name}/lab/blast:1")

    newer = ada.build_image("newer.sif", size_bytes=10_000)
    screen = ada.must_fail("push", "--no-https", newer, ada.oras("lab/blast:1"))

    assert "is frozen" in screen
    assert pull(ada, ada.oras("lab/blast:1")).code == 0
    assert sha256_of(ada.place / "pulled.sif") == sha256_of(image)


def test_a_container_image_becomes_a_sif(make_apptainer, make_terminal, push_container):
    grace = make_terminal("grace")
    push_container(grace, "lab/tool:1")
    nobody = make_apptainer("")

    uri = f"docker://{NAME_WITHOUT_TLS}/{grace.name}/lab/tool:1"
    nobody.must("pull", "--no-https", "tool.sif", uri)

    assert (nobody.place / "tool.sif").read_bytes()[32:41] == b"SIF_MAGIC"
