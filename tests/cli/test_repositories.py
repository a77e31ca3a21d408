"""Repositories that collections are built from, from the command line."""

import pytest

URL = "https://git.example.org/lab/recipes"


@pytest.fixture
def with_lab(site):
    site.must("user", "add", "ada", "--password-stdin", stdin="correct horse battery")
    site.must("collection", "add", "ada/lab")
    return site


def test_a_repository_is_connected_shown_listed_and_disconnected(with_lab):
    token = with_lab.directory / "token"
    token.write_text("a0secret0token\n")

    said = with_lab.must(
        *("repository", "connect", "ada/lab", URL, "--branch", "main", "--branch", "dev/*"),
        *("--forge", "gitea", "--poll", "1h", "--token-file", str(token)),
    )

    shown = dict(line.split(":", 1) for line in said)
    assert shown["url"].strip() == URL
    assert shown["branches"].strip() == "main dev/*"
    assert shown["poll"].strip() == "every 60 minutes"
    assert (shown["acts for"].strip(), shown["token"].strip()) == ("ada", "yes")
    assert "it is not shown again" in shown["secret"]
    assert not any("a0secret0token" in line for line in said)

    again = with_lab.must("repository", "show", "ada/lab")
    assert again == said[:-1]
    (line,) = with_lab.must("repository", "list")[-1:]
    assert line.split()[:2] == ["ada/lab", URL]
    assert with_lab.must("repository", "look", "ada/lab", "--all") == ["ada/lab will be looked at"]

    renewed = with_lab.must("repository", "renew-secret", "ada/lab")
    assert renewed[-1].startswith("secret:") and renewed[-1] != said[-1]
    key = with_lab.must("repository", "renew-key", "ada/lab")
    assert [line for line in key if line.startswith("deploy key:")] != [
        line for line in said if line.startswith("deploy key:")
    ]

    gone = with_lab.must("repository", "disconnect", "ada/lab")
    assert gone == ["disconnected ada/lab"]
    refusal = with_lab.refusal("repository", "show", "ada/lab")
    assert refusal == "ada/lab is connected to no repository"


def test_an_address_that_is_none_is_refused_in_one_line(with_lab):
    refusal = with_lab.refusal("repository", "connect", "ada/lab", "file:///etc")

    assert refusal == "a repository is at https://, ssh://"
