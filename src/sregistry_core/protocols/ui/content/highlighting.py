"""Texts of images with their parts in colour: classes, which the stylesheet gives colours."""

import json
from functools import lru_cache

from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers.data import JsonLexer
from pygments.lexers.shell import BashLexer

from .definition_lexer import DefinitionLexer

LARGEST = 1 << 15
"""Characters that are looked at; a longer text is shown without colours."""
_KEPT = 128
_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True, classprefix="hl-")


def definition(text: str) -> Markup:
    """Give a definition file."""
    return _coloured(text, "definition")


def script(text: str) -> Markup:
    """Give a script of a shell."""
    return _coloured(text, "script")


def document(body: bytes) -> Markup:
    """Give a JSON document, a member on each line; what cannot be read is shown as it is."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace")
    return _coloured(text, "document")


@lru_cache(_KEPT)
def _coloured(text: str, kind: str) -> Markup:
    if len(text) > LARGEST:
        return escape(text)
    coloured = highlight(text, _lexer(kind), _FORMATTER)
    # Each line ends with a newline there, also the last one.
    whole = coloured if text.endswith("\n") else coloured.removesuffix("\n")
    return Markup(whole)  # noqa: S704 - Pygments escapes


def _lexer(kind: str) -> Lexer:
    options = {"stripnl": False, "ensurenl": False}
    lexers = {"definition": DefinitionLexer, "script": BashLexer, "document": JsonLexer}
    return lexers[kind](**options)
