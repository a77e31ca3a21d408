"""Definition files of Singularity and Apptainer, taken apart for highlighting.

Source: Apptainer user guide, "Definition Files".
"""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from pygments.lexer import Lexer
from pygments.lexers.shell import BashLexer
from pygments.token import Comment, Keyword, Name, Punctuation, String, Text

_SCRIPTS = frozenset(
    {
        "post", "setup", "environment", "runscript", "startscript", "test", "pre",
        "appinstall", "appenv", "apprun", "appstart", "apptest",
    }
)  # fmt: skip
_PAIRS = frozenset({"labels", "applabels"})
_SECTION = re.compile(r"([ \t]*%)(\w+)([^\n]*\n?)")
_HEADER = re.compile(r"([ \t]*)([A-Za-z]\w*)([ \t]*:)([^\n]*\n?)")
_PAIR = re.compile(r"([ \t]*)(\S+)([^\n]*\n?)")
_COMMENT = re.compile(r"[ \t]*#")

Found = tuple[int, Any, str]


class DefinitionLexer(Lexer):
    """Header lines, sections by `%name`, and shell in the sections that hold scripts."""

    name = "Singularity definition file"
    aliases: ClassVar[list[str]] = ["singularity-definition"]
    filenames: ClassVar[list[str]] = ["*.def"]

    def get_tokens_unprocessed(self, text: str) -> Iterator[Found]:
        """Give place, kind and text of every piece; the pieces make up the whole text."""
        section, script, begun, place = "", "", 0, 0
        for line in text.splitlines(keepends=True):
            found = _SECTION.match(line)
            if found is None and section in _SCRIPTS:
                begun = begun if script else place
                script += line
            else:
                yield from _shell(script, begun)
                script = ""
                if found is not None:
                    section = found[2].lower()
                    kinds = (Punctuation, Keyword.Declaration, Name.Label)
                    yield from _pieces(found, kinds, place)
                else:
                    yield from _line(line, section, place)
            place += len(line)
        yield from _shell(script, begun)


def _shell(script: str, begun: int) -> Iterator[Found]:
    if script:
        for place, kind, piece in BashLexer().get_tokens_unprocessed(script):
            yield begun + place, kind, piece


def _line(line: str, section: str, place: int) -> Iterator[Found]:
    kinds = (Text, Name.Attribute, Punctuation, String)
    if _COMMENT.match(line):
        yield place, Comment.Single, line
    elif not section and (found := _HEADER.match(line)):
        yield from _pieces(found, kinds, place)
    elif section in _PAIRS and (found := _PAIR.match(line)):
        yield from _pieces(found, (Text, Name.Attribute, String), place)
    else:
        yield place, Text, line


def _pieces(found: re.Match[str], kinds: tuple[Any, ...], place: int) -> Iterator[Found]:
    for number, kind in enumerate(kinds, 1):
        if found[number]:
            yield place + found.start(number), kind, found[number]
