"""Examines a way to log in, with a name that nobody has."""

from collections.abc import Iterator
from uuid import uuid4

from sregistry_core.contracts import PasswordLogin, RedirectLogin, WrongPassword

from .finding import Finding


def examine_login(
    name: str, login: PasswordLogin | RedirectLogin, public_url: str
) -> Iterator[Finding]:
    """Ask who a stranger is, or where a browser is to be sent."""
    if isinstance(login, RedirectLogin):
        departure = login.begin(f"{public_url}/login/{name}/back", uuid4().hex)
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
