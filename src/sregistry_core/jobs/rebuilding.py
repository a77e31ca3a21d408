"""One rebuild: ordered like any other build, and held against the image before it."""

from sregistry_core.errors import RegistryError, TooManyBuilds
from sregistry_core.models import Image
from sregistry_core.services import Facilities, Services

from .unit import Unit


def order_rebuild(unit: Unit, facilities: Facilities, *, schedule: str) -> None:
    """Order a build with the rights that there are now; a second run finds it under way."""
    with unit() as services:
        taken = services.rebuilding.take(schedule)
        if taken is None:
            return
        if taken.wish is None:
            services.rebuilding.broken(schedule, taken.trouble)
            return
        mine = Services(services.db, taken.caller, facilities)
        try:
            with services.db.begin_nested():
                build = mine.builds.order(taken.wish)
        except TooManyBuilds as error:
            services.rebuilding.wait(schedule, str(error))
        except RegistryError as error:
            services.rebuilding.broken(schedule, str(error))
        else:
            services.rebuilding.ordered(schedule, build)


def judge_rebuild(unit: Unit, _facilities: Facilities, *, build: str) -> None:
    """Say what has come of a rebuild. A second run finds it judged."""
    with unit() as services:
        awaited = services.rebuilding.awaited(build)
    if awaited is None:
        return
    pair = (awaited.before, awaited.after)
    with unit() as services:
        unread = [
            one
            for one in pair
            if (image := services.db.get(Image, one)) is not None and image.inspected_at is None
        ]
        services.inspecting.run_several(unread)
    with unit() as services:
        before, after = (services.db.get(Image, one) for one in pair)
        if before is None or after is None:
            # Deleted in this moment, which is a verdict of its own.
            services.rebuilding.awaited(build)
            return
        changes = services.image_changes.between(before, after)
    with unit() as services:
        services.rebuilding.judged(build, changes)
