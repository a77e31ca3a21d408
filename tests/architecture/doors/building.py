"""Doors of services that build: orders, logs, secrets, Git, and rebuilds."""

from types import SimpleNamespace

from sregistry_core.models import BuildState
from sregistry_core.services.builds import Wish
from sregistry_core.services.git_connections import Wanted as GitWanted
from sregistry_core.services.image_changes import Changes
from sregistry_core.services.rebuilds import RebuildWish

from .kinds import FUTURE, NAME, PROOF, Refuses, RefusesAllButTheSystem, ShowsNothing, Unguarded

DOORS = {
    "builds.order": Refuses(lambda s, t: s.builds.order(Wish("say hello", NAME))),
    "builds.find": Refuses(lambda s, t: s.builds.find(t.build.id)),
    "builds.of": ShowsNothing(lambda s, t: s.builds.of()),
    "builds.lines": Refuses(lambda s, t: s.builds.lines(t.build)),
    "builds.every_line": RefusesAllButTheSystem(lambda s, t: s.builds.every_line(t.build.id)),
    "builds.cancel": Refuses(lambda s, t: s.builds.cancel(t.build)),
    "builds.retry": Refuses(lambda s, t: s.builds.retry(t.ended_build)),
    "builds.forget_old": RefusesAllButTheSystem(lambda s, t: s.builds.forget_old()),
    "build_logs.last_number": Refuses(lambda s, t: s.build_logs.last_number(t.build)),
    "build_logs.before": Refuses(lambda s, t: s.build_logs.before(t.build, 9, limit=9)),
    "build_logs.find": Refuses(lambda s, t: s.build_logs.find(t.build, "x")),
    "build_logs.pieces": Refuses(lambda s, t: list(s.build_logs.pieces(t.build))),
    "build_logs.kept_until": Refuses(lambda s, t: s.build_logs.kept_until(t.build)),
    "build_limits.of_caller": Unguarded("it counts the builds of whoever asks"),
    "build_limits.of_collection": Refuses(lambda s, t: s.build_limits.of_collection(t.lab)),
    "unnamed_builds.place": Refuses(lambda s, t: s.unnamed_builds.place()),
    "unnamed_builds.let_go": RefusesAllButTheSystem(lambda s, t: s.unnamed_builds.let_go()),
    "build_contexts.announce": Refuses(lambda s, t: s.build_contexts.announce(t.digest, 1)),
    "build_contexts.receive": Unguarded("its address is signed, and comes from a guarded door"),
    "build_contexts.adopt": Refuses(lambda s, t: s.build_contexts.adopt(t.archive, t.digest, 1)),
    "build_secrets.of": Refuses(lambda s, t: s.build_secrets.of(t.lab)),
    "build_secrets.set": Refuses(lambda s, t: s.build_secrets.set(t.lab, "TOKEN", "swordfish")),
    "build_secrets.remove": Refuses(lambda s, t: s.build_secrets.remove(t.lab, "TOKEN")),
    "build_secrets.opened": RefusesAllButTheSystem(lambda s, t: s.build_secrets.opened("b" * 32)),
    "build_tokens.issue": RefusesAllButTheSystem(lambda s, t: s.build_tokens.issue(t.build.id)),
    "git_connections.find": Refuses(lambda s, t: s.git_connections.find(t.lab)),
    "git_connections.all": Refuses(lambda s, t: s.git_connections.all()),
    "git_connections.set": Refuses(
        lambda s, t: s.git_connections.set(t.lab, GitWanted("https://git.test/a/b"))
    ),
    "git_connections.renew_secret": Refuses(lambda s, t: s.git_connections.renew_secret(t.lab)),
    "git_connections.renew_key": Refuses(lambda s, t: s.git_connections.renew_key(t.lab)),
    "git_connections.look": Refuses(lambda s, t: s.git_connections.look(t.lab)),
    "git_connections.remove": Refuses(lambda s, t: s.git_connections.remove(t.lab)),
    "git_hooks.hear": PROOF,
    "git_looks.ask_for_polls": RefusesAllButTheSystem(lambda s, t: s.git_looks.ask_for_polls()),
    "git_looks.begin": RefusesAllButTheSystem(
        lambda s, t: s.git_looks.begin(t.git, asked=FUTURE, everything=False)
    ),
    "git_looks.take_turn": RefusesAllButTheSystem(lambda s, t: s.git_looks.take_turn(t.look)),
    "git_looks.note_tags": RefusesAllButTheSystem(lambda s, t: s.git_looks.note_tags(t.look, {})),
    "git_looks.keep": RefusesAllButTheSystem(lambda s, t: s.git_looks.keep(t.look, "x", {}, [])),
    "git_looks.end": RefusesAllButTheSystem(
        lambda s, t: s.git_looks.end(t.look, commit=None, gone=(), troubles=(), host_keys="")
    ),
    "git_looks.fail": RefusesAllButTheSystem(
        lambda s, t: s.git_looks.fail(t.look, "away", tries=0, everything=False)
    ),
    "rebuilds.find": Refuses(lambda s, t: s.rebuilds.find(t.blast, "1")),
    "rebuilds.of": Refuses(lambda s, t: s.rebuilds.of(t.lab)),
    "rebuilds.all": Refuses(lambda s, t: s.rebuilds.all()),
    "rebuilds.set": Refuses(lambda s, t: s.rebuilds.set(t.blast, "1", RebuildWish(every_days=1))),
    "rebuilds.now": Refuses(lambda s, t: s.rebuilds.now(t.blast, "1")),
    "rebuilds.remove": Refuses(lambda s, t: s.rebuilds.remove(t.blast, "1")),
    "rebuilding.find_due": RefusesAllButTheSystem(lambda s, t: s.rebuilding.find_due()),
    "rebuilding.take": RefusesAllButTheSystem(lambda s, t: s.rebuilding.take(t.rebuild)),
    "rebuilding.ordered": RefusesAllButTheSystem(
        lambda s, t: s.rebuilding.ordered(t.rebuild, t.build)
    ),
    "rebuilding.wait": RefusesAllButTheSystem(lambda s, t: s.rebuilding.wait(t.rebuild, "no")),
    "rebuilding.broken": RefusesAllButTheSystem(lambda s, t: s.rebuilding.broken(t.rebuild, "no")),
    "base_looks.begin": RefusesAllButTheSystem(lambda s, t: s.base_looks.begin(t.rebuild)),
    "base_looks.end": RefusesAllButTheSystem(
        lambda s, t: s.base_looks.end(SimpleNamespace(schedule=t.rebuild), {}, {})
    ),
    "rebuilding.awaited": RefusesAllButTheSystem(lambda s, t: s.rebuilding.awaited(t.build.id)),
    "rebuilding.judged": RefusesAllButTheSystem(
        lambda s, t: s.rebuilding.judged(t.build.id, Changes(False, "same", {}))
    ),
    "image_changes.between": Refuses(lambda s, t: s.image_changes.between(t.image, t.image)),
    "commit_statuses.of": RefusesAllButTheSystem(lambda s, t: s.commit_statuses.of(t.build.id)),
    "commit_statuses.refused": RefusesAllButTheSystem(
        lambda s, t: s.commit_statuses.refused(t.build.id, "no")
    ),
    "build_contexts.arrived": Refuses(lambda s, t: s.build_contexts.arrived(t.digest)),
    "build_contexts.forget": Refuses(lambda s, t: s.build_contexts.forget(t.digest)),
    "build_contexts.expire": RefusesAllButTheSystem(lambda s, t: s.build_contexts.expire()),
    "build_contexts.path": Unguarded("it only says where something would be"),
    "building.begin": RefusesAllButTheSystem(lambda s, t: s.building.begin(t.build.id)),
    "building.orderer": RefusesAllButTheSystem(lambda s, t: s.building.orderer(t.build.id)),
    "building.remember": RefusesAllButTheSystem(
        lambda s, t: s.building.remember(t.build.id, "job 1")
    ),
    "building.note": RefusesAllButTheSystem(
        lambda s, t: s.building.note(t.build.id, {"base:docker://alpine": "x"})
    ),
    "base_images.facts": Unguarded("it finds what the caller may pull, and nothing else"),
    "build_statements.run": RefusesAllButTheSystem(
        lambda s, t: s.build_statements.run(build=t.build.id)
    ),
    "build_statements.of": Refuses(lambda s, t: s.build_statements.of(t.image)),
    "build_statements.builds_of": Refuses(lambda s, t: s.build_statements.builds_of(t.image)),
    "build_statements.require_genuine": Unguarded("it only refuses; the door before it is guarded"),
    "building.is_cancelled": RefusesAllButTheSystem(
        lambda s, t: s.building.is_cancelled(t.build.id)
    ),
    "building.say": RefusesAllButTheSystem(lambda s, t: s.building.say(t.build.id, [(1, "x")])),
    "building.follow": RefusesAllButTheSystem(
        lambda s, t: s.building.follow(t.build.id, after=0, limit=1)
    ),
    "building.end": RefusesAllButTheSystem(
        lambda s, t: s.building.end(t.build.id, BuildState.LOST)
    ),
}
