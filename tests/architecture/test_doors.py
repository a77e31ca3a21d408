"""Every door of a service is guarded: a stranger who knocks at a private thing is turned away.

Each public method of each service stands in the table below. A new one without a line fails.
"""

import inspect
import io
import typing
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from types import SimpleNamespace

import pytest
from sqlalchemy import event, select

from sregistry_core.contracts import Caller, Scope, Subject
from sregistry_core.digests import ContentDigest, Digest
from sregistry_core.errors import LoginRequired, NotAllowed, NotFound
from sregistry_core.models import (
    BlobUpload,
    Build,
    BuildContext,
    BuildState,
    CollectionRole,
    Container,
    GitConnection,
    Image,
    Invitation,
    Manifest,
    Outbox,
    RebuildSchedule,
    Team,
    Token,
    Topic,
    Upload,
    User,
    WebSession,
)
from sregistry_core.names import CollectionName, ContainerName, ImageName, RobotName
from sregistry_core.services import Services, finding
from sregistry_core.services.builds import Wish
from sregistry_core.services.cleaning import Choice
from sregistry_core.services.client_containers import Begun
from sregistry_core.services.client_credentials import Spelling
from sregistry_core.services.duty_list import DutyState
from sregistry_core.services.git_connections import Wanted as GitWanted
from sregistry_core.services.image_changes import Changes
from sregistry_core.services.listings import Span, Wanted
from sregistry_core.services.manifest_reference import Reference
from sregistry_core.services.rebuilds import RebuildWish
from sregistry_core.services.search import Query
from sregistry_core.services.usage import Span as DaySpan
from sregistry_core.storage.blob_store import Place
from sregistry_core.testing.pgp import Key
from sregistry_core.testing.registry import PASSWORD, Registry
from sregistry_core.testing.sif_files import make_sif

LAB, BLAST = CollectionName("ada", "lab"), ContainerName("ada", "lab", "blast")
NAME = ImageName(BLAST, "1")
ROBOT = RobotName(LAB, "ci")
ISSUER = "https://gitlab.test"
SPELLING = Spelling("lab", "blast", "1")
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)


class Refuses:
    """A stranger is refused; Ada, who owns it all and is an administrator, is not."""

    def __init__(self, call):
        self.call = call


class RefusesAllButTheSystem(Refuses):
    """Only a job, or the command line, gets through."""


class ShowsNothing(Refuses):
    """A stranger is shown an empty answer, and Ada is not."""


class Unguarded:
    """There is nothing to guard, or another door does it; `because` says which."""

    def __init__(self, because):
        self.because = because


IS_THE_GUARD = Unguarded("it is the guard itself")
FOR_JOBS = Unguarded("services and jobs call it for duties of their own; no view does")
PROOF = Unguarded("it is asked before anybody is known: the proof is in the arguments")
PUBLIC = Unguarded("who the other registries are is shown to everybody")
AFTER_ANOTHER = Unguarded("what it is given comes out of a guarded door")
AFTER_BEGIN = Unguarded(
    "what it is shown is signed, and its user is compared: tests/wire/ui/see/test_upload.py"
)

DOORS = {
    "access": IS_THE_GUARD,
    "audit.record": AFTER_ANOTHER,
    "audit.record_login": AFTER_ANOTHER,
    "audit.record_refused_logins": FOR_JOBS,
    "audit_log.find": Refuses(lambda s, t: s.audit_log.find()),
    "audit_log.actions": Refuses(lambda s, t: s.audit_log.actions()),
    "audit_log.forget_old": RefusesAllButTheSystem(lambda s, t: s.audit_log.forget_old()),
    "quotas.of": Refuses(lambda s, t: s.quotas.of("ada")),
    "quotas.shown_to_pusher": Unguarded("it tells zeros to those who do not own the entity"),
    "quotas.all": Refuses(lambda s, t: s.quotas.all()),
    "quotas.set": Refuses(lambda s, t: s.quotas.set("ada", 1 << 30)),
    "terms.current": Unguarded("the terms of use are shown to everybody"),
    "terms.are_awaited": IS_THE_GUARD,
    "terms.accept": Unguarded("it notes of whoever is logged in what they have read themselves"),
    "accounts.end_everything": Refuses(lambda s, t: s.accounts.end_everything("bob")),
    "collection_list.find": Refuses(lambda s, t: s.collection_list.find()),
    "storage_states.all": Refuses(lambda s, t: s.storage_states.all(stale_before=FUTURE)),
    "storage_states.keep": RefusesAllButTheSystem(lambda s, t: s.storage_states.keep({})),
    "duty_list.find": Refuses(lambda s, t: s.duty_list.find(DutyState.QUEUED)),
    "duty_list.counts": Refuses(lambda s, t: s.duty_list.counts()),
    "duty_list.retry": Refuses(lambda s, t: s.duty_list.retry(t.duty)),
    "duty_list.retry_failed": Refuses(lambda s, t: s.duty_list.retry_failed()),
    "accounts.create": Refuses(lambda s, t: s.accounts.create("newcomer")),
    "accounts.create_first": RefusesAllButTheSystem(
        lambda s, t: s.accounts.create_first("newcomer", password="long enough")
    ),
    "accounts.find": Refuses(lambda s, t: s.accounts.find("ada")),
    "accounts.all": Refuses(lambda s, t: s.accounts.all()),
    "accounts.disable": Refuses(lambda s, t: s.accounts.disable("bob")),
    "accounts.enable": Refuses(lambda s, t: s.accounts.enable("bob")),
    "accounts.set_admin": Refuses(lambda s, t: s.accounts.set_admin("bob", True)),
    "accounts.set_password": Refuses(lambda s, t: s.accounts.set_password("ada", "long enough")),
    "accounts.of_subject": PROOF,
    "accounts.caller_of": PROOF,
    "affiliations.prepare": RefusesAllButTheSystem(lambda s, t: s.affiliations.prepare()),
    "affiliations.people": RefusesAllButTheSystem(lambda s, t: s.affiliations.people("ldap")),
    "affiliations.follow": RefusesAllButTheSystem(lambda s, t: s.affiliations.follow("ldap", {})),
    "affiliations.take_over": AFTER_ANOTHER,
    "affiliations.part": AFTER_ANOTHER,
    "authentication.log_in": Refuses(lambda s, t: s.authentication.log_in("ada", t.password)),
    "authentication.user_of": PROOF,
    "authentication.named": Unguarded("it only writes another name on what it is given"),
    "authentication.caller_of_password": PROOF,
    "authentication.caller_of_token": PROOF,
    "authentication.caller_of_session": PROOF,
    "authentication.caller_of_user": Unguarded("it is for addresses that were signed here"),
    "authentication.begin_session": Unguarded("its user comes out of log_in"),
    "authentication.end_session": PROOF,
    "authentication.forget_ended_sessions": FOR_JOBS,
    "journeys.begin": Refuses(
        lambda s, t: s.journeys.begin(
            "elsewhere", state="new", browser="ours", keepsake="", wanted="/", links=True
        )
    ),
    "journeys.underway": PROOF,
    "journeys.end": AFTER_ANOTHER,
    "journeys.hold": AFTER_ANOTHER,
    "journeys.forget_ended": RefusesAllButTheSystem(lambda s, t: s.journeys.forget_ended()),
    "linked_logins.of": Refuses(lambda s, t: s.linked_logins.of(t.user)),
    "linked_logins.link": Refuses(
        lambda s, t: s.linked_logins.link(t.user.id, Subject("elsewhere", "1", "ada"))
    ),
    "linked_logins.unlink": Refuses(lambda s, t: s.linked_logins.unlink(t.user, "campus")),
    "tokens.issue": Refuses(lambda s, t: s.tokens.issue(t.user)),
    "tokens.of": Refuses(lambda s, t: s.tokens.of(t.user)),
    "tokens.all": Refuses(lambda s, t: s.tokens.all()),
    "tokens.find": Refuses(lambda s, t: s.tokens.find(t.token.id)),
    "tokens.revoke": Refuses(lambda s, t: s.tokens.revoke(t.token.id)),
    "teams.create": Refuses(lambda s, t: s.teams.create("newcomers")),
    "teams.find": Refuses(lambda s, t: s.teams.find("crew")),
    "teams.mine": Refuses(lambda s, t: s.teams.mine()),
    "teams.members": Refuses(lambda s, t: s.teams.members("crew")),
    "teams.add_member": Refuses(lambda s, t: s.teams.add_member("crew", "bob")),
    "teams.remove_member": Refuses(lambda s, t: s.teams.remove_member("crew", "ada")),
    "teams.managed": Refuses(lambda s, t: s.teams.managed("crew")),
    "robots.of": Refuses(lambda s, t: s.robots.of(LAB)),
    "robots.all": Refuses(lambda s, t: s.robots.all()),
    "robots.find": Refuses(lambda s, t: s.robots.find(ROBOT)),
    "robots.create": Refuses(lambda s, t: s.robots.create(LAB, "new", scope=Scope.PULL)),
    "robots.add": AFTER_ANOTHER,
    "robots.change": Refuses(lambda s, t: s.robots.change(ROBOT, disabled=True)),
    "robots.renew": Refuses(lambda s, t: s.robots.renew(ROBOT)),
    "robots.tokens": Refuses(lambda s, t: s.robots.tokens(ROBOT)),
    "robots.revoke": Refuses(lambda s, t: s.robots.revoke(ROBOT)),
    "robots.remove": Refuses(lambda s, t: s.robots.remove(ROBOT)),
    "publishers.of": Refuses(lambda s, t: s.publishers.of(t.lab)),
    "publishers.all": Refuses(lambda s, t: s.publishers.all()),
    "publishers.find": Refuses(lambda s, t: s.publishers.find(t.lab, "builds")),
    "publishers.add": Refuses(
        lambda s, t: s.publishers.add(
            t.lab, "new", issuer=ISSUER, claims={"repository": "a/b"}, scope=Scope.PULL
        )
    ),
    "publishers.remove": Refuses(lambda s, t: s.publishers.remove(t.lab, "builds")),
    "publishers.exchange": PROOF,
    "catalog.entity": Refuses(lambda s, t: s.catalog.entity("ada")),
    "catalog.entity_by_id": Refuses(lambda s, t: s.catalog.entity_by_id(t.entity.id)),
    "catalog.create_entity": Refuses(lambda s, t: s.catalog.create_entity("ada")),
    "catalog.collection": Refuses(lambda s, t: s.catalog.collection(LAB)),
    "catalog.collection_by_id": Refuses(lambda s, t: s.catalog.collection_by_id(t.lab.id)),
    "catalog.collections": ShowsNothing(lambda s, t: s.catalog.collections()),
    "catalog.create_collection": Refuses(lambda s, t: s.catalog.create_collection(t.entity, "new")),
    "catalog.change_collection": Refuses(
        lambda s, t: s.catalog.change_collection(t.lab, private=False)
    ),
    "catalog.delete_collection": Refuses(lambda s, t: s.catalog.delete_collection(t.empty)),
    "catalog.container": Refuses(lambda s, t: s.catalog.container(BLAST)),
    "catalog.container_by_id": Refuses(lambda s, t: s.catalog.container_by_id(t.blast.id)),
    "catalog.containers": Refuses(lambda s, t: s.catalog.containers(t.lab)),
    "catalog.create_container": Refuses(lambda s, t: s.catalog.create_container(t.lab, "new")),
    "catalog.change_container": Refuses(
        lambda s, t: s.catalog.change_container(t.blast, frozen=True)
    ),
    "catalog.delete_container": Refuses(lambda s, t: s.catalog.delete_container(t.blast)),
    "catalog.ensure_home": RefusesAllButTheSystem(lambda s, t: s.catalog.ensure_home()),
    "collection_changes.topics_of": ShowsNothing(
        lambda s, t: s.collection_changes.topics_of([t.lab])
    ),
    "collection_changes.set_topics": Refuses(
        lambda s, t: s.collection_changes.set_topics(t.lab, ["new"])
    ),
    "collection_changes.freeze": Refuses(lambda s, t: s.collection_changes.freeze(t.lab)),
    "collection_changes.contents": Refuses(lambda s, t: s.collection_changes.contents(t.lab)),
    "collection_changes.delete": Refuses(
        lambda s, t: s.collection_changes.delete(t.empty, typed="ada/empty")
    ),
    "collection_changes.delete_container": Refuses(
        lambda s, t: s.collection_changes.delete_container(t.blast, typed="ada/lab/blast")
    ),
    "cleaning.preview": Refuses(lambda s, t: s.cleaning.preview(t.blast, Choice(pattern="*"))),
    "cleaning.delete": Refuses(
        lambda s, t: s.cleaning.delete(
            t.blast,
            Choice(untagged=True),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        )
    ),
    "account_changes.has_password": Refuses(lambda s, t: s.account_changes.has_password(t.user)),
    "account_changes.may_change_email": Refuses(
        lambda s, t: s.account_changes.may_change_email(t.user)
    ),
    "account_changes.describe": Refuses(
        lambda s, t: s.account_changes.describe(t.user, full_name="Ada")
    ),
    "account_changes.change_password": Refuses(
        lambda s, t: s.account_changes.change_password(t.user, old=PASSWORD, new="long enough")
    ),
    "account_changes.belongings": Refuses(lambda s, t: s.account_changes.belongings(t.user)),
    "account_changes.delete": Refuses(
        lambda s, t: s.account_changes.delete(t.user, typed="ada", with_collections=True)
    ),
    "browser_sessions.of": Refuses(lambda s, t: s.browser_sessions.of(t.user)),
    "browser_sessions.end": Refuses(lambda s, t: s.browser_sessions.end(t.user, t.session)),
    "browser_sessions.end_others": Refuses(lambda s, t: s.browser_sessions.end_others(t.user)),
    "team_changes.open_ones": Refuses(lambda s, t: s.team_changes.open_ones()),
    "team_changes.set_open": Refuses(lambda s, t: s.team_changes.set_open("crew", True)),
    "team_changes.join": Unguarded("every user may, and it takes open teams alone"),
    "team_changes.owned_by": Refuses(lambda s, t: s.team_changes.owned_by("crew")),
    "team_changes.delete": Refuses(lambda s, t: s.team_changes.delete("crew", typed="crew")),
    "invitations.of": Refuses(lambda s, t: s.invitations.of("crew")),
    "invitations.create": Refuses(
        lambda s, t: s.invitations.create("crew", lifetime=timedelta(days=1))
    ),
    "invitations.one": Refuses(lambda s, t: s.invitations.one("crew", t.invitation)),
    "invitations.revoke": Refuses(lambda s, t: s.invitations.revoke("crew", t.invitation)),
    "invitations.find": Unguarded("the secret of the link is the permission"),
    "invitations.accept": Unguarded("the secret of the link is the permission"),
    "news.of": Refuses(lambda s, t: s.news.of(t.user)),
    "news.count_unread": ShowsNothing(lambda s, t: s.news.count_unread(t.user.id)),
    "news.mark_seen": Refuses(lambda s, t: s.news.mark_seen(t.user)),
    "renaming.rename": Refuses(lambda s, t: s.renaming.rename(t.lab, "other")),
    "renaming.transfer": Refuses(lambda s, t: s.renaming.transfer(t.lab, "crew")),
    "renaming.entities": Refuses(lambda s, t: s.renaming.entities()),
    "renaming.former_names": Refuses(lambda s, t: s.renaming.former_names(t.lab)),
    "renaming.forget": Refuses(lambda s, t: s.renaming.forget(t.lab, LAB)),
    "grants.of": Refuses(lambda s, t: s.grants.of(t.lab)),
    "grants.give": Refuses(lambda s, t: s.grants.give(t.lab, CollectionRole.READER, user="bob")),
    "grants.take": Refuses(lambda s, t: s.grants.take(t.lab, team="crew")),
    "images.resolve": Refuses(lambda s, t: s.images.resolve(NAME)),
    "images.pullable": Refuses(lambda s, t: s.images.pullable(NAME)),
    "images.unguarded": Unguarded("its name says so: share links are the permission there"),
    "images.by_id": Refuses(lambda s, t: s.images.by_id(t.image.id)),
    "images.of_container": Refuses(lambda s, t: s.images.of_container(t.blast)),
    "images.tags_of": ShowsNothing(lambda s, t: s.images.tags_of([t.image])),
    "images.describe": Refuses(lambda s, t: s.images.describe(t.image, "new")),
    "images.delete": Refuses(lambda s, t: s.images.delete(t.image)),
    "images.readable_copy": ShowsNothing(lambda s, t: s.images.readable_copy(t.digest)),
    "tags.of": Refuses(lambda s, t: s.tags.of(t.blast)),
    "tags.find": Refuses(lambda s, t: s.tags.find(t.blast, "1")),
    "tags.is_frozen": Refuses(lambda s, t: s.tags.is_frozen(t.blast, "1")),
    "tags.digests_of": Refuses(lambda s, t: s.tags.digests_of(t.blast, [])),
    "tags.set": Refuses(lambda s, t: s.tags.set(t.blast, "2", t.image)),
    "tags.freeze": Refuses(lambda s, t: s.tags.freeze(t.blast, "1")),
    "tags.remove": Refuses(lambda s, t: s.tags.remove(t.blast, "1")),
    "tag_history.of": Refuses(lambda s, t: s.tag_history.of(t.blast, "1")),
    "tag_history.note": AFTER_ANOTHER,
    "tag_history.note_removed": AFTER_ANOTHER,
    "uploads.announce": Refuses(lambda s, t: s.uploads.announce(t.blast, t.digest)),
    "uploads.begin": Refuses(lambda s, t: s.uploads.begin(t.image.id, size=1)),
    "uploads.begin_parts": Refuses(lambda s, t: s.uploads.begin_parts(t.image.id, size=1)),
    "uploads.part_address": Refuses(
        lambda s, t: s.uploads.part_address(t.image.id, t.upload.id, 1)
    ),
    "uploads.receive": Unguarded("its address is signed, and was given out by a guarded door"),
    "uploads.finish": Refuses(lambda s, t: s.uploads.finish(t.image.id)),
    "uploads.finish_parts": Refuses(
        lambda s, t: s.uploads.finish_parts(t.image.id, t.upload.id, [])
    ),
    "uploads.abort": Refuses(lambda s, t: s.uploads.abort(t.image.id, t.upload.id)),
    "uploads.receive_unannounced": Refuses(
        lambda s, t: s.uploads.receive_unannounced(
            partial(s.db.get, Container, t.blast.id), io.BytesIO(t.content), size=None
        )
    ),
    "uploads.receive_whole": Refuses(
        lambda s, t: s.uploads.receive_whole(t.image.id, io.BytesIO(t.content), size=None)
    ),
    "downloads.open": Refuses(lambda s, t: s.downloads.open(t.image)),
    "downloads.address": Refuses(lambda s, t: s.downloads.address(t.image)),
    "downloads.address_of_share": Unguarded("the token of the link is the permission"),
    "downloads.open_share": Unguarded("the token of the link is the permission"),
    "downloads.redeem": Unguarded("its address is signed; for whom it was, is asked again"),
    "downloads.read": AFTER_ANOTHER,
    "downloads.count": AFTER_ANOTHER,
    "shares.create": Refuses(lambda s, t: s.shares.create(NAME)),
    "shares.of_container": Refuses(lambda s, t: s.shares.of_container(t.blast)),
    "shares.all": Refuses(lambda s, t: s.shares.all()),
    "shares.find": Refuses(lambda s, t: s.shares.find(t.share)),
    "shares.revoke": Refuses(lambda s, t: s.shares.revoke(t.share)),
    "shares.redeem": Unguarded("the token of the link is the permission"),
    "shares.require_alive": Unguarded("it shows nothing but whether a number still works"),
    "search.images": ShowsNothing(lambda s, t: s.search.images(Query())),
    "search.entities": ShowsNothing(lambda s, t: s.search.entities(Query())),
    "search.collections": ShowsNothing(lambda s, t: s.search.collections(Query())),
    "search.containers": ShowsNothing(lambda s, t: s.search.containers(Query())),
    "finding.containers": ShowsNothing(lambda s, t: s.finding.containers(finding.Wanted()).found),
    "finding.count": ShowsNothing(lambda s, t: s.finding.count(finding.Wanted()).number),
    "shelves.browse": ShowsNothing(lambda s, t: s.shelves.browse().shelves),
    "shelves.of": ShowsNothing(lambda s, t: s.shelves.of([t.empty])),
    "stars.give": Refuses(lambda s, t: s.stars.give(t.lab)),
    "stars.take": Refuses(lambda s, t: s.stars.take(t.lab)),
    "stars.among": ShowsNothing(lambda s, t: s.stars.among([t.empty])),
    "stars.mine": Refuses(lambda s, t: s.stars.mine()),
    "listings.shelves": ShowsNothing(lambda s, t: s.listings.shelves(Wanted(), Span())),
    "listings.count_shelves": ShowsNothing(lambda s, t: s.listings.count_shelves(Wanted())),
    "listings.tagged": ShowsNothing(lambda s, t: s.listings.tagged(Wanted(), Span())),
    "listings.count_tagged": ShowsNothing(lambda s, t: s.listings.count_tagged(Wanted())),
    "listings.labels": ShowsNothing(lambda s, t: s.listings.labels(Wanted())),
    "sizes.collections": ShowsNothing(lambda s, t: s.sizes.collections().largest),
    "sizes.containers": Refuses(lambda s, t: s.sizes.containers(t.blast.collection)),
    "sizes.images": Refuses(lambda s, t: s.sizes.images(t.blast)),
    "usage.measure": RefusesAllButTheSystem(lambda s, t: s.usage.measure()),
    "usage.storage": Refuses(
        lambda s, t: s.usage.storage([], collection=t.blast.collection, most=1)
    ),
    "usage.pulls": Refuses(
        lambda s, t: s.usage.pulls(
            DaySpan(FUTURE.date(), FUTURE.date()), collection=t.blast.collection, most=1
        )
    ),
    "usage.first_day": Refuses(lambda s, t: s.usage.first_day(collection=t.blast.collection)),
    "usage.totals": Refuses(lambda s, t: s.usage.totals(collection=t.blast.collection)),
    "upload_pieces.begin": Refuses(lambda s, t: s.upload_pieces.begin(NAME, size=1)),
    "upload_pieces.find": AFTER_BEGIN,
    "upload_pieces.append": AFTER_BEGIN,
    "upload_pieces.finish": AFTER_BEGIN,
    "upload_pieces.cancel": AFTER_BEGIN,
    "client_credentials.find": Refuses(lambda s, t: s.client_credentials.find(t.user)),
    "client_credentials.renew": Refuses(lambda s, t: s.client_credentials.renew(t.user)),
    "client_credentials.caller_of": PROOF,
    "client_containers.begin": Refuses(lambda s, t: s.client_containers.begin(NAME, SPELLING)),
    "client_containers.begun": Unguarded("what it reads is signed, and came from a guarded door"),
    "client_containers.receive": Refuses(
        lambda s, t: s.client_containers.receive(
            Begun(t.blast.id, "2", t.user.id, SPELLING, FUTURE), io.BytesIO(t.content), size=1
        )
    ),
    "client_containers.push": Refuses(
        lambda s, t: s.client_containers.push(NAME, io.BytesIO(t.content), size=1)
    ),
    "client_containers.remove": Refuses(lambda s, t: s.client_containers.remove(NAME)),
    "client_containers.reserve": Refuses(lambda s, t: s.client_containers.reserve(NAME)),
    "client_containers.open": Refuses(lambda s, t: s.client_containers.open(NAME)),
    "builds.order": Refuses(lambda s, t: s.builds.order(Wish("say hello", NAME))),
    "builds.find": Refuses(lambda s, t: s.builds.find(t.build.id)),
    "builds.of": ShowsNothing(lambda s, t: s.builds.of()),
    "builds.lines": Refuses(lambda s, t: s.builds.lines(t.build)),
    "builds.every_line": RefusesAllButTheSystem(lambda s, t: s.builds.every_line(t.build.id)),
    "builds.cancel": Refuses(lambda s, t: s.builds.cancel(t.build)),
    "builds.retry": Refuses(lambda s, t: s.builds.retry(t.ended_build)),
    "builds.forget_old": RefusesAllButTheSystem(lambda s, t: s.builds.forget_old()),
    "build_logs.last_number": Refuses(lambda s, t: s.build_logs.last_number(t.build)),
    "build_logs.before": Refuses(lambda s, t: s.build_logs.before(t.build, 9, limit=9)),
    "build_logs.find": Refuses(lambda s, t: s.build_logs.find(t.build, "x")),
    "build_logs.pieces": Refuses(lambda s, t: list(s.build_logs.pieces(t.build))),
    "build_logs.kept_until": Refuses(lambda s, t: s.build_logs.kept_until(t.build)),
    "build_limits.of_caller": Unguarded("it counts the builds of whoever asks"),
    "build_limits.of_collection": Refuses(lambda s, t: s.build_limits.of_collection(t.lab)),
    "unnamed_builds.place": Refuses(lambda s, t: s.unnamed_builds.place()),
    "unnamed_builds.let_go": RefusesAllButTheSystem(lambda s, t: s.unnamed_builds.let_go()),
    "build_contexts.announce": Refuses(lambda s, t: s.build_contexts.announce(t.digest, 1)),
    "build_contexts.receive": Unguarded("its address is signed, and comes from a guarded door"),
    "build_contexts.adopt": Refuses(lambda s, t: s.build_contexts.adopt(t.archive, t.digest, 1)),
    "build_secrets.of": Refuses(lambda s, t: s.build_secrets.of(t.lab)),
    "build_secrets.set": Refuses(lambda s, t: s.build_secrets.set(t.lab, "TOKEN", "swordfish")),
    "build_secrets.remove": Refuses(lambda s, t: s.build_secrets.remove(t.lab, "TOKEN")),
    "build_secrets.opened": RefusesAllButTheSystem(lambda s, t: s.build_secrets.opened("b" * 32)),
    "git_connections.find": Refuses(lambda s, t: s.git_connections.find(t.lab)),
    "git_connections.all": Refuses(lambda s, t: s.git_connections.all()),
    "git_connections.set": Refuses(
        lambda s, t: s.git_connections.set(t.lab, GitWanted("https://git.test/a/b"))
    ),
    "git_connections.renew_secret": Refuses(lambda s, t: s.git_connections.renew_secret(t.lab)),
    "git_connections.renew_key": Refuses(lambda s, t: s.git_connections.renew_key(t.lab)),
    "git_connections.look": Refuses(lambda s, t: s.git_connections.look(t.lab)),
    "git_connections.remove": Refuses(lambda s, t: s.git_connections.remove(t.lab)),
    "git_hooks.hear": PROOF,
    "git_looks.ask_for_polls": RefusesAllButTheSystem(lambda s, t: s.git_looks.ask_for_polls()),
    "git_looks.begin": RefusesAllButTheSystem(
        lambda s, t: s.git_looks.begin(t.git, asked=FUTURE, everything=False)
    ),
    "git_looks.take_turn": RefusesAllButTheSystem(lambda s, t: s.git_looks.take_turn(t.look)),
    "git_looks.note_tags": RefusesAllButTheSystem(lambda s, t: s.git_looks.note_tags(t.look, {})),
    "git_looks.keep": RefusesAllButTheSystem(lambda s, t: s.git_looks.keep(t.look, "x", {}, [])),
    "git_looks.end": RefusesAllButTheSystem(
        lambda s, t: s.git_looks.end(t.look, commit=None, gone=(), troubles=(), host_keys="")
    ),
    "git_looks.fail": RefusesAllButTheSystem(
        lambda s, t: s.git_looks.fail(t.look, "away", tries=0, everything=False)
    ),
    "rebuilds.find": Refuses(lambda s, t: s.rebuilds.find(t.blast, "1")),
    "rebuilds.of": Refuses(lambda s, t: s.rebuilds.of(t.lab)),
    "rebuilds.all": Refuses(lambda s, t: s.rebuilds.all()),
    "rebuilds.set": Refuses(lambda s, t: s.rebuilds.set(t.blast, "1", RebuildWish(every_days=1))),
    "rebuilds.now": Refuses(lambda s, t: s.rebuilds.now(t.blast, "1")),
    "rebuilds.remove": Refuses(lambda s, t: s.rebuilds.remove(t.blast, "1")),
    "rebuilding.find_due": RefusesAllButTheSystem(lambda s, t: s.rebuilding.find_due()),
    "rebuilding.take": RefusesAllButTheSystem(lambda s, t: s.rebuilding.take(t.rebuild)),
    "rebuilding.ordered": RefusesAllButTheSystem(
        lambda s, t: s.rebuilding.ordered(t.rebuild, t.build)
    ),
    "rebuilding.wait": RefusesAllButTheSystem(lambda s, t: s.rebuilding.wait(t.rebuild, "no")),
    "rebuilding.broken": RefusesAllButTheSystem(lambda s, t: s.rebuilding.broken(t.rebuild, "no")),
    "base_looks.begin": RefusesAllButTheSystem(lambda s, t: s.base_looks.begin(t.rebuild)),
    "base_looks.end": RefusesAllButTheSystem(
        lambda s, t: s.base_looks.end(SimpleNamespace(schedule=t.rebuild), {}, {})
    ),
    "rebuilding.awaited": RefusesAllButTheSystem(lambda s, t: s.rebuilding.awaited(t.build.id)),
    "rebuilding.judged": RefusesAllButTheSystem(
        lambda s, t: s.rebuilding.judged(t.build.id, Changes(False, "same", {}))
    ),
    "image_changes.between": Refuses(lambda s, t: s.image_changes.between(t.image, t.image)),
    "commit_statuses.of": RefusesAllButTheSystem(lambda s, t: s.commit_statuses.of(t.build.id)),
    "commit_statuses.refused": RefusesAllButTheSystem(
        lambda s, t: s.commit_statuses.refused(t.build.id, "no")
    ),
    "build_contexts.arrived": Refuses(lambda s, t: s.build_contexts.arrived(t.digest)),
    "build_contexts.forget": Refuses(lambda s, t: s.build_contexts.forget(t.digest)),
    "build_contexts.expire": RefusesAllButTheSystem(lambda s, t: s.build_contexts.expire()),
    "build_contexts.path": Unguarded("it only says where something would be"),
    "building.begin": RefusesAllButTheSystem(lambda s, t: s.building.begin(t.build.id)),
    "building.orderer": RefusesAllButTheSystem(lambda s, t: s.building.orderer(t.build.id)),
    "building.remember": RefusesAllButTheSystem(
        lambda s, t: s.building.remember(t.build.id, "job 1")
    ),
    "building.note": RefusesAllButTheSystem(
        lambda s, t: s.building.note(t.build.id, {"base:docker://alpine": "x"})
    ),
    "base_images.facts": Unguarded("it finds what the caller may pull, and nothing else"),
    "build_statements.run": RefusesAllButTheSystem(
        lambda s, t: s.build_statements.run(build=t.build.id)
    ),
    "build_statements.of": Refuses(lambda s, t: s.build_statements.of(t.image)),
    "build_statements.builds_of": Refuses(lambda s, t: s.build_statements.builds_of(t.image)),
    "build_statements.require_genuine": Unguarded("it only refuses; the door before it is guarded"),
    "building.is_cancelled": RefusesAllButTheSystem(
        lambda s, t: s.building.is_cancelled(t.build.id)
    ),
    "building.say": RefusesAllButTheSystem(lambda s, t: s.building.say(t.build.id, [(1, "x")])),
    "building.follow": RefusesAllButTheSystem(
        lambda s, t: s.building.follow(t.build.id, after=0, limit=1)
    ),
    "building.end": RefusesAllButTheSystem(
        lambda s, t: s.building.end(t.build.id, BuildState.LOST)
    ),
    "federation.all": PUBLIC,
    "federation.find": PUBLIC,
    "federation.add": Refuses(lambda s, t: s.federation.add("other", "https://other.test")),
    "federation.remove": Refuses(lambda s, t: s.federation.remove("elsewhere")),
    "outbox": FOR_JOBS,
    "telling.run": RefusesAllButTheSystem(
        lambda s, t: s.telling.run(listener="none", kind="UserJoined", event={})
    ),
    "summaries.container": RefusesAllButTheSystem(
        lambda s, t: s.summaries.container(container=t.blast.id, collection=t.lab.id)
    ),
    "summaries.collection": RefusesAllButTheSystem(
        lambda s, t: s.summaries.collection(collection=t.lab.id)
    ),
    "summaries.some_containers": RefusesAllButTheSystem(
        lambda s, t: s.summaries.some_containers(after="", limit=1)
    ),
    "summaries.some_collections": RefusesAllButTheSystem(
        lambda s, t: s.summaries.some_collections(after="", limit=1)
    ),
    "summaries.add_pulls": RefusesAllButTheSystem(lambda s, t: s.summaries.add_pulls({})),
    "inspecting.run": RefusesAllButTheSystem(lambda s, t: s.inspecting.run(image=t.image.id)),
    "inspecting.run_several": RefusesAllButTheSystem(
        lambda s, t: s.inspecting.run_several([t.image.id])
    ),
    "claims.run": RefusesAllButTheSystem(
        lambda s, t: s.claims.run(upload=t.upload.id, blob=t.blob.id)
    ),
    "keys.add": Refuses(lambda s, t: s.keys.add(KEY.public.encode())),
    "keys.find": Unguarded("keys are for everybody, unless the whole registry is private"),
    "keys.names_of": Unguarded("keys are for everybody, unless the whole registry is private"),
    "keys.remove": Refuses(lambda s, t: s.keys.remove(KEY.fingerprint)),
    "verification.of": Refuses(lambda s, t: s.verification.of(t.image)),
    "verification.signers_of": ShowsNothing(lambda s, t: s.verification.signers_of([t.image])),
    "verification.run": RefusesAllButTheSystem(lambda s, t: s.verification.run(image=t.image.id)),
    "verification.inspected": RefusesAllButTheSystem(
        lambda s, t: s.verification.inspected(image=t.image.id)
    ),
    "verification.key_changed": RefusesAllButTheSystem(
        lambda s, t: s.verification.key_changed(fingerprint="A" * 40)
    ),
    "verification.time_passed": RefusesAllButTheSystem(lambda s, t: s.verification.time_passed()),
    "verification.verdict": AFTER_ANOTHER,
    "verification.keep": AFTER_ANOTHER,
    "verification.copy": AFTER_ANOTHER,
    "signers.of": Refuses(lambda s, t: s.signers.of(t.lab)),
    "signers.of_several": ShowsNothing(lambda s, t: s.signers.of_several([t.empty])),
    "signers.change": Refuses(lambda s, t: s.signers.change(t.lab, require_signed=True)),
    "signers.require": Refuses(lambda s, t: s.signers.require(t.lab)),
    "signers.demand_nothing": Refuses(lambda s, t: s.signers.demand_nothing(t.lab)),
    "repositories.find": Refuses(lambda s, t: s.repositories.find(BLAST)),
    "repositories.for_push": Refuses(lambda s, t: s.repositories.for_push(BLAST)),
    "repositories.readable": ShowsNothing(lambda s, t: s.repositories.readable(BLAST)),
    "repositories.tags": Refuses(lambda s, t: s.repositories.tags(t.blast, limit=1)),
    "repositories.names": ShowsNothing(lambda s, t: s.repositories.names(limit=1)),
    "blobs.open": Refuses(lambda s, t: s.blobs.open(t.blast, t.content_digest)),
    "blobs.glimpse": ShowsNothing(lambda s, t: s.blobs.glimpse(BLAST, t.content_digest)),
    "blobs.mount": Refuses(lambda s, t: s.blobs.mount(t.blast, t.content_digest, None)),
    "blobs.delete": Refuses(lambda s, t: s.blobs.delete(t.blast, t.content_digest)),
    "blob_uploads.begin": Refuses(lambda s, t: s.blob_uploads.begin(t.blast)),
    "blob_uploads.find": Refuses(lambda s, t: s.blob_uploads.find(t.blast, t.blob_upload.id)),
    "blob_uploads.append": Refuses(
        lambda s, t: s.blob_uploads.append(
            t.blast, t.blob_upload.id, io.BytesIO(t.content), chunk=None
        )
    ),
    "blob_uploads.finish": Refuses(
        lambda s, t: s.blob_uploads.finish(
            t.blast, t.blob_upload.id, t.content_digest, io.BytesIO(t.content), chunk=None
        )
    ),
    "blob_uploads.receive": Refuses(
        lambda s, t: s.blob_uploads.receive(
            lambda: s.db.get(Container, t.blast.id), t.content_digest, io.BytesIO(t.content)
        )
    ),
    "blob_uploads.cancel": Refuses(lambda s, t: s.blob_uploads.cancel(t.blast, t.blob_upload.id)),
    "manifests.find": Refuses(lambda s, t: s.manifests.find(t.blast, Reference("1"))),
    "manifests.glimpse": ShowsNothing(
        lambda s, t: s.manifests.glimpse(BLAST, Reference.parse(t.manifest.digest))
    ),
    "manifests.put": Refuses(
        lambda s, t: s.manifests.put(t.blast, Reference("1"), bytes(t.manifest.body))
    ),
    "manifests.delete": Refuses(lambda s, t: s.manifests.delete(t.blast, Reference("1"))),
    "manifests.referrers": Refuses(
        lambda s, t: s.manifests.referrers(t.blast, t.content_digest, limit=1)
    ),
    "manifests.count": AFTER_ANOTHER,
    "contents.collections_of": ShowsNothing(lambda s, t: s.contents.collections_of(t.entity)),
    "contents.topics_of": ShowsNothing(lambda s, t: s.contents.topics_of([t.lab])),
    "contents.summary_of": Refuses(lambda s, t: s.contents.summary_of(t.lab)),
    "contents.summary_of_container": Refuses(lambda s, t: s.contents.summary_of_container(t.blast)),
    "contents.containers_of": Refuses(lambda s, t: s.contents.containers_of(t.lab)),
    "contents.tags_of": Refuses(lambda s, t: s.contents.tags_of(t.blast)),
    "contents.architectures_of": Refuses(lambda s, t: s.contents.architectures_of(t.blast, "1")),
    "provenance.pusher_of": Refuses(lambda s, t: s.provenance.pusher_of(t.image, t.blast)),
    "provenance.tags_of": Refuses(lambda s, t: s.provenance.tags_of(t.image)),
    "provenance.elsewhere": Refuses(lambda s, t: s.provenance.elsewhere(t.image)),
    "provenance.pulls_of": Refuses(lambda s, t: s.provenance.pulls_of(t.blast, FUTURE.date())),
    "provenance.pull_count": Refuses(lambda s, t: s.provenance.pull_count(t.blast)),
    "artifacts.of_tag": Refuses(lambda s, t: s.artifacts.of_tag(t.blast, "1")),
    "artifacts.of_digest": Refuses(lambda s, t: s.artifacts.of_digest(t.blast, t.manifest.digest)),
    "artifacts.of_image": Refuses(lambda s, t: s.artifacts.of_image(t.image)),
    "artifacts.digests_of": Refuses(lambda s, t: s.artifacts.digests_of(t.image)),
    "artifacts.referrers": Refuses(lambda s, t: s.artifacts.referrers(t.blast, [])),
    "artifacts.text_of": Refuses(lambda s, t: s.artifacts.text_of(t.blast, "sha256:none")),
    "artifacts.sizes_of": Refuses(lambda s, t: s.artifacts.sizes_of(t.blast, [])),
    "software.of": Refuses(lambda s, t: s.software.of(t.image)),
    "newest.images": ShowsNothing(lambda s, t: s.newest.images()),
    "newest.every": ShowsNothing(lambda s, t: s.newest.every(1)),
    "newest.names": ShowsNothing(lambda s, t: s.newest.names(limit=100)),
    "narrow_tokens.issue": Unguarded("it gives nobody a right that is not asked for at its use"),
    "narrow_tokens.issue_refreshing": Unguarded("it gives one's own, and asks tokens.issue"),
    "narrow_tokens.caller_of": PROOF,
    "garbage.release": AFTER_ANOTHER,
    "garbage.unlink": AFTER_ANOTHER,
    "garbage.blobs_of": AFTER_ANOTHER,
    "garbage.forget_loose_blobs": RefusesAllButTheSystem(
        lambda s, t: s.garbage.forget_loose_blobs(FUTURE)
    ),
    "garbage.expire_uploads": RefusesAllButTheSystem(lambda s, t: s.garbage.expire_uploads()),
    "garbage.unowned_blobs": RefusesAllButTheSystem(lambda s, t: s.garbage.unowned_blobs(FUTURE)),
    "garbage.strike": RefusesAllButTheSystem(lambda s, t: s.garbage.strike(t.blob.id, FUTURE)),
    "garbage.without_row": RefusesAllButTheSystem(
        lambda s, t: s.garbage.without_row([Place("filesystem", "sha256/none")])
    ),
    "garbage.without_upload": RefusesAllButTheSystem(lambda s, t: s.garbage.without_upload(["x"])),
    "garbage.alive_uploads": RefusesAllButTheSystem(lambda s, t: s.garbage.alive_uploads(["x"])),
}
TRIED = {name: door for name, door in DOORS.items() if isinstance(door, Refuses)}
HAS_ITS_CONDITIONS = {
    "account_changes.delete": "she is the last owner of a team",
    "uploads.finish_parts": "no part has come",
}
"""Doors that do not refuse Ada or the system, but have another reason to give no answer."""

OPEN_TO_EVERY_USER = {
    "build_contexts.adopt",
    "build_contexts.announce",
    "journeys.begin",
    "keys.add",
    "renaming.entities",
    "team_changes.open_ones",
    "unnamed_builds.place",
    "stars.mine",
    "teams.create",
    "teams.mine",
}


KEY = Key.make("Ada <ada@example.org>")


class TakenBackError(Exception):
    """Ends a transaction that was only a trial."""


def services_by_name():
    return {
        name: typing.get_type_hints(found.func)["return"]
        for kind in Services.__mro__
        for name, found in vars(kind).items()
        if isinstance(found, cached_property)
    }


def doors_of(services):
    """Give `service.method` of every public method."""
    return {
        f"{name}.{method}"
        for name, service in services.items()
        for method, function in inspect.getmembers(service, inspect.isfunction)
        if not method.startswith("_")
    }


def without_a_line(doors, table):
    return sorted(
        door for door in doors if door not in table and door.partition(".")[0] not in table
    )


@pytest.fixture(scope="module")
def registry(tmp_path_factory, empty_database):
    """A registry of Ada, an administrator, in which everything is private."""
    registry = Registry(
        tmp_path_factory.mktemp("doors"),
        empty_database,
        {
            "sregistry.publishers": ISSUER,
            "sregistry.plugin_modules": "sregistry_core.testing.toy_builder",
            "sregistry.builder": "toy",
        },
    )
    content = make_sif(labels={"org.example": "secret"})
    ada = registry.user("ada", is_admin=True)
    registry.user("bob")
    ada.push("ada/lab/blast:1", content)
    registry.run_jobs()
    registry.hide("ada/lab")
    with registry.parts.unit(caller_of(registry, "ada"))() as services:
        services.teams.create("crew")
        lab = services.catalog.collection(LAB)
        empty = services.catalog.create_collection(lab.entity, "empty", private=True)
        services.signers.require(empty, ["A" * 40])
        services.collection_changes.set_topics(lab, ["secret"])
        services.grants.give(lab, CollectionRole.READER, team="crew")
        services.db.add(Topic(collection_id=lab.id, name="genomics"))
        services.robots.create(LAB, "ci", scope=Scope.PUSH)
        services.publishers.add(
            lab, "builds", issuer=ISSUER, claims={"repository": "a/b"}, scope=Scope.PUSH
        )
        services.shares.create(NAME)
        services.builds.order(Wish("say hello", NAME))
        ended = services.builds.order(Wish("fail", NAME))
        services.builds.cancel(ended)
        services.db.add(
            BuildContext(
                user_id=ended.ordered_by,
                digest=services.images.resolve(NAME).digest,
                size=1,
                arrived_at=ended.ordered_at,
                created_at=ended.ordered_at,
                expires_at=ended.ordered_at,
            )
        )
        services.federation.add("elsewhere", "https://elsewhere.test")
        services.invitations.create("crew", lifetime=timedelta(days=1))
        services.authentication.begin_session(services.accounts.find("ada"), None)
        image = services.images.resolve(NAME)
        services.uploads.begin_parts(image.id, size=len(content))
        services.blob_uploads.begin(image.container)
        services.keys.add(KEY.public.encode())
        services.stars.give(empty)
        services.git_connections.set(lab, GitWanted("https://127.0.0.1/a/b"))
        services.rebuilds.set(services.catalog.container(BLAST), "1", RebuildWish(every_days=7))
        services.build_secrets.set(lab, "TOKEN", "what only builds know")
        services.linked_logins.link(services.access.caller.user_id, Subject("campus", "1", "ada"))
    with registry.parts.unit(caller_of(registry, "ada"))() as services:
        services.manifests.find(services.catalog.container(BLAST), Reference("1"))
    registry.clock.move(timedelta(minutes=1))
    with registry.parts.unit()() as services:
        lab = services.catalog.collection(LAB)
        services.audit.record("image.push", "ada/lab/blast", collection=lab)
    registry.content = content
    yield registry
    registry.close()


def caller_of(registry, name):
    with registry.parts.unit()() as services:
        return services.accounts.caller_of(services.accounts.find(name))


def things_of(services, registry):
    """Rows of Ada's, loaded without asking any service."""

    def only(kind, **wanted):
        return services.db.scalars(select(kind).filter_by(**wanted).limit(1)).one()

    image = only(Image)
    lab = image.container.collection
    git = only(GitConnection).id
    archive = registry.directory / "archive.tar.gz"
    archive.write_bytes(b"packed")
    return SimpleNamespace(
        user=only(User, name="ada"),
        token=only(Token),
        team=only(Team),
        entity=lab.entity,
        lab=lab,
        empty=only(type(lab), name="empty"),
        blast=image.container,
        image=image,
        digest=Digest.parse(image.digest),
        blob=image.blob,
        upload=only(Upload),
        blob_upload=only(BlobUpload),
        build=only(Build, state=BuildState.QUEUED),
        ended_build=only(Build, state=BuildState.CANCELLED),
        manifest=only(Manifest),
        content_digest=ContentDigest("sha256", Digest.parse(image.digest).hex),
        share=1,
        content=registry.content,
        password="not the right one",
        duty=services.db.scalars(select(Outbox.id).limit(1)).one(),
        session=only(WebSession).digest[:16],
        invitation=only(Invitation).id,
        git=git,
        look=SimpleNamespace(connection=git, began_at=FUTURE),
        archive=archive,
        rebuild=only(RebuildSchedule).id,
    )


def test_every_door_has_a_line():
    assert without_a_line(doors_of(services_by_name()), DOORS) == []


def test_every_line_has_a_door():
    doors = doors_of(services_by_name())

    assert [name for name in DOORS if name not in doors and "." in name] == []
    assert {name for name in DOORS if "." not in name} <= set(services_by_name())


def test_a_new_door_would_be_noticed():
    class Careless:
        def tell_all(self): ...

    assert without_a_line(doors_of({"careless": Careless}), DOORS) == ["careless.tell_all"]


def watch(session):
    """Give a list that tells what the session has written from now on."""
    written = []

    def note(state):
        if not state.is_select:
            written.append(str(state.statement))

    event.listen(session, "do_orm_execute", note)
    event.listen(session, "after_flush", lambda *_: written.append("rows"))
    return written


def knock(registry, door, caller):
    with pytest.raises(TakenBackError), registry.parts.unit(caller)() as services:
        things = things_of(services, registry)
        written = watch(services.db)
        if isinstance(door, ShowsNothing):
            assert not door.call(services, things)
        else:
            with pytest.raises((NotFound, LoginRequired, NotAllowed)):
                door.call(services, things)
        services.db.flush()
        assert not written
        raise TakenBackError


@pytest.mark.parametrize("name", TRIED)
def test_a_stranger_is_turned_away(registry, name):
    knock(registry, TRIED[name], Caller.anonymous())


@pytest.mark.parametrize("name", [name for name in TRIED if name not in OPEN_TO_EVERY_USER])
def test_another_user_is_turned_away(registry, name):
    knock(registry, TRIED[name], caller_of(registry, "bob"))


@pytest.mark.parametrize("name", TRIED)
def test_a_token_for_pulling_changes_nothing(registry, name):
    """Ada herself, with a token that is for pulling only; what she may read she still reads."""
    weak = replace(caller_of(registry, "ada"), scope=Scope.PULL)
    with pytest.raises(TakenBackError), registry.parts.unit(weak)() as services:
        things = things_of(services, registry)
        written = watch(services.db)
        with suppress(NotFound, LoginRequired, NotAllowed):
            TRIED[name].call(services, things)
        services.db.flush()
        assert not written
        raise TakenBackError


@pytest.mark.parametrize("name", [name for name in TRIED if name != "authentication.log_in"])
def test_who_may_pass_is_let_through(registry, name):
    door = TRIED[name]
    caller = Caller.system()
    if not isinstance(door, RefusesAllButTheSystem):
        caller = caller_of(registry, "ada")

    with pytest.raises(TakenBackError), registry.parts.unit(caller)() as services:
        things = things_of(services, registry)
        try:
            answer = door.call(services, things)
        except (NotFound, LoginRequired, NotAllowed):
            raise
        except Exception:
            assert name in HAS_ITS_CONDITIONS
        else:
            assert answer or not isinstance(door, ShowsNothing)
        raise TakenBackError


@pytest.mark.parametrize(
    "name", [name for name, door in TRIED.items() if isinstance(door, RefusesAllButTheSystem)]
)
def test_not_even_an_administrator_is_the_system(registry, name):
    with registry.parts.unit(caller_of(registry, "ada"))() as services:
        things = things_of(services, registry)
        with pytest.raises(NotAllowed, match="only the registry itself does this"):
            TRIED[name].call(services, things)


def test_an_address_that_nobody_signed_leads_nowhere(registry):
    with registry.parts.unit(Caller.anonymous())() as services:
        for open_door in (
            lambda: services.uploads.receive("forged", io.BytesIO()),
            lambda: services.downloads.redeem("forged"),
            lambda: services.downloads.open_share("forged", "blast:1", "lab"),
            lambda: services.downloads.address_of_share("forged", "blast:1", "lab"),
            lambda: services.shares.redeem("forged", collection="lab", container="blast:1"),
            lambda: services.authentication.caller_of_token("forged"),
            lambda: services.authentication.caller_of_password("ada", "forged"),
        ):
            with pytest.raises((NotFound, LoginRequired)):
                open_door()
        assert services.authentication.caller_of_session("forged").is_anonymous


def test_an_address_stops_working_when_its_user_may_no_longer_read(registry):
    with registry.parts.unit(caller_of(registry, "ada"))() as services:
        services.grants.give(services.catalog.collection(LAB), CollectionRole.READER, user="bob")
    with registry.parts.unit(caller_of(registry, "bob"))() as services:
        address = services.downloads.address(services.images.resolve(NAME)).rsplit("/", 1)[-1]
    registry.clock.move(timedelta(minutes=1))

    with registry.parts.unit(Caller.anonymous())() as services:
        assert services.downloads.redeem(address).size == len(registry.content)
    with registry.parts.unit(caller_of(registry, "ada"))() as services:
        services.grants.take(services.catalog.collection(LAB), user="bob")

    with registry.parts.unit(Caller.anonymous())() as services, pytest.raises(NotFound):
        services.downloads.redeem(address)
