"""Style sheet, script and mark: kept by browsers for a year, under an address of their content."""

import hashlib
from importlib.resources import files

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.static import QueryStringCacheBuster

SPEC = "sregistry_core.protocols.ui:assets"
_YEAR_IN_SECONDS = 365 * 86400


def includeme(config: Configurator) -> None:
    """Serve the assets. `/assets/` is taken: the clients look for their configuration there."""
    config.add_static_view("static/ui", SPEC, cache_max_age=_YEAR_IN_SECONDS)
    config.add_cache_buster(f"{SPEC}/", ContentHashes())


class ContentHashes(QueryStringCacheBuster):
    """Ends the address of an asset in a hash of its content, read once at the start."""

    def __init__(self) -> None:
        super().__init__(param="v")
        folder = files("sregistry_core.protocols.ui") / "assets"
        self._hashes = {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:16]
            for file in folder.iterdir()
            if file.is_file()
        }

    def tokenize(self, _request: Request, subpath: str, _keywords: object) -> str:
        """Give the hash of an asset."""
        return self._hashes[subpath]
