"""Asks directories for everybody who came from them, so that groups and leaving are noticed."""

import logging
from collections.abc import Iterator, Sequence

from sregistry_core.contracts import Login, LoginUnavailable, Subject
from sregistry_core.services import Facilities

from .unit import Unit

JOB = "logins.refresh"
_BATCH = 100

log = logging.getLogger(__name__)


def refresh_people(unit: Unit, facilities: Facilities) -> None:
    """Ask each login that can be asked, a hundred people at a time, outside of any transaction.

    One that does not answer changes nothing for anybody. A second run is harmless.
    """
    with unit() as services:
        services.outbox.forget_waiting(JOB)
    for provider, rules in facilities.plugins.login_rules.items():
        if rules.refresh is not None:
            try:
                _refresh(unit, provider, facilities.logins[provider])
            except LoginUnavailable as error:
                log.warning(
                    "the login %s could not be asked who is still there: %s", provider, error
                )


def _refresh(unit: Unit, provider: str, login: Login) -> None:
    after = ""
    while True:
        with unit() as services:
            keys = services.affiliations.people(provider, after=after, limit=_BATCH)
        if not keys:
            return
        found = dict(_asked(provider, login, keys))
        with unit() as services:
            services.affiliations.follow(provider, found)
        after = keys[-1]


def _asked(
    provider: str, login: Login, keys: Sequence[str]
) -> Iterator[tuple[str, Subject | None]]:
    for key in keys:
        try:
            yield key, login.refresh(key)
        except LoginUnavailable:
            raise
        except Exception:
            # One strange entry must not keep the others from being asked for.
            log.exception(
                "the login %s failed at the key %s, and is asked again later", provider, key
            )
