"""Reads a compose.yml as `docker compose` does, as far as ours goes: variables, defaults, order."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?:(:[-?])([^}]*))?\}")


def read_compose(path: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    """Give the document, with variables replaced. Raises KeyError for one that must be set."""
    return _filled(yaml.safe_load(path.read_text(encoding="utf-8")), environ)


def read_environ(path: Path) -> dict[str, str]:
    """Give the variables of an .env file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def in_order(services: Mapping[str, Any]) -> Iterator[str]:
    """Give the names of services, each after those that it depends on."""
    given: set[str] = set()
    while len(given) < len(services):
        ready = [
            name
            for name, service in services.items()
            if name not in given and set(service.get("depends_on", {})) <= given
        ]
        assert ready, "services depend on each other in a circle"
        given.update(ready)
        yield from ready


def variables(path: Path) -> set[str]:
    """Give the names of all variables that the file uses."""
    return {found[1] for found in _VARIABLE.finditer(path.read_text(encoding="utf-8"))}


def _filled(part: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(part, dict):
        return {key: _filled(value, environ) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, environ) for value in part]
    return _VARIABLE.sub(lambda found: _value(found, environ), part) if _is_text(part) else part


def _is_text(part: Any) -> bool:
    return isinstance(part, str)


def _value(found: re.Match[str], environ: Mapping[str, str]) -> str:
    value = environ.get(found[1], "")
    if value:
        return value
    if found[2] == ":?":
        raise KeyError(f"{found[1]}: {found[3]}")
    return found[3] or ""
