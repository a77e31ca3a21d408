"""Robots and trusted publishers, from the command line."""

import re

import pytest

ISSUER = "https://token.actions.githubusercontent.com"


@pytest.fixture
def with_lab(site):
    site.settings["sregistry.publishers"] = ISSUER
    site.write()
    site.must("user", "add", "ada", "--password-stdin", stdin="correct horse battery")
    site.must("collection", "add", "ada/lab")
    return site


def test_a_token_is_printed_alone_and_long_enough_for_the_client(with_lab):
    result = with_lab.run("robot", "add", "ada/lab+ci")

    assert re.fullmatch(r"[A-Za-z0-9_]{200,}\n", result.stdout)
    assert (result.stderr, result.exit_code) == ("", 0)


def test_robots_are_listed_disabled_renewed_and_removed(with_lab):
    with_lab.must("team", "add", "crew", "--owner", "ada")
    with_lab.must("robot", "add", "ada/lab+ci")
    with_lab.must("robot", "add", "crew+puller", "--scope", "pull", "--expires", "30d")

    ci, puller = (line.split() for line in with_lab.must("robot", "list"))
    assert ci == ["ada/lab+ci", "push", "never", "enabled"]
    assert (puller[0], puller[1], puller[-1]) == ("crew+puller", "pull", "enabled")
    assert [one.split() for one in with_lab.must("robot", "list", "crew")] == [puller]

    assert with_lab.must("robot", "disable", "ada/lab+ci") == ["disabled ada/lab+ci"]
    assert with_lab.must("robot", "list", "ada/lab")[0].endswith("disabled")
    assert with_lab.must("robot", "enable", "ada/lab+ci") == ["enabled ada/lab+ci"]
    assert len(with_lab.must("robot", "renew", "ada/lab+ci", "--keep")[0]) > 200
    assert with_lab.must("robot", "revoke", "ada/lab+ci") == ["ended 2 tokens of ada/lab+ci"]
    assert with_lab.must("robot", "remove", "ada/lab+ci") == ["removed ada/lab+ci"]
    assert with_lab.must("robot", "list", "ada/lab") == []


def test_robots_are_no_users(with_lab):
    with_lab.must("robot", "add", "ada/lab+ci")

    assert len(with_lab.must("user", "list")) == 1
    assert with_lab.refusal("user", "passwd", "ada/lab+ci") == "the user ada/lab+ci does not exist"
    assert with_lab.refusal("token", "add", "ada/lab+ci") == "the user ada/lab+ci does not exist"


def test_publishers_are_added_listed_and_removed(with_lab):
    claims = ("--claim", "repository=lab/blast", "--claim", "ref=refs/heads/main")
    added = with_lab.must("publisher", "add", "ada/lab+nightly", ISSUER, *claims)

    assert added == [f"ada/lab+nightly trusts jobs of {ISSUER}"]
    (line,) = with_lab.must("publisher", "list")
    assert line.split() == [
        "ada/lab+nightly",
        "push",
        ISSUER,
        "ref=refs/heads/main",
        "repository=lab/blast",
    ]
    assert with_lab.must("publisher", "list", "ada/lab") == [line]
    assert with_lab.must("robot", "list") == []
    assert with_lab.must("publisher", "remove", "ada/lab+nightly") == ["removed ada/lab+nightly"]
    assert with_lab.must("publisher", "list") == []


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["robot", "add", "ci"],
            "'ci' is no name of a robot: ENTITY/COLLECTION+ROBOT, or TEAM+ROBOT",
        ),
        (["robot", "add", "ada/none+ci"], "ada/none does not exist"),
        (["robot", "add", "none+ci"], "the team none does not exist"),
        (["robot", "remove", "ada/lab+ci"], "the robot ada/lab+ci does not exist"),
        (["publisher", "remove", "ada/lab+ci"], "the publisher ada/lab+ci does not exist"),
        (
            ["publisher", "add", "crew+ci", ISSUER, "--claim", "repository=a/b"],
            "crew+ci is of a team: publishers are of collections, ENTITY/COLLECTION+X",
        ),
        (
            ["publisher", "add", "ada/lab+ci", "https://a.test", "--claim", "repository=a/b"],
            "the issuer 'https://a.test' is none of sregistry.publishers",
        ),
    ],
)
def test_a_refusal_is_one_line(with_lab, words, line):
    assert with_lab.refusal(*words) == line


def test_a_claim_without_a_value_is_wrong_usage(with_lab):
    words = ("publisher", "add", "ada/lab+ci", ISSUER, "--claim", "repository")
    assert with_lab.misuse(*words) == "Error: --claim repository is not NAME=VALUE"


@pytest.mark.parametrize(
    "url", ["gitlab.example.org", "http://gitlab.example.org", "https://", "https://a@b.test"]
)
def test_an_issuer_in_the_clear_stops_the_start(site, url):
    site.settings["sregistry.publishers"] = url
    site.write()
    assert site.refusal("user", "list").startswith(f"sregistry.publishers: {url} is not an address")
