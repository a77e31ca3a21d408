"""Doors of services about people: accounts, logins, teams, robots, and what administrators see."""

from datetime import timedelta

from sregistry_core.contracts import Scope, Subject
from sregistry_core.models import CollectionRole
from sregistry_core.services.duty_list import DutyState
from sregistry_core.testing.registry import PASSWORD

from .kinds import (
    AFTER_ANOTHER,
    FOR_JOBS,
    FUTURE,
    IS_THE_GUARD,
    ISSUER,
    LAB,
    PROOF,
    PUBLIC,
    ROBOT,
    Refuses,
    RefusesAllButTheSystem,
    ShowsNothing,
    Unguarded,
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
    "tokens.count": Refuses(lambda s, t: s.tokens.count(t.user)),
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
    "team_changes.owned_count": Refuses(lambda s, t: s.team_changes.owned_count("crew")),
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
    "grants.of": Refuses(lambda s, t: s.grants.of(t.lab)),
    "grants.give": Refuses(lambda s, t: s.grants.give(t.lab, CollectionRole.READER, user="bob")),
    "grants.take": Refuses(lambda s, t: s.grants.take(t.lab, team="crew")),
    "client_credentials.find": Refuses(lambda s, t: s.client_credentials.find(t.user)),
    "client_credentials.renew": Refuses(lambda s, t: s.client_credentials.renew(t.user)),
    "client_credentials.caller_of": PROOF,
    "federation.all": PUBLIC,
    "federation.find": PUBLIC,
    "federation.add": Refuses(lambda s, t: s.federation.add("other", "https://other.test")),
    "federation.remove": Refuses(lambda s, t: s.federation.remove("elsewhere")),
    "telling.run": RefusesAllButTheSystem(
        lambda s, t: s.telling.run(listener="none", kind="UserJoined", event={})
    ),
    "narrow_tokens.issue": Unguarded("it gives nobody a right that is not asked for at its use"),
    "narrow_tokens.issue_refreshing": Unguarded("it gives one's own, and asks tokens.issue"),
    "narrow_tokens.caller_of": PROOF,
}
