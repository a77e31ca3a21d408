"""The description of the API for programs, in OpenAPI 3.1."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

_SHORTHAND = "x-refusals"
"""Lists of refusals that the file's operations refer to with YAML's own means."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where there is one: with the other one, reading takes longer than all else of a start."""


def read_document(public_url: str) -> dict[str, Any]:
    """Give the document, with the address under which this registry is reached."""
    return {**_document(), "servers": [{"url": public_url}]}


@cache
def _document() -> dict[str, Any]:
    text = files(__package__ or "").joinpath("openapi.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506 a safe loader
    del document[_SHORTHAND]
    return document
