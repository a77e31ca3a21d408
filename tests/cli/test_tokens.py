"""Tokens, from the command line."""

import re

import pytest

PASSWORD = "correct horse battery"


@pytest.fixture
def with_ada(site):
    site.must("user", "add", "ada", "--password-stdin", stdin=PASSWORD)
    return site


def test_a_token_is_printed_alone_and_long_enough_for_the_client(with_ada):
    result = with_ada.run("token", "add", "ada")

    assert re.fullmatch(r"[A-Za-z0-9_]{200,}\n", result.stdout)
    assert (result.stderr, result.exit_code) == ("", 0)


def test_tokens_are_listed_and_revoked(with_ada):
    with_ada.must("user", "add", "bob")
    with_ada.must("token", "add", "bob")
    with_ada.must("token", "add", "ada", "--name", "laptop", "--scope", "pull", "--expires", "30d")

    of_ada, of_bob = (line.split(None, 5) for line in with_ada.must("token", "list"))

    assert of_ada[1:3] == ["ada", "pull"]
    assert of_ada[4:] == ["never", "laptop"]
    assert of_bob[1:3] == ["bob", "push"]
    assert [line.split(None, 5) for line in with_ada.must("token", "list", "bob")] == [of_bob]
    assert with_ada.must("token", "revoke", of_ada[0]) == [f"revoked {of_ada[0]}"]
    assert with_ada.must("token", "list", "ada") == []


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["add", "bob"], "the user bob does not exist"),
        (["list", "bob"], "the user bob does not exist"),
        (["revoke", "12"], "the token 12 does not exist"),
        (
            ["add", "ada", "--expires", "0s"],
            "the lifetime of a token must be longer than nothing",
        ),
        (["add", "ada", "--name", "x" * 81], "the name of a token has at most 80 characters"),
    ],
)
def test_a_refusal_is_one_line(with_ada, words, line):
    assert with_ada.refusal("token", *words) == line


def test_a_scope_that_does_not_exist_is_wrong_usage(with_ada):
    line = with_ada.misuse("token", "add", "ada", "--scope", "write")

    assert line == (
        "Error: Invalid value for '--scope': 'write' is not one of 'pull', 'push', 'admin'."
    )


def test_a_duration_that_cannot_be_read_is_wrong_usage(with_ada):
    line = with_ada.misuse("token", "add", "ada", "--expires", "soon")

    assert line == (
        "Error: Invalid value for '--expires': soon is not a duration such as 30s, 15m, 12h or 7d"
    )
