"""Descriptions in Markdown, made safe: no HTML of the writer's, no pictures from elsewhere."""

from collections.abc import Sequence
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "code": {"class"}}
_SCHEMES = {"http", "https", "mailto"}
_FIRST_LEVEL, _LAST_LEVEL = 3, 6
_KEPT = 256


@lru_cache(_KEPT)
def rendered(text: str) -> Markup:
    """Give a description as HTML that is safe to be shown.

    Headings begin below those of the page, and leave none out. Links lead elsewhere without
    telling where they were followed; a picture is a link to it.
    """
    html = _MARKDOWN.render(text)
    cleaned = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="nofollow noopener noreferrer ugc",
    )
    return Markup(cleaned)  # noqa: S704 - nh3 has cleaned it


@lru_cache(_KEPT)
def first_words(text: str, most: int = 200) -> str:
    """Give the beginning of a description as plain text: of its first paragraph, where it has one.

    most   how many characters at most
    """
    tokens = _MARKDOWN.parse(text)
    begun = [one.type for one in tokens]
    place = begun.index("paragraph_open") if "paragraph_open" in begun else 0
    inline = next((one for one in tokens[place:] if one.type == "inline"), None)
    if inline is None:
        return ""
    words = " ".join("".join(_plain(one) for one in inline.children or []).split())
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def _plain(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return " "
    return token.content if token.type in ("text", "code_inline", "image") else ""


def _link_to_picture(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: EnvType,
) -> str:
    token = tokens[index]
    address = str(token.attrs.get("src", ""))
    words = renderer.renderInlineAsText(token.children or [], options, env) or address
    return f'<a href="{escape(address)}">{escape(words)}</a>'


def _lower_headings(state: object) -> None:
    level = _FIRST_LEVEL - 1
    for token in getattr(state, "tokens", ()):
        if token.type == "heading_open":
            asked = int(token.tag[1:]) + _FIRST_LEVEL - 1
            level = max(_FIRST_LEVEL, min(asked, level + 1, _LAST_LEVEL))
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{level}"


def _parser() -> MarkdownIt:
    # Links of bare addresses are for GitHub; HTML would have to be cleaned of too much.
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.add_render_rule("image", lambda self, *rest: _link_to_picture(self, *rest))
    parser.core.ruler.push("lower_headings", _lower_headings)
    return parser


_MARKDOWN = _parser()
