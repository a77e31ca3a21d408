"""What services stand on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from sregistry_core.contracts import Caller, PasswordLogin, RedirectLogin
from sregistry_core.formats.openpgp_keys import SigningKey
from sregistry_core.issuers import Issuers
from sregistry_core.plugin_manager import Plugins
from sregistry_core.settings import CoreSettings
from sregistry_core.storage.blob_store import BlobStore
from sregistry_core.storage.signed_urls import Signer
from sregistry_core.storage.staging import Staging

from .guesses import Guesses
from .passwords import PasswordHashes
from .tally import Tally


@dataclass(frozen=True)
class Facilities:
    """What services stand on: opened once, used by every thread."""

    settings: CoreSettings
    plugins: Plugins
    blob_store: BlobStore
    staging: Staging
    signer: Signer
    tally: Tally
    hashes: PasswordHashes
    guesses: Guesses
    issuers: Issuers
    build_key: SigningKey | None
    """What signs the images that are built here."""
    clock: Callable[[], datetime]

    @property
    def logins(self) -> Mapping[str, PasswordLogin | RedirectLogin]:
        """Ways to log in, in the order of the ini file."""
        return self.plugins.logins


class OneTransaction:
    """Who is calling within one transaction, and what there is to do it with."""

    def __init__(
        self, db: Session, caller: Caller, facilities: Facilities, *, address: str | None = None
    ):
        """address   where the caller comes from, for the log of what was done"""
        self.db = db
        self.caller = caller
        self.facilities = facilities
        self.address = address
