"""Addresses of the pages on which people manage what is theirs."""

from pyramid.config import Configurator

_COLLECTION = "/{entity}/{collection}/-"
_CONTAINER = "/{entity}/{collection}/{container}/-"
_PAGES = (
    ("ui.new_collection", "/-/new"),
    ("ui.collection_settings", f"{_COLLECTION}/settings"),
    ("ui.delete_collection", f"{_COLLECTION}/delete"),
)
"""Shown, and sent back with a form."""
_FORMS = (
    ("ui.freeze_collection", f"{_COLLECTION}/freeze"),
    ("ui.collection_signatures", f"{_COLLECTION}/signatures"),
    ("ui.rename_collection", f"{_COLLECTION}/rename"),
    ("ui.transfer_collection", f"{_COLLECTION}/transfer"),
    ("ui.forget_name", f"{_COLLECTION}/forget-name"),
)
"""Only sent."""
_SHOWN: tuple[tuple[str, str], ...] = ()
"""Only shown."""


def includeme(config: Configurator) -> None:
    """Add the routes."""
    for name, path in _PAGES:
        config.add_route(name, path, request_method=("GET", "HEAD", "POST"))
    for name, path in _FORMS:
        config.add_route(name, path, request_method="POST")
    for name, path in _SHOWN:
        config.add_route(name, path, request_method=("GET", "HEAD"))
