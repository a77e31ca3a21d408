"""What the registry can do, for one caller: no HTTP in here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy.orm import Session

from sregistry_core.contracts import Caller, PasswordLogin, RedirectLogin
from sregistry_core.plugin_manager import Plugins
from sregistry_core.settings import CoreSettings
from sregistry_core.storage.blob_store import BlobStore
from sregistry_core.storage.signed_urls import Signer
from sregistry_core.storage.staging import Staging

from .access import Access
from .accounts import Accounts
from .authentication import Authentication
from .catalog import Catalog
from .downloads import Downloads
from .garbage import Garbage
from .grants import Grants
from .images import Images
from .inspection import Inspecting
from .listeners import Telling
from .outbox import OutboxService
from .passwords import PasswordHashes
from .search import Search
from .shares import Shares
from .tags import Tags
from .tally import Tally
from .teams import Teams
from .tokens import Tokens
from .uploads import Uploads


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
    clock: Callable[[], datetime]

    @property
    def logins(self) -> Mapping[str, PasswordLogin | RedirectLogin]:
        """Ways to log in, in the order of the ini file."""
        return self.plugins.logins


class Services:
    """Everything that one caller may ask for within one transaction, built when asked for."""

    def __init__(self, db: Session, caller: Caller, facilities: Facilities):
        self.db = db
        self.caller = caller
        self.facilities = facilities

    @cached_property
    def access(self) -> Access:
        """Who may do what."""
        return Access(self.db, self.caller, self.facilities)

    @cached_property
    def accounts(self) -> Accounts:
        """Users."""
        return Accounts(self.db, self.access, self.outbox, self.facilities)

    @cached_property
    def authentication(self) -> Authentication:
        """Who is calling."""
        return Authentication(self.db, self.accounts, self.facilities)

    @cached_property
    def tokens(self) -> Tokens:
        """Long secrets that stand for a user."""
        return Tokens(self.db, self.access, self.facilities)

    @cached_property
    def teams(self) -> Teams:
        """Teams and their members."""
        return Teams(self.db, self.access, self.facilities)

    @cached_property
    def catalog(self) -> Catalog:
        """Entities, collections and containers."""
        return Catalog(self.db, self.access, self.garbage, self.facilities)

    @cached_property
    def grants(self) -> Grants:
        """Roles on collections."""
        return Grants(self.db, self.access, self.facilities)

    @cached_property
    def images(self) -> Images:
        """Images: found and deleted."""
        return Images(self.db, self.access, self.garbage, self.outbox, self.facilities)

    @cached_property
    def tags(self) -> Tags:
        """Tags: set, moved, frozen and removed."""
        return Tags(self.db, self.access, self.outbox, self.facilities)

    @cached_property
    def uploads(self) -> Uploads:
        """The only writer of images and blobs."""
        return Uploads(self.db, self.access, self.garbage, self.outbox, self.facilities)

    @cached_property
    def downloads(self) -> Downloads:
        """From an image to its bytes."""
        return Downloads(self.db, self.access, self.authentication, self.shares, self.facilities)

    @cached_property
    def shares(self) -> Shares:
        """Links that let a stranger pull one image."""
        return Shares(self.db, self.access, self.images, self.facilities)

    @cached_property
    def search(self) -> Search:
        """One query over what the caller may see."""
        return Search(self.db, self.access)

    @cached_property
    def outbox(self) -> OutboxService:
        """Duties, written down in the same transaction."""
        return OutboxService(self.db, self.facilities.clock)

    @cached_property
    def telling(self) -> Telling:
        """Listeners, told in a worker."""
        return Telling(self.access, self.facilities)

    @cached_property
    def inspecting(self) -> Inspecting:
        """What an image file says of itself."""
        return Inspecting(self.db, self.access, self.facilities)

    @cached_property
    def garbage(self) -> Garbage:
        """Bytes and uploads that nobody owns."""
        return Garbage(self.db, self.access, self.facilities)
