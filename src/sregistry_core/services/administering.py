"""The services that are for administrators, and those that bind everybody to what they have set."""

from functools import cached_property

from .access import Access
from .audit import Audit
from .audit_log import AuditLog
from .collection_list import CollectionList
from .duty_list import DutyList
from .facilities import OneTransaction
from .outbox import OutboxService
from .quotas import Quotas
from .storage_states import StorageStates
from .terms import Terms


class Administering(OneTransaction):
    """What every service stands on, and what administrators read and set."""

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
