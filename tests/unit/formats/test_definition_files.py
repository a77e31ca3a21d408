"""Which files a definition copies, and where they are in the archive that a client sends."""

import pytest

from sregistry_core.formats.definition_files import copied_files, within_archive

FILES = "Bootstrap: docker\nFrom: debian\n\n%files{arguments}\n{line}\n%post\n    cp a b\n"


@pytest.mark.parametrize(
    ("line", "within"),
    [
        ("  a.txt /opt/a", "    home/ada/a.txt /opt/a"),
        ("/etc/motd", "    etc/motd /etc/motd"),
        ("a.txt", "    home/ada/a.txt a.txt"),
        ("../x /x", "    home/x /x"),
        ("../../../../etc/x /x", "    etc/x /x"),
        ("'a b' /x", "    'home/ada/a b' /x"),
        ('"it\'s" /x', '    "home/ada/it\'s" /x'),
        ("/ /all", "    . /all"),
        ("*.txt /texts", "    home/ada/*.txt /texts"),
        ("# a b", "# a b"),
        ("", ""),
    ],
)
def test_a_source_is_found_in_the_archive_and_goes_where_it_was_meant_to(line, within):
    text = FILES.format(arguments="", line=line)

    assert within_archive(text, "/home/ada") == FILES.format(arguments="", line=within)


@pytest.mark.parametrize("arguments", [" from one", "  from  one # first"])
def test_files_of_another_stage_are_no_files_of_the_author(arguments):
    text = FILES.format(arguments=arguments, line="  a.txt /opt/a")

    assert within_archive(text, "/home/ada") == text


def test_a_stage_ends_the_files_of_the_one_before():
    text = "%files\n a /a\nBootstrap: docker\nFrom: debian\n"

    assert within_archive(text, "/w") == "%files\n    w/a /a\nBootstrap: docker\nFrom: debian\n"


def test_every_section_of_every_stage_is_read():
    text = FILES.format(arguments="", line=" a /a\n b") + FILES.format(
        arguments=" from one", line=" /c /d"
    )

    found = copied_files(text)

    assert [section.arguments for section in found] == ["", "from one"]
    assert [section.pairs for section in found] == [(("a", "/a"), ("b", "")), (("/c", "/d"),)]
    assert copied_files("say hello") == []
