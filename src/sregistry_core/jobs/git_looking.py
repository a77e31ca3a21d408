"""A look at a repository: what is new is fetched, and each recipe that has changed is ordered."""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from sregistry_core.contracts import Action
from sregistry_core.digests import Digest
from sregistry_core.errors import Malformed, RegistryError, TooManyBuilds
from sregistry_core.formats.recipe_rules import (
    FILE,
    LARGEST,
    USUAL,
    Along,
    Recipe,
    find_recipes,
    fits,
    read_rules,
)
from sregistry_core.names import CollectionName, ImageName
from sregistry_core.services import Facilities, Services
from sregistry_core.services.builds import LONGEST_DEFINITION, Wish
from sregistry_core.services.git_looks import Look

from .git_program import File, Git, GitFailed, Reach, Refs
from .unit import Unit

_MOST_TROUBLES = 20
_BRANCH = "refs/heads/"
_TAG = "refs/tags/"
_MOST_BRANCHES = 50
_MOST_RECIPES = 2000


@dataclass(frozen=True, slots=True)
class Ready:
    """A recipe that has been read.

    trouble   why it cannot be built; then there is no definition
    """

    recipe: Recipe
    fingerprint: str
    definition: str = ""
    context: Path | None = None
    trouble: str = ""


def look_at_repository(
    unit: Unit,
    facilities: Facilities,
    *,
    connection: str,
    asked: str,
    everything: bool = False,
    tries: int = 0,
) -> None:
    """See what is new in a repository, and order what is to be built of it.

    A second run is harmless: it sees nothing new.
    """
    with unit() as services:
        look = services.git_looks.begin(
            connection, asked=datetime.fromisoformat(asked), everything=everything
        )
        if look is None:
            return
        refusal = _refusal(services, look)
        if refusal is not None:
            services.git_looks.fail(look, refusal, tries=tries, everything=everything, again=False)
            return
    try:
        _Look(unit, facilities, look, everything=everything).run()
    except GitFailed as failure:
        with unit() as services:
            services.git_looks.fail(look, str(failure), tries=tries, everything=everything)


def _refusal(services: Services, look: Look) -> str | None:
    """Say why nothing may be built, with the rights that there are now."""
    if look.caller.is_anonymous:
        return "whoever connected the repository has no account here any more: nothing is built"
    mine = Services(services.db, look.caller, services.facilities)
    name = CollectionName.parse(look.collection, home=services.facilities.settings.id)
    try:
        mine.access.require(Action.PUSH, mine.catalog.collection(name))
    except RegistryError as error:
        return f"{look.caller.name} may build here no more ({error}): nothing is built"
    return None


class _Look:
    """One look, from what the repository says of itself to the orders."""

    def __init__(self, unit: Unit, facilities: Facilities, look: Look, *, everything: bool):
        self._unit = unit
        self._facilities = facilities
        self._look = look
        self._everything = everything
        self._left_to_order = facilities.settings.git_recipes_per_push
        self._troubles: list[str] = []
        self._packed: dict[tuple[str, str], tuple[Path, Digest, int]] = {}

    def run(self) -> None:
        settings, look = self._facilities.settings, self._look
        with _directory(settings.staging / "git", settings.git_time_limit.total_seconds()) as place:
            git = Git(
                place,
                Reach(
                    address=look.address,
                    user_and_token=look.user_and_token,
                    private_key=look.private_key,
                    host_keys=look.host_keys,
                    allow_private=settings.git_allow_private,
                    ca_file=settings.git_ca_file,
                ),
                seconds=settings.git_time_limit.total_seconds(),
                largest=settings.largest_git_fetch,
            )
            refs = git.refs()
            commit = self._see(git, refs)
            with self._unit() as services:
                services.git_looks.end(
                    look,
                    commit=commit,
                    gone=_gone(look, refs),
                    troubles=self._troubles[:_MOST_TROUBLES],
                    host_keys=git.host_keys,
                )

    def _see(self, git: Git, refs: Refs) -> str | None:
        """Go through what there is; the newest commit of the branch that counts."""
        branches = self._branches(refs)
        if not branches:
            self._say(
                "the repository has no commit yet"
                if not refs.branches
                else "the repository has none of the branches that are to be built"
            )
        is_first = not self._look.seen
        if is_first:
            # What was tagged before anybody asked for builds is only noted.
            with self._unit() as services:
                services.git_looks.note_tags(
                    self._look, {f"{_TAG}{tag}": commit for tag, commit in refs.tags.items()}
                )
        newest = None
        for branch in branches:
            ref = f"{_BRANCH}{branch}"
            kept = "latest" if branch == refs.default else branch
            commit = self._see_ref(git, ref, refs.branches[branch], kept)
            if newest is None or branch == refs.default:
                newest = commit
        for tag, commit in [] if is_first else sorted(refs.tags.items()):
            self._see_ref(git, f"{_TAG}{tag}", commit, tag)
        return newest

    def _branches(self, refs: Refs) -> list[str]:
        patterns = self._look.branches
        if not patterns:
            return [refs.default] if refs.default and refs.default in refs.branches else []
        found = [
            name
            for name in sorted(refs.branches)
            if any(fnmatchcase(name, pattern) for pattern in patterns)
        ]
        if len(found) > _MOST_BRANCHES:
            self._say(f"{len(found)} branches fit, and {_MOST_BRANCHES} of them are built")
        return found[:_MOST_BRANCHES]

    def _see_ref(self, git: Git, ref: str, commit: str, kept: str) -> str:
        """See what a ref points at, and order what has changed since it was last seen."""
        seen, left = self._look.seen.get(ref, {}), self._look.left.get(ref, [])
        is_tag = ref.startswith(_TAG)
        everything = self._everything and not is_tag
        if seen.get("commit") == commit and not left and not everything:
            return commit
        commit = git.fetch(ref)
        files = git.files(commit)
        try:
            recipes = self._recipes(git, files, kept)
        except Malformed as error:
            self._say(f"{kept}: {error}")
            self._order(ref, commit, [], {}, kept)
            return commit
        blobs = {one.path: one.blob for one in files}
        prints = {one.path: _fingerprint(one, blobs) for one in recipes}
        before = seen.get("recipes", {})
        changed = [
            one
            for one in recipes
            if everything or one.path in left or prints[one.path] != before.get(one.path)
        ]
        if is_tag and seen and seen.get("commit") == commit:
            changed = [one for one in recipes if one.path in left]
        ready = [
            self._ready(git, commit, one, prints[one.path], files)
            for one in self._as_many_as_may_be(changed)
        ]
        self._order(ref, commit, ready, {} if is_tag else prints, kept)
        return commit

    def _recipes(self, git: Git, files: Sequence[File], kept: str) -> list[Recipe]:
        said = next((one for one in files if one.path == FILE), None)
        rules = USUAL
        if said is not None:
            if said.size > LARGEST:
                raise Malformed(f"{FILE} has more than {LARGEST} bytes")
            rules = read_rules(git.read(said, LARGEST))
        found = find_recipes(
            (one.path for one in files),
            rules,
            container=self._look.container,
            ref=kept,
            patterns=self._look.patterns,
        )
        if len(found) > _MOST_RECIPES:
            raise Malformed(f"{len(found)} files are recipes, and {_MOST_RECIPES} may be")
        return found

    def _as_many_as_may_be(self, changed: Sequence[Recipe]) -> Sequence[Recipe]:
        taken = changed[: self._left_to_order]
        self._left_to_order -= len(taken)
        if len(taken) < len(changed):
            most = self._facilities.settings.git_recipes_per_push
            self._say(
                f"{len(changed)} recipes have changed, and {most} are built of one push: "
                f"{changed[len(taken)].path} and those after it are not"
            )
        return taken

    def _ready(
        self, git: Git, commit: str, recipe: Recipe, fingerprint: str, files: Sequence[File]
    ) -> Ready:
        """Read a recipe, and pack what goes along with it."""
        file = next(one for one in files if one.path == recipe.path)
        try:
            text = git.read(file, LONGEST_DEFINITION).decode()
            context = self._context(git, commit, recipe)
        except UnicodeDecodeError:
            return Ready(recipe, fingerprint, trouble="it is no text")
        except GitFailed as failure:
            return Ready(recipe, fingerprint, trouble=str(failure))
        return Ready(recipe, fingerprint, text, context)

    def _context(self, git: Git, commit: str, recipe: Recipe) -> Path | None:
        if recipe.along is Along.NOTHING:
            return None
        directory = "" if recipe.along is Along.REPOSITORY else recipe.directory
        most = self._facilities.settings.largest_build_context
        known = self._packed.get((commit, directory))
        if known is None:
            made = git.archive(commit, directory, most)
            path = made.with_name(f"{len(self._packed)}.tar.gz")
            made.replace(path)
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            known = (path, Digest.parse(f"sha256:{digest}"), path.stat().st_size)
            self._packed[commit, directory] = known
        return known[0]

    def _order(
        self,
        ref: str,
        commit: str,
        ready: Sequence[Ready],
        prints: Mapping[str, str],
        kept: str,
    ) -> None:
        """Order, and note what was seen, in one transaction: each change is ordered once."""
        with self._unit() as services:
            turn = services.git_looks.take_turn(self._look)
            if turn is None:
                return
            mine = Services(services.db, turn.caller, self._facilities)
            left: list[str] = []
            for one in ready:
                where = f"{one.recipe.path} ({kept})"
                if one.trouble:
                    self._say(f"{where}: {one.trouble}")
                    continue
                try:
                    wish = self._wish(mine, turn, one, ref, commit)
                    with services.db.begin_nested():
                        mine.builds.order(wish)
                except TooManyBuilds as error:
                    left.append(one.recipe.path)
                    self._say(f"{where} waits: {error}")
                except RegistryError as error:
                    self._say(f"{where}: {error}")
            seen: dict[str, Any] = {
                "commit": commit,
                **({"recipes": dict(prints)} if prints else {}),
            }
            services.git_looks.keep(turn, ref, seen, left)

    def _wish(self, mine: Services, look: Look, one: Ready, ref: str, commit: str) -> Wish:
        recipe = one.recipe
        name = ImageName.parse(
            f"{look.collection}/{recipe.container}:{recipe.tag}", home=self._facilities.settings.id
        )
        context = None
        if one.context is not None:
            path, digest, size = next(
                found for found in self._packed.values() if found[0] == one.context
            )
            context = mine.build_contexts.adopt(path, digest, size)
        kind = "tag" if ref.startswith(_TAG) else "branch"
        return Wish(
            definition=one.definition,
            name=name,
            arch=recipe.arch,
            context=context,
            source={
                "repository": look.address.url,
                "commit": commit,
                kind: ref.removeprefix(_BRANCH).removeprefix(_TAG),
                "path": recipe.path,
            },
            # Whoever may push there need not be whom the collection was connected by.
            own_recipe=False,
        )

    def _say(self, trouble: str) -> None:
        self._troubles.append(trouble)


def _fingerprint(recipe: Recipe, blobs: Mapping[str, str]) -> str:
    """Give what changes when a recipe does, or a file that it watches."""
    known = [blobs[recipe.path]]
    if recipe.watch:
        known += [
            f"{path} {blob}"
            for path, blob in sorted(blobs.items())
            if any(fits(pattern, path) for pattern in recipe.watch)
        ]
    return hashlib.sha256("\n".join(known).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _gone(look: Look, refs: Refs) -> list[str]:
    there = {f"{_BRANCH}{name}" for name in refs.branches} | {f"{_TAG}{name}" for name in refs.tags}
    return sorted(set(look.seen) - there)


@contextmanager
def _directory(parent: Path, seconds: float) -> Iterator[Path]:
    """Make a private directory for one look, and remove those of workers that were killed."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in parent.iterdir():
        if old.stat().st_mtime < time.time() - 4 * seconds - 3600:
            shutil.rmtree(old, ignore_errors=True)
    made = Path(tempfile.mkdtemp(dir=parent))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
