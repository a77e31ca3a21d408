"""How amounts are written for people: in Python, and as filters of the templates."""

from pyramid.config import Configurator

_AFTER_THE_ENVIRONMENT = 999
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


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


def in_percent(part: int, whole: int) -> str:
    """Give a share; what is there but too little to tell is `< 1 %`."""
    if not whole or not part:
        return "0\N{NARROW NO-BREAK SPACE}%"
    share = 100 * part / whole
    return ("< 1" if share < 1 else f"{share:.0f}") + "\N{NARROW NO-BREAK SPACE}%"


def includeme(config: Configurator) -> None:
    """Let templates write amounts."""
    config.action(("amounts",), lambda: _set_up(config), order=_AFTER_THE_ENVIRONMENT)


def _set_up(config: Configurator) -> None:
    filters = config.get_jinja2_environment().filters
    filters["in_bytes"] = in_bytes
    filters["in_groups"] = in_groups
