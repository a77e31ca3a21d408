"""Logins that builds are given: each stands under its own registry, and nowhere else."""

import base64
import json

from sregistry_core.contracts import DockerLogin, RegistryLogin
from sregistry_core.contracts.apptainer_logins import login_files, secrets_of

OURS = RegistryLogin("https://registry.test/hub", "ada", "ours")


def auth(user, password):
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_each_login_is_shown_to_its_own_registry_alone():
    files = login_files(OURS, DockerLogin("docker.io", "site", "theirs"))

    assert json.loads(files["docker-config.json"])["auths"] == {
        "https://index.docker.io/v1/": auth("site", "theirs"),
        "registry.test": auth("ada", "ours"),
    }
    assert "theirs" not in files["remote.yaml"]
    (remote,) = json.loads(files["remote.yaml"])["Remotes"].values()
    assert remote == {"URI": "registry.test/hub", "System": False, "Token": "ours"}


def test_the_login_of_this_registry_goes_before_one_that_the_site_has_for_it():
    files = login_files(OURS, DockerLogin("registry.test", "site", "theirs"))

    auths = json.loads(files["docker-config.json"])["auths"]
    assert auths == {"registry.test": auth("ada", "ours")}


def test_a_build_of_nobodys_is_led_here_and_shows_nothing():
    files = login_files(RegistryLogin("http://127.0.0.1:80"), None)

    assert set(files) == {"remote.yaml"}
    (remote,) = json.loads(files["remote.yaml"])["Remotes"].values()
    assert remote == {"URI": "127.0.0.1:80", "System": False, "Insecure": True}


def test_what_must_not_be_shown_is_given_as_it_is_written():
    secrets = list(secrets_of(OURS, DockerLogin("docker.io", "site", "theirs")))

    assert secrets == [
        "theirs",
        auth("site", "theirs")["auth"],
        "ours",
        auth("ada", "ours")["auth"],
    ]
