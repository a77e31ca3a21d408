"""Frozen tags and share links, from the command line."""

import re

import pytest

TOKEN = "[A-Za-z0-9]{22}"


def test_a_tag_is_frozen_and_thawed(pushed):
    assert pushed.must("tag", "freeze", "ada/lab/blast:1") == ["froze ada/lab/blast:1"]
    assert pushed.must("tag", "freeze", "ada/lab/blast:1", "--thaw") == ["thawed ada/lab/blast:1"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("ada/lab/blast:2", "ada/lab/blast:2 does not exist"),
        ("ada/lab/other:1", "ada/lab/other does not exist"),
    ],
)
def test_a_tag_that_is_not_there_cannot_be_frozen(pushed, name, line):
    assert pushed.refusal("tag", "freeze", name) == line


@pytest.mark.parametrize(
    "name", ["ada/lab/blast", f"ada/lab/blast:sha256.{'a' * 64}", f"blast@sha256:{'a' * 64}"]
)
def test_freezing_needs_a_tag(pushed, name):
    assert pushed.misuse("tag", "freeze", name) == (
        f"Error: {name} names no tag: NAME:TAG is needed"
    )


def test_a_share_link_is_printed_for_browsers_and_for_the_client(pushed):
    web, shub = pushed.must("share", "add", "ada/lab/blast:1", "--expires", "7d")

    assert re.fullmatch(rf"http://registry\.test/s/{TOKEN}/lab/blast:1", web)
    assert shub == "shub" + web.removeprefix("http")


def test_share_links_are_listed_and_revoked(pushed):
    pushed.must("share", "add", "ada/lab/blast:1", "--expires", "7d")
    pushed.must("share", "add", "ada/lab/blast:1")

    second, first = (line.split() for line in pushed.must("share", "list"))

    assert second == ["2", "works", "ada/lab/blast:1", "never"]
    assert first[:3] == ["1", "works", "ada/lab/blast:1"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", first[3])
    assert pushed.must("share", "revoke", "1") == ["revoked the share link 1 of ada/lab/blast:1"]
    assert [line.split()[:2] for line in pushed.must("share", "list", "ada/lab/blast")] == [
        ["2", "works"],
        ["1", "revoked"],
    ]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["add", "ada/lab/blast:2"], "ada/lab/blast:2 does not exist"),
        (
            ["add", "ada/lab/blast:1", "--expires", "0s"],
            "the lifetime of a share link must be longer than nothing",
        ),
        (["list", "ada/lab/other"], "ada/lab/other does not exist"),
        (["revoke", "7"], "the share link 7 does not exist"),
    ],
)
def test_a_refusal_is_one_line(pushed, words, line):
    assert pushed.refusal("share", *words) == line


def test_a_share_link_has_a_number(pushed):
    assert pushed.misuse("share", "revoke", "first") == (
        "Error: Invalid value for 'NUMBER': 'first' is not a valid integer."
    )
