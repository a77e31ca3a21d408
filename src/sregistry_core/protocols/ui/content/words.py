"""How digests and moments are written for people: filters of the templates."""

from datetime import datetime

from pyramid.config import Configurator

from .markdown import first_words

_AFTER_THE_ENVIRONMENT = 999
_SHORT_DIGEST = 12


def includeme(config: Configurator) -> None:
    """Let templates write them."""
    config.action(None, lambda: _set_up(config), order=_AFTER_THE_ENVIRONMENT)


def shortened(digest: str) -> str:
    """Give the algorithm and the first digits of a digest."""
    algorithm, _, digits = digest.partition(":")
    return f"{algorithm}:{digits[:_SHORT_DIGEST]}"


def as_instant(moment: datetime) -> str:
    """Give a moment as machines read it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def as_minute(moment: datetime) -> str:
    """Give a moment to the minute."""
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _set_up(config: Configurator) -> None:
    filters = config.get_jinja2_environment().filters
    filters["shortened"] = shortened
    filters["first_words"] = first_words
    filters["as_instant"] = as_instant
    filters["as_minute"] = as_minute
