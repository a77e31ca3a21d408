"""How amounts are written for people: filters of the templates."""

from datetime import datetime

from pyramid.config import Configurator

_AFTER_THE_ENVIRONMENT = 999
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_SHORT_DIGEST = 12


def includeme(config: Configurator) -> None:
    """Let templates write amounts."""
    config.action(None, lambda: _set_up(config), order=_AFTER_THE_ENVIRONMENT)


def in_bytes(size: int) -> str:
    """Give a size as `1.2 GiB`: three digits at most, and the unit that they fit."""
    amount, unit = float(size), 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    digits = 0 if unit == 0 or amount >= 9.95 else 1
    return f"{amount:.{digits}f} {_UNITS[unit]}"


def in_groups(count: int) -> str:
    """Give a number with a narrow space between its thousands."""
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


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
    filters["in_bytes"] = in_bytes
    filters["in_groups"] = in_groups
    filters["shortened"] = shortened
    filters["as_instant"] = as_instant
    filters["as_minute"] = as_minute
