"""What is built to build an image anew: how it was built here, or what it says itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from sregistry_core.errors import Malformed
from sregistry_core.formats.deffile import read_definition
from sregistry_core.formats.definition_files import copied_files
from sregistry_core.models import Build, BuildState, Image

from .base_images import FACT


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an image is built.

    context   the identifier of the files that go along
    bases     digests of base images, by address, as that build has seen them
    author    the identifier of the user who has sent it; None where that is not known
    """

    definition: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    builder: str | None = None
    source: Mapping[str, str] = field(default_factory=dict)
    context: str | None = None
    bases: Mapping[str, str] = field(default_factory=dict)
    author: str | None = None


def recipe_of(db: Session, image: Image) -> Recipe:
    """Give how an image is built anew. Raises Malformed, with the reason, when nobody knows."""
    build = db.scalars(
        select(Build)
        .where(Build.image_id == image.id, Build.state == BuildState.SUCCEEDED)
        .order_by(Build.ended_at.desc(), Build.id.desc())
        .limit(1)
    ).first()
    if build is not None:
        if build.context_id is None and _copies(build.definition):
            raise Malformed("the files that its definition copies are not here any more")
        return Recipe(
            definition=build.definition,
            arguments=dict(build.arguments),
            builder=build.builder,
            source=dict(build.source),
            context=build.context_id,
            author=build.ordered_by if build.own_recipe else None,
            bases={
                name.removeprefix(FACT): str(value)
                for name, value in build.facts.items()
                if name.startswith(FACT)
            },
        )
    if image.inspected_at is None:
        raise Malformed("a job has not looked into the image yet: try again in a moment")
    definition = (image.inspection or {}).get("definition")
    if not definition:
        raise Malformed("the image was not built here, and holds no definition")
    if _copies(definition) or _starts_from_a_file(definition):
        raise Malformed(
            "the image was not built here, and its definition needs files of its author"
        )
    return Recipe(definition)


def _copies(definition: str) -> bool:
    return any(
        one.pairs for one in copied_files(definition) if one.arguments.split()[:1] != ["from"]
    )


def _starts_from_a_file(definition: str) -> bool:
    stages = read_definition(definition).stages
    return any((stage.bootstrap or "").lower() == "localimage" for stage in stages)
