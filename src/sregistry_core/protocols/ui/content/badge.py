"""A badge for a page elsewhere: the name of a container and what is in it, as a small picture."""

from markupsafe import Markup, escape

_HEIGHT, _PADDING = 20, 8
_LONGEST = 40
_NARROW, _WIDE = "fijlrtI.,:;'|!()[]{} ", "mwMW@%"


def badge_svg(left: str, right: str) -> str:
    """Give the picture, with a text on either side."""
    left, right = _shortened(left), _shortened(right)
    left_width, right_width = _width(left), _width(right)
    whole = left_width + right_width
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{height}"'
        ' viewBox="0 0 {whole} {height}" role="img" aria-label="{left}: {right}">'
        "<title>{left}: {right}</title>"
        '<clipPath id="r"><rect width="{whole}" height="{height}" rx="4"/></clipPath>'
        '<g clip-path="url(#r)"><rect width="{left_width}" height="{height}" fill="#14211f"/>'
        '<rect x="{left_width}" width="{right_width}" height="{height}" fill="#0b6660"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        '<text x="{padding}" y="14" textLength="{left_text}">{left}</text>'
        '<text x="{right_x}" y="14" textLength="{right_text}">{right}</text></g></svg>\n'
    ).format(
        whole=whole,
        height=_HEIGHT,
        padding=_PADDING,
        left=left,
        right=right,
        left_width=left_width,
        right_width=right_width,
        left_text=left_width - 2 * _PADDING,
        right_text=right_width - 2 * _PADDING,
        right_x=left_width + _PADDING,
    )


def snippets(page: str, picture: str, name: str) -> dict[str, str]:
    """Give what shows the badge of a container: by the language of the page elsewhere."""
    return {
        "Markdown": f"[![{name}]({picture})]({page})",
        "HTML": f'<a href="{escape(page)}"><img src="{escape(picture)}" alt="{escape(name)}"></a>',
    }


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


def _width(text: str) -> int:
    """Give about how wide a text is with its padding, in pixels of an 11 pixel sans-serif."""
    letters = sum(4.0 if one in _NARROW else 10.0 if one in _WIDE else 7.0 for one in text)
    return round(letters) + 2 * _PADDING
