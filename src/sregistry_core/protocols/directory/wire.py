"""Between our words and the JSON of the registry's card."""

from collections.abc import Sequence
from typing import Any

from sregistry_core.models import OtherRegistry
from sregistry_core.settings import CoreSettings


def identity_json(settings: CoreSettings) -> dict[str, str]:
    """Give what the tests of the public list compare with the registration file."""
    return {"id": settings.id, "name": settings.name, "url": settings.public_url}


def card_json(
    settings: CoreSettings, version: str, others: Sequence[OtherRegistry]
) -> dict[str, Any]:
    """Give the same, and what else one may want to know."""
    return {
        **identity_json(settings),
        "institution": settings.institution,
        "contact": settings.contact,
        "version": version,
        "protocols": list(settings.protocols),
        "registries": [{"id": other.name, "url": other.url} for other in others],
    }
