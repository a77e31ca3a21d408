"""How an image was built here, as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyramid.request import Request

from sregistry_core.contracts import Action
from sregistry_core.models import Build, Image
from sregistry_core.services.build_statement_text import dependencies_of

from .build.words import source_links

_SHOWN = 3
_MOST_BASES = 20


@dataclass(frozen=True, slots=True)
class Base:
    """Something that a build started from; `digest` is empty when it is not known."""

    address: str
    digest: str


@dataclass(frozen=True, slots=True)
class Origin:
    """A build that made an image.

    links     where a browser finds its repository and its recipe
    is_seen   whether the caller may see the page of the build
    """

    build: Build
    bases: Sequence[Base]
    links: Mapping[str, str]
    is_seen: bool


def origins_of(request: Request, image: Image) -> Sequence[Origin]:
    """Give the last builds that made an image, the newest first."""
    access = request.services.access
    may_push = access.may(Action.PUSH, image.container)
    found = request.services.build_statements.builds_of(image, limit=_SHOWN)
    me = request.caller.user_id
    return [
        Origin(
            build,
            bases_of(build),
            source_links(build.source),
            may_push or (me is not None and build.ordered_by == me),
        )
        for build in found
    ]


def bases_of(build: Build) -> Sequence[Base]:
    """Give what a build started from, without the repository of its recipe."""
    return [
        Base(str(one["uri"]), _spelled(one.get("digest", {})))
        for one in dependencies_of(build)
        if not str(one["uri"]).startswith("git+")
    ][:_MOST_BASES]


def _spelled(digest: Mapping[str, str]) -> str:
    return next((f"{algorithm}:{digits}" for algorithm, digits in digest.items()), "")
