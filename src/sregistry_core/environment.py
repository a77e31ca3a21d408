"""Environment variables in the values of an ini file."""

import re
from collections.abc import Mapping

from sregistry_core.errors import ConfigurationError

_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?::-((?:[^${}]|\$\{[^{}]*\})*))?\}")


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Replace `${NAME}` and `${NAME:-default}` by environment variables; a default may hold one.

    Raises ConfigurationError for a variable that is not set and has no default.
    """

    def value_of(found: re.Match[str]) -> str:
        value = environ.get(found[1], "")
        if value:
            return value
        if found[2] is None:
            raise ConfigurationError(
                f"the ini file uses the environment variable {found[1]}, which is not set"
            )
        return expand(found[2], environ)

    return _VARIABLE.sub(value_of, text)
