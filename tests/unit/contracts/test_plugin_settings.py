"""Typed reading of ini keys: every type, every default, and every refusal word for word."""

from datetime import timedelta

import pytest

from sregistry_core.contracts import ConfigurationError, PluginSettings, Secret, Sections
from sregistry_core.contracts.settings import parse_duration, parse_size


@pytest.fixture
def read(tmp_path):
    """Makes the settings of a thing called `disk`."""

    def make(environ=None, **values):
        return PluginSettings("disk", values, tmp_path, environ or {})

    return make


def refusal(call, *arguments, **options):
    with pytest.raises(ConfigurationError) as refused:
        call(*arguments, **options)
    return str(refused.value)


def test_a_text_is_read_without_the_blanks_around_it(read):
    assert read(root="  /srv  ").text("root") == "/srv"


@pytest.mark.parametrize(
    "method", ["text", "words", "number", "boolean", "size", "duration", "path"]
)
def test_a_missing_key_is_named(read, method):
    assert refusal(getattr(read(), method), "root") == "disk.root is missing from the ini file"
    assert refusal(getattr(read(root="  "), method), "root") == (
        "disk.root is missing from the ini file"
    )


def test_a_missing_choice_and_a_missing_secret_are_named(read):
    assert refusal(read().choice, "way", ("a", "b")) == "disk.way is missing from the ini file"
    assert refusal(read().secret, "key") == (
        "disk.key is missing from the ini file (or key_file, or key_env)"
    )


def test_defaults_are_read_as_if_they_stood_there(read, tmp_path):
    settings = read()

    assert settings.text("a", "b") == "b"
    assert settings.words("a", "b c") == ("b", "c")
    assert settings.number("a", 3) == 3
    assert settings.boolean("a", True) is True
    assert settings.size("a", "1K") == 1024
    assert settings.duration("a", "1m") == timedelta(minutes=1)
    assert settings.choice("a", ("b", "c"), "c") == "c"
    assert settings.path("a", "b") == tmp_path / "b"
    assert settings.secret("a", "b") == Secret("b")
    assert settings.secret("a", None) == Secret("")


def test_words_stand_on_one_line_or_several_with_comments(read):
    settings = read(plugins="\nfilesystem # images\n  s3 ldap\n\n# oauth\n")

    assert settings.words("plugins") == ("filesystem", "s3", "ldap")


def test_lines_may_hold_blanks_and_signs_and_some_are_comments(read):
    settings = read(teams="\nlab: cn=The Lab #1,dc=org\n\n  # of last year\nchem: cn=chem\n")

    assert settings.lines("teams") == ("lab: cn=The Lab #1,dc=org", "chem: cn=chem")
    assert settings.lines("none", "") == ()


@pytest.mark.parametrize("text", ["-1", "1.5", "a", "²", "٣", "1 2", "9" * 31])
def test_what_is_no_number_is_refused(read, text):
    assert refusal(read(n=text).number, "n") == f"disk.n = {text} is not a whole number"


def test_a_number_keeps_to_its_limits(read):
    settings = read(n="7")

    assert settings.number("n", least=7, most=7) == 7
    assert refusal(settings.number, "n", least=8) == "disk.n = 7 is not at least 8"
    assert refusal(settings.number, "n", least=1, most=6) == "disk.n = 7 is not between 1 and 6"


@pytest.mark.parametrize("text", ["true", "Yes", "ON", "1"])
def test_there_are_four_words_for_true(read, text):
    assert read(on=text).boolean("on") is True


@pytest.mark.parametrize("text", ["false", "No", "OFF", "0"])
def test_there_are_four_words_for_false(read, text):
    assert read(on=text).boolean("on", True) is False


def test_any_other_word_is_refused(read):
    assert refusal(read(on="maybe").boolean, "on") == "disk.on = maybe is not true or false"


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("512", 512), ("1K", 1024), ("64M", 64 << 20), ("1 GiB", 1 << 30), ("2tb", 2 << 40)],
)
def test_sizes_are_powers_of_1024(read, text, size):
    assert read(s=text).size("s") == parse_size(text) == size


@pytest.mark.parametrize("text", ["", "1.5G", "-1", "M", "1X", "1 G B", "9" * 31])
def test_what_is_no_size_is_refused(read, text):
    if text:
        assert refusal(read(s=text).size, "s") == (
            f"disk.s = {text} is not a size such as 64M or 1G"
        )
    with pytest.raises(ValueError):
        parse_size(text)


def test_a_size_beyond_every_disk_is_refused(read):
    assert refusal(read(s="2000000T").size, "s") == "disk.s = 2000000T is not at most 1048576T"


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("0s", timedelta(0)),
        ("30s", timedelta(seconds=30)),
        ("15m", timedelta(minutes=15)),
        ("12H", timedelta(hours=12)),
        ("7 d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
    ],
)
def test_durations_have_a_unit(read, text, duration):
    assert read(d=text).duration("d") == parse_duration(text) == duration


@pytest.mark.parametrize("text", ["30", "1.5h", "-1s", "s", "1y", "1h30m"])
def test_what_is_no_duration_is_refused(read, text):
    assert refusal(read(d=text).duration, "d") == (
        f"disk.d = {text} is not a duration such as 30s, 15m, 12h or 7d"
    )


def test_a_duration_beyond_every_calendar_is_refused(read):
    for text in ("99999999d", f"{'9' * 30}w"):
        assert refusal(read(d=text).duration, "d") == f"disk.d = {text} is not at most 36500d"


def test_a_choice_is_one_of_those_that_are_named(read):
    assert read(way="b").choice("way", ("a", "b")) == "b"
    assert refusal(read(way="c").choice, "way", ("a", "b")) == "disk.way = c is not one of a, b"


def test_a_relative_path_starts_at_the_ini_file(read, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")

    assert read(p="var/images").path("p") == tmp_path / "var/images"
    assert str(read(p="/srv/images").path("p")) == "/srv/images"
    assert str(read(p="~/images").path("p")) == "/home/ada/images"


def test_a_secret_is_given_in_one_of_three_ways(read, tmp_path):
    (tmp_path / "file").write_text("from a file\n")

    assert read(key="plain").secret("key").value == "plain"
    assert read(key_file="file").secret("key").value == "from a file"
    assert read({"KEY": "from there"}, key_env="KEY").secret("key").value == "from there"


def test_a_secret_is_given_once(read):
    assert refusal(read(key="a", key_file="b").secret, "key") == (
        "disk.key and disk.key_file say the same thing: keep one"
    )
    assert refusal(read(key_file="a", key_env="b").secret, "key") == (
        "disk.key_file and disk.key_env say the same thing: keep one"
    )


def test_a_secret_that_cannot_be_had_is_named_by_where_it_should_be(read, tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe")

    assert refusal(read(key_file="none").secret, "key") == (
        "disk.key_file names none, which cannot be read: No such file or directory"
    )
    assert refusal(read(key_file="binary").secret, "key") == (
        "disk.key_file names binary, which cannot be read: it is no text"
    )
    assert refusal(read(key_env="NONE").secret, "key") == (
        "disk.key_env names the variable NONE, which is not set"
    )


def test_an_empty_secret_is_none_at_all(read, tmp_path):
    # Another process may have made the file, and not have written it yet.
    (tmp_path / "empty").write_text("\n")

    assert refusal(read(key_file="empty").secret, "key") == (
        "disk.key_file leads to an empty secret"
    )
    assert refusal(read({"EMPTY": ""}, key_env="EMPTY").secret, "key", None) == (
        "disk.key_env leads to an empty secret"
    )


def test_a_secret_does_not_print_itself():
    secret = Secret("hush")

    assert "hush" not in f"{secret} {secret!r} {[secret]} {secret:}"
    assert str(secret) == "<secret>"


def test_what_was_not_read_can_be_told(read):
    settings = read(root="/srv", rooot="/srv", key_file="x")
    settings.text("root")
    settings.boolean("flag", False)

    assert list(settings.unread()) == ["key_file", "rooot"]
    assert settings.known() == {"root", "flag"}


def test_an_empty_value_takes_a_key_back(read):
    assert list(read(root=" ", other="").unread()) == []


def test_keys_are_sorted_by_what_stands_before_the_first_dot(tmp_path):
    sections = Sections(
        {"disk.root": "/srv", "disk.a.b": "c", "cloud.root": "x", "nodot": "y"}, tmp_path, {}
    )

    assert sorted(sections) == ["cloud", "disk"]
    assert len(sections) == 2
    assert sections["disk"].text("root") == "/srv"
    assert sections["disk"].text("a.b") == "c"
    assert sections["disk"] is sections["disk"]
    assert sections["absent"].text("root", "default") == "default"
