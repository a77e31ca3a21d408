"""The ends of builds, as far as a rebuild waits for them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.models import Build, RebuildSchedule

from .outbox import SLOW, OutboxService

JUDGE_JOB = "rebuilds.judge"


def ask_for_verdict(db: Session, outbox: OutboxService, build: Build) -> None:
    """Write down that what came of a build is to be judged, if it has built something anew."""
    is_awaited = db.scalar(
        select(RebuildSchedule.id).where(
            RebuildSchedule.build_id == build.id, RebuildSchedule.is_awaited
        )
    )
    if is_awaited is not None:
        outbox.write(JUDGE_JOB, queue=SLOW, build=build.id)
