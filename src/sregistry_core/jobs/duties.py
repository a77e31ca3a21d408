"""The table of duties: what each name stands for, where it runs, and which of them come round."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sregistry_core.login_rules import LoginRules
from sregistry_core.services import (
    Facilities,
    Services,
    base_looks,
    build_statements,
    builds,
    claims,
    commit_statuses,
    git_connections,
    git_looks,
    inspection,
    keys,
    listeners,
    rebuild_ends,
    rebuilding,
    rebuilds,
    summaries,
    usage,
    verification,
)
from sregistry_core.services.outbox import BUILD, PROMPT, QUICK, SLOW

from .base_looking import look_at_bases
from .building import run_build
from .commit_status import tell_forge
from .git_looking import look_at_repository
from .looking import JOB as LOOK_JOB
from .looking import PAUSE as LOOK_PAUSE
from .looking import look_at_storages
from .rebuilding import judge_rebuild, order_rebuild
from .refreshing import JOB as REFRESH_JOB
from .refreshing import refresh_people
from .summing import sum_everything
from .sweeping import sweep
from .unit import Unit

TIME_LIMITS: Final = {
    QUICK: timedelta(minutes=5),
    SLOW: timedelta(hours=6),
    PROMPT: timedelta(hours=1),
    BUILD: timedelta(days=2),
}
"""How long a worker may be at a duty; what takes longer hangs, and another one takes it."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty that runs in one transaction, which also strikes it off."""

    run: Callable[..., None]
    """Called with the services of the registry itself and what was written down."""


@dataclass(frozen=True, slots=True)
class LongDuty:
    """A duty that holds no transaction while it works: it opens short ones."""

    run: Callable[..., None]
    """Called with a `Unit`, the facilities and what was written down."""


@dataclass(frozen=True, slots=True)
class StoppableDuty:
    """A long duty of hours, which does not keep a worker from stopping."""

    run: Callable[..., None]
    """Called with a `Unit`, the facilities, what tells whether the worker stops, and what was
    written down. Raises `Interrupted` when it was broken off for that."""


AnyDuty = Duty | LongDuty | StoppableDuty


def _inspect(services: Services, **arguments: Any) -> None:
    services.inspecting.run(**arguments)
    services.verification.inspected(**arguments)


def _verify(services: Services, **arguments: Any) -> None:
    services.verification.run(**arguments)


def _verify_claim(services: Services, **arguments: Any) -> None:
    services.claims.run(**arguments)


def _key_changed(services: Services, **arguments: Any) -> None:
    services.verification.key_changed(**arguments)


def _verify_again(services: Services) -> None:
    services.verification.time_passed()


def _tell(services: Services, **arguments: Any) -> None:
    services.telling.run(**arguments)


def _sum_container(services: Services, **arguments: Any) -> None:
    services.summaries.container(**arguments)


def _sum_collection(services: Services, **arguments: Any) -> None:
    services.summaries.collection(**arguments)


def _measure_storage(services: Services) -> None:
    services.usage.measure()


def _expire_uploads(services: Services) -> None:
    services.garbage.expire_uploads()


def _forget_old(services: Services) -> None:
    services.authentication.forget_ended_sessions()
    services.journeys.forget_ended()
    services.audit_log.forget_old()


def _state_build(services: Services, **arguments: Any) -> None:
    services.build_statements.run(**arguments)


def _expire_builds(services: Services) -> None:
    services.builds.forget_old()
    services.build_contexts.expire()
    services.unnamed_builds.let_go()


def _poll_repositories(services: Services) -> None:
    services.git_looks.ask_for_polls()


def _find_rebuilds(services: Services) -> None:
    services.rebuilding.find_due()


def _collect_garbage(unit: Unit, facilities: Facilities) -> None:
    for _ in sweep(unit, facilities, grace=facilities.settings.garbage_grace):
        pass


FORGET_JOB = "old.forget"

CORE: Final[Mapping[str, AnyDuty]] = {
    inspection.JOB: Duty(_inspect),
    verification.JOB: Duty(_verify),
    claims.JOB: Duty(_verify_claim),
    keys.CHANGED_JOB: Duty(_key_changed),
    verification.AGAIN_JOB: Duty(_verify_again),
    listeners.JOB: Duty(_tell),
    summaries.CONTAINER_JOB: Duty(_sum_container),
    summaries.COLLECTION_JOB: Duty(_sum_collection),
    summaries.EVERYTHING_JOB: LongDuty(sum_everything),
    usage.JOB: Duty(_measure_storage),
    "uploads.expire": Duty(_expire_uploads),
    "garbage.collect": LongDuty(_collect_garbage),
    FORGET_JOB: Duty(_forget_old),
    LOOK_JOB: LongDuty(look_at_storages),
    builds.JOB: StoppableDuty(run_build),
    build_statements.JOB: Duty(_state_build),
    "builds.expire": Duty(_expire_builds),
    git_connections.JOB: LongDuty(look_at_repository),
    git_looks.POLL_JOB: Duty(_poll_repositories),
    commit_statuses.JOB: LongDuty(tell_forge),
    rebuilding.FIND_JOB: Duty(_find_rebuilds),
    base_looks.LOOK_JOB: LongDuty(look_at_bases),
    rebuilds.ORDER_JOB: LongDuty(order_rebuild),
    rebuild_ends.JUDGE_JOB: LongDuty(judge_rebuild),
    REFRESH_JOB: LongDuty(refresh_people),
}

PERIODIC: Final[dict[str, timedelta]] = {
    "uploads.expire": timedelta(minutes=10),
    "garbage.collect": timedelta(hours=1),
    "builds.expire": timedelta(hours=1),
    rebuilding.FIND_JOB: rebuilding.PAUSE,
    git_looks.POLL_JOB: git_connections.SHORTEST_POLL,
    verification.AGAIN_JOB: timedelta(hours=1),
    FORGET_JOB: timedelta(hours=1),
    LOOK_JOB: LOOK_PAUSE,
    summaries.EVERYTHING_JOB: timedelta(days=1),
    usage.JOB: timedelta(hours=6),
}
SOON: Final = frozenset({usage.JOB, LOOK_JOB})
"""Those that show something to people, who look at it soon after the first start."""


def prompt_duties(rules: Mapping[str, LoginRules]) -> dict[str, timedelta]:
    """Give the duties that come round as often as the ini file says, with their pauses."""
    pauses = [one.refresh for one in rules.values() if one.refresh is not None]
    return {REFRESH_JOB: min(pauses)} if pauses else {}


def table_of(offered: Mapping[str, Callable[..., None]]) -> Mapping[str, AnyDuty]:
    """Join the core's duties with those that plugins offer."""
    return {**CORE, **{name: Duty(run) for name, run in offered.items()}}
