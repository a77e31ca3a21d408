"""Examines a way to log in with a name that nobody has, or tells how it finds somebody."""

from collections.abc import Iterator
from uuid import uuid4

from sregistry_core.contracts import (
    Login,
    PasswordLogin,
    RedirectLogin,
    Secret,
    Step,
    Subject,
    WrongPassword,
)
from sregistry_core.login_rules import LoginRules
from sregistry_core.names import fold_entity_name
from sregistry_core.protocols.ui.paths import callback_address

from .finding import Finding


def examine_login(
    name: str, login: PasswordLogin | RedirectLogin, public_url: str
) -> Iterator[Finding]:
    """Ask who a stranger is, or where a browser is to be sent."""
    if isinstance(login, RedirectLogin):
        departure = login.begin(callback_address(public_url, name), uuid4().hex)
        address = departure.url.partition("?")[0]
        yield Finding.ok(f"login {name}: sends browsers to {address}")
        return
    try:
        # Short: a directory may limit the length of a name.
        found = login.check(f"doctor-{uuid4().hex[:12]}", uuid4().hex)
    except WrongPassword:
        found = None
    if found is None:
        yield Finding.ok(f"login {name}: answers, and does not know a stranger")
    else:
        yield Finding.failure(
            f"login {name}: takes a stranger with a random password for {found.name}"
        )


def explain_login(
    login: Login, rules: LoginRules | None, user: str, password: Secret | None
) -> Iterator[Finding]:
    """Tell each step to who somebody is, and what they would be here."""
    silent = True
    for told in login.explain(user, password):
        silent = False
        if isinstance(told, Step):
            yield Finding.ok(told.text) if told.works else Finding.failure(told.text)
        else:
            yield from _explain_subject(told, rules or LoginRules())
    if silent:
        yield Finding.warning("this login tells nothing of how it finds people")


def _explain_subject(subject: Subject, rules: LoginRules) -> Iterator[Finding]:
    called = f", {subject.full_name}" if subject.full_name else ""
    mail = f", {subject.email}" if subject.email else ""
    yield Finding.ok(f"is {fold_entity_name(subject.name)} here{called}{mail}; key {subject.key}")
    for group in sorted(subject.groups):
        yield Finding.ok(f"group {group}")
    if not subject.groups:
        yield Finding.ok("is in no group")
    yield Finding.ok(f"teams: {', '.join(sorted(rules.teams_for(subject))) or 'none'}")
    yield Finding.ok(f"administrator: {'yes' if rules.administers(subject) else 'no'}")
    if rules.lets_in(subject):
        yield Finding.ok("may log in")
    else:
        yield Finding.failure("may not log in: is in no group of the setting allow")
