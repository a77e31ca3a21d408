"""The site's own look: logo, colours and announcement, read from the ini file at the start."""

import hashlib
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import ConfigurationError, NotFound
from sregistry_core.settings import CoreSettings

LEAST_CONTRAST = 4.5
"""Source: WCAG 2.2, 1.4.3, level AA."""
_GROUNDS = {"accent": ("#f7f6f2", "#ffffff"), "accent_dark": ("#101616", "#182020")}
"""What the accent stands on as a text: `--paper` and `--card` of `ui.css`, light and dark."""
_INKS = ("#ffffff", "#101616")
_WASH = 0.11
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
_LARGEST_LOGO = 512 << 10
_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Served:
    """Something of the site's own that we serve, under an address of its content."""

    content: bytes
    media_type: str
    address: str


@dataclass(frozen=True, slots=True)
class Announcement:
    """What every page says above all else, until a browser has put it away."""

    text: str
    level: str
    key: str


@dataclass(frozen=True, slots=True)
class Branding:
    """The site's own look; None where it is ours."""

    logo: Served | None
    style: Served | None
    announcement: Announcement | None


def includeme(config: Configurator) -> None:
    """Read what the site has, and serve it."""
    config.registry["ui_branding"] = read_branding(config.registry["facilities"].settings)
    config.add_route("ui.site_style", "/-/site.css", request_method=("GET", "HEAD"))
    config.add_route("ui.site_logo", "/-/logo", request_method=("GET", "HEAD"))


@view_config(route_name="ui.site_style")
def show_style(request: Request) -> Response:
    """Serve the site's colours."""
    return _serve(request.registry["ui_branding"].style)


@view_config(route_name="ui.site_logo")
def show_logo(request: Request) -> Response:
    """Serve the site's logo."""
    return _serve(request.registry["ui_branding"].logo)


def read_branding(settings: CoreSettings) -> Branding:
    """Read the site's own look. Raises ConfigurationError with one line for what cannot be used."""
    return Branding(
        logo=_logo(settings.logo) if settings.logo is not None else None,
        style=_style(settings.accent, settings.accent_dark),
        announcement=_announcement(settings.announcement, settings.announcement_level),
    )


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours, from 1 to 21. Source: WCAG 2.2, contrast ratio."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _serve(served: Served | None) -> Response:
    if served is None:
        raise NotFound("there is nothing at this address")
    response = Response(served.content, content_type=served.media_type)
    response.headers["Cache-Control"] = _YEAR
    return response


def _served(content: bytes, media_type: str, path: str) -> Served:
    return Served(content, media_type, f"{path}?v={hashlib.sha256(content).hexdigest()[:16]}")


def _logo(path: Path) -> Served:
    media_type = _LOGO_TYPES.get(path.suffix.lower())
    if media_type is None:
        raise ConfigurationError(f"sregistry.logo = {path} is neither .svg nor .png")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"sregistry.logo = {path} cannot be read: {error.strerror}"
        ) from error
    if len(content) > _LARGEST_LOGO:
        raise ConfigurationError(
            f"sregistry.logo = {path} has {len(content)} bytes, at most {_LARGEST_LOGO} are taken"
        )
    return _served(content, media_type, "/-/logo")


def _style(light: str, dark: str) -> Served | None:
    if not light and not dark:
        return None
    rules = ""
    if light:
        rules += f":root {{ {_values('accent', light)} }}\n"
    if dark:
        values = _values("accent_dark", dark)
        rules += f"@media (prefers-color-scheme: dark) {{ :root {{ {values} }} }}\n"
    elif light:
        # Ours in the dark: the rule above stands behind that of `ui.css`, and would win.
        values = _values("accent_dark", "#63cdbd")
        rules += f"@media (prefers-color-scheme: dark) {{ :root {{ {values} }} }}\n"
    return _served(rules.encode(), "text/css", "/-/site.css")


def _values(key: str, accent: str) -> str:
    """Give the colours that follow from an accent. Raises ConfigurationError for a pale one."""
    if not _COLOUR.fullmatch(accent):
        raise ConfigurationError(f"sregistry.{key} = {accent} is no colour such as #0b6660")
    card = _GROUNDS[key][-1]
    wash = _mixed(accent, card)
    ink = max(_INKS, key=lambda one: contrast(one, accent))
    for ground in (*_GROUNDS[key], wash):
        found = contrast(accent, ground)
        if found < LEAST_CONTRAST:
            raise ConfigurationError(
                f"sregistry.{key} = {accent} has a contrast of {found:.2f} to {ground}, on which "
                f"it is read: at least {LEAST_CONTRAST} are needed"
            )
    return f"--accent: {accent}; --accent-ink: {ink}; --accent-wash: {wash};"


def _announcement(text: str, level: str) -> Announcement | None:
    if not text:
        return None
    key = hashlib.sha256(f"{level}\0{text}".encode()).hexdigest()[:16]
    return Announcement(text, level, key)


def _parts(colour: str) -> list[int]:
    return [int(colour[first:last], 16) for first, last in pairwise((1, 3, 5, 7))]


def _mixed(colour: str, ground: str) -> str:
    mixed = (
        round(one * _WASH + other * (1 - _WASH))
        for one, other in zip(_parts(colour), _parts(ground), strict=True)
    )
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _luminance(colour: str) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (one / 255 for one in _parts(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
