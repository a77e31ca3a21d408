"""What search engines read of an image: JSON-LD in the words of schema.org."""

import json
from typing import Any

from markupsafe import Markup

from sregistry_core.models import Image
from sregistry_core.services.access import name_of

from .markdown import first_words
from .words import as_instant

_LICENSES = ("org.opencontainers.image.licenses", "org.label-schema.license", "license")
_SOURCES = ("org.opencontainers.image.source", "org.label-schema.vcs-url")


def structured_data(
    image: Image, *, url: str, download: str | None, version: str | None, publisher: str
) -> Markup:
    """Give the block of an image's page, safe to stand within a script element."""
    labels = dict((image.inspection or {}).get("labels") or {})
    told: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "SoftwareApplication",
        "name": name_of(image.container),
        "url": url,
        "identifier": image.digest,
        "softwareVersion": version,
        "description": first_words(
            image.container.description or image.container.collection.description
        )
        or None,
        "applicationCategory": "Container image",
        "operatingSystem": "Linux",
        "processorRequirements": image.arch,
        "fileSize": str(image.blob.size) if image.blob else None,
        "datePublished": as_instant(image.pushed_at) if image.pushed_at else None,
        "downloadUrl": download,
        "publisher": {"@type": "Organization", "name": publisher},
        "license": _first(labels, _LICENSES),
        "isBasedOn": _source(_first(labels, _SOURCES)),
    }
    text = json.dumps({key: value for key, value in told.items() if value is not None})
    # Nothing within may end the element, or begin a comment in it.
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(safe)  # noqa: S704 - see above


def _first(labels: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((labels[name] for name in names if labels.get(name)), None)


def _source(address: str | None) -> dict[str, str] | None:
    if address is None or not address.startswith(("https://", "http://")):
        return None
    return {"@type": "SoftwareSourceCode", "codeRepository": address}
