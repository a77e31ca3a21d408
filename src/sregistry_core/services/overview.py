"""The services that show what is there, what was done and what it adds up to.

And what all of them stand on: who may do what, the log, the duties.
"""

from functools import cached_property

from .access import Access
from .artifacts import Artifacts
from .audit import Audit
from .audit_log import AuditLog
from .browser_sessions import BrowserSessions
from .collection_list import CollectionList
from .contents import Contents
from .duty_list import DutyList
from .facilities import OneTransaction
from .finding import Finding
from .listings import Listings
from .newest import Newest
from .news import NewsOfMine
from .outbox import OutboxService
from .provenance import Provenance
from .quotas import Quotas
from .search import Search
from .shelves import Shelves
from .sizes import Measured
from .software import Software
from .stars import Stars
from .storage_states import StorageStates
from .summaries import Summaries
from .tag_history import TagHistory
from .terms import Terms
from .usage import Usage
from .usage_rows import UsageRows


class Overview(OneTransaction):
    """What one caller may look at within one transaction, built when asked for."""

    @cached_property
    def access(self) -> Access:
        """Who may do what."""
        return Access(self.db, self.caller, self.facilities, self.audit)

    @cached_property
    def audit(self) -> Audit:
        """Who did what."""
        return Audit(self.db, self.caller, self.address, self.facilities.clock)

    @cached_property
    def outbox(self) -> OutboxService:
        """Duties, written down in the same transaction."""
        return OutboxService(self.db, self.facilities.clock)

    @cached_property
    def audit_log(self) -> AuditLog:
        """What was done, for administrators."""
        return AuditLog(self.db, self.access, self.facilities)

    @cached_property
    def duty_list(self) -> DutyList:
        """Jobs as administrators see them."""
        return DutyList(self.db, self.access, self.outbox, self.facilities)

    @cached_property
    def terms(self) -> Terms:
        """The terms of use."""
        return Terms(self.db, self.access, self.facilities)

    @cached_property
    def collection_list(self) -> CollectionList:
        """All collections, for administrators."""
        return CollectionList(self.db, self.access, self.facilities)

    @cached_property
    def storage_states(self) -> StorageStates:
        """Storages as administrators see them."""
        return StorageStates(self.db, self.access, self.facilities)

    @cached_property
    def quotas(self) -> Quotas:
        """How many bytes entities may have."""
        return Quotas(self.db, self.access, self.facilities)

    @cached_property
    def browser_sessions(self) -> BrowserSessions:
        """Browsers that are signed in."""
        return BrowserSessions(self.db, self.access, self.facilities)

    @cached_property
    def news(self) -> NewsOfMine:
        """What others did to what is one's own."""
        return NewsOfMine(self.db, self.access, self.facilities)

    @cached_property
    def tag_history(self) -> TagHistory:
        """What each tag pointed at, and when."""
        return TagHistory(self.db, self.access, self.facilities)

    @cached_property
    def contents(self) -> Contents:
        """Lists of what is named, with counts."""
        return Contents(self.db, self.access, self.facilities)

    @cached_property
    def provenance(self) -> Provenance:
        """Where images come from, and where else they are."""
        return Provenance(self.db, self.access, self.facilities)

    @cached_property
    def artifacts(self) -> Artifacts:
        """Manifests, to be looked at."""
        return Artifacts(self.db, self.access, self.facilities)

    @cached_property
    def software(self) -> Software:
        """The packages within images."""
        return Software(self.db, self.access, self.facilities)

    @cached_property
    def newest(self) -> Newest:
        """What was pushed last."""
        return Newest(self.db, self.access, self.facilities)

    @cached_property
    def search(self) -> Search:
        """One query over what the caller may see."""
        return Search(self.db, self.access)

    @cached_property
    def finding(self) -> Finding:
        """Containers by words and filters, in several orders."""
        return Finding(self.db, self.access)

    @cached_property
    def shelves(self) -> Shelves:
        """Collections with what they add up to."""
        return Shelves(self.db, self.access)

    @cached_property
    def stars(self) -> Stars:
        """Collections that the caller has marked."""
        return Stars(self.db, self.access, self.outbox, self.facilities)

    @cached_property
    def listings(self) -> Listings:
        """Lists as the sregistry client has them."""
        return Listings(self.db, self.access)

    @cached_property
    def sizes(self) -> Measured:
        """How large what is."""
        return Measured(self.db, self.access)

    @cached_property
    def usage(self) -> Usage:
        """Storage and pulls over time."""
        return Usage(self.db, self.access, self.facilities)

    @cached_property
    def usage_rows(self) -> UsageRows:
        """The same of every collection, some at a time."""
        return UsageRows(self.db, self.access)

    @cached_property
    def summaries(self) -> Summaries:
        """What containers and collections add up to."""
        return Summaries(self.db, self.access, self.outbox)
