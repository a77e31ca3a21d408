"""Definition files in colour: every sign is still there, and escaped."""

import re
import time
from html import unescape

import pytest

from sregistry_core.protocols.ui.content import highlighting
from sregistry_core.protocols.ui.content.definition_lexer import DefinitionLexer

DEFINITION = """\
# what it is
Bootstrap: docker
From: ubuntu:24.04   # a base

%labels
    Author ada
%files
    a.txt /opt
%post -c /bin/bash
    if true; then echo "$HOME" > /x; fi
    # a comment
%runscript
exec "$@"
%appinstall tool
    touch tool
%help
    It's <b>simple</b>.
"""


def kinds_of(text):
    return [(str(kind), piece) for kind, piece in DefinitionLexer(stripnl=False).get_tokens(text)]


def test_headers_sections_labels_and_shell_are_told_apart():
    kinds = kinds_of(DEFINITION)

    assert ("Token.Name.Attribute", "Bootstrap") in kinds
    assert ("Token.Keyword.Declaration", "post") in kinds
    assert ("Token.Name.Attribute", "Author") in kinds
    assert ("Token.Keyword", "if") in kinds
    assert ("Token.Comment.Single", "# what it is\n") in kinds
    assert ("Token.Text", "    It's <b>simple</b>.\n") in kinds


@pytest.mark.parametrize(
    "text",
    [
        DEFINITION,
        "",
        "\n\n\n",
        "%",
        "%post",
        "%post\n\n\n",
        "no newline at the end",
        "%post\n'never closed",
        "\u202e\u05d0 <&>\"'",
        "%POST\nexit\n%labels\n\n",
    ],
)
def test_no_sign_is_lost(text):
    assert (
        "".join(
            piece for _, piece in DefinitionLexer(stripnl=False, ensurenl=False).get_tokens(text)
        )
        == text
    )
    assert unescape(re.sub(r"</?span[^>]*>", "", highlighting.definition(text))) == text


def test_what_is_written_there_stays_text():
    shown = highlighting.definition("%post\n</span><script>alert(1)</script>\n")

    assert "<script" not in shown
    assert "style=" not in shown


def test_a_very_long_text_is_shown_without_colours():
    text = "<" * (highlighting.LARGEST + 1)

    assert highlighting.definition(text) == "&lt;" * len(text)


def test_a_document_is_shown_line_by_line_and_what_is_none_as_it_is():
    assert highlighting.document(b'{"a":[1]}').count("\n") == 4
    assert highlighting.document(b"<no json") == highlighting.document(b"<no json")
    assert "&lt;" in highlighting.document(b"<no json")


@pytest.mark.parametrize("piece", ["'", '"', "$(", "`", "<<a\n", "\\", "${", "#", "((", "[["])
def test_no_script_takes_long(piece):
    text = "%post\n" + (piece * highlighting.LARGEST)[: highlighting.LARGEST - 10]
    before = time.process_time()

    highlighting.definition(text)

    assert time.process_time() - before < 5
