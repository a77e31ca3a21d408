"""The description of the API for programs, in OpenAPI 3.1."""

from importlib.resources import files
from typing import Any

import yaml

_SHORTHAND = "x-refusals"
"""Lists of refusals that the file's operations refer to with YAML's own means."""


def read_document(public_url: str) -> dict[str, Any]:
    """Give the document, with the address under which this registry is reached."""
    text = files(__package__ or "").joinpath("openapi.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    del document[_SHORTHAND]
    document["servers"] = [{"url": public_url}]
    return document
