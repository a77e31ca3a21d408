"""What is pushed to a repository is built, by the real program Git over HTTP."""

from datetime import timedelta

import pytest

from sregistry_core.models import BuildState, CollectionRole
from sregistry_core.names import CollectionName, ContainerName
from sregistry_core.testing.sif_files import make_sif

from .conftest import SETTINGS, Lab, ready

A = ContainerName("ada", "lab", "a")


def test_the_first_look_builds_every_recipe_as_singularity_hub_called_it(lab, repository, stranger):
    commit = repository.push(
        {
            "Singularity": "say one",
            "Singularity.cuda": "say two",
            "blast/Singularity.2.14": "say three",
            "tools/samtools.def": "say four",
            "README.md": "no recipe",
        }
    )

    lab.connect(repository)

    assert sorted(lab.builds) == [
        "blast:2.14",
        "recipes:cuda",
        "recipes:latest",
        "samtools:latest",
    ]
    assert {one.state for one in lab.all_builds()} == {BuildState.SUCCEEDED}
    assert stranger.pull("ada/lab/recipes:cuda").status_int == 200
    shown = lab.connection
    assert (shown.seen_commit, shown.last_error) == (commit, None)
    source = next(one for one in lab.all_builds() if one.tag == "2.14").source
    assert source == {
        "repository": repository.url,
        "commit": commit,
        "branch": "main",
        "path": "blast/Singularity.2.14",
    }


def test_only_what_has_changed_is_built_again(lab, repository):
    repository.push({"Singularity": "say one", "blast.def": "say two"})
    lab.connect(repository)
    lab.forget_builds()

    commit = repository.push({"blast.def": "say three", "README.md": "new"})
    lab.look()

    assert lab.builds == ["blast:latest"]
    assert lab.connection.seen_commit == commit
    lab.look()
    assert lab.builds == ["blast:latest"]


def test_a_history_that_was_rewritten_is_no_trouble(lab, repository):
    repository.push({"Singularity": "say one", "blast.def": "say two"})
    lab.connect(repository)
    lab.forget_builds()

    repository.git("commit", "--quiet", "--amend", "-m", "rewritten")
    repository.push({"Singularity": "say other"})
    repository.git("push", "--quiet", "--force", "origin", "main")
    lab.look()

    assert lab.builds == ["recipes:latest"]
    assert lab.connection.last_error is None


def test_everything_is_built_when_its_owner_asks_for_it(lab, repository):
    repository.push({"Singularity": "say one", "blast.def": "say two"})
    lab.connect(repository)
    lab.forget_builds()

    lab.look(everything=True)

    assert sorted(lab.builds) == ["blast:latest", "recipes:latest"]


def test_branches_and_git_tags_become_tags(lab, repository):
    repository.push({"Singularity": "say one", "Singularity.cuda": "say one"}, tag="v0")
    lab.connect(repository, branches=("main", "dev/*"))
    assert sorted(lab.builds) == ["recipes:cuda", "recipes:latest"]
    lab.forget_builds()

    repository.push({"Singularity": "say two"}, branch="dev/Fast")
    repository.push({}, branch="other")
    lab.look()
    assert sorted(lab.builds) == ["recipes:cuda-dev-fast", "recipes:dev-fast"]
    lab.forget_builds()

    repository.push({}, tag="v1.0")
    lab.look()
    assert sorted(lab.builds) == ["recipes:cuda-v1.0", "recipes:v1.0"]
    assert {one.source["tag"] for one in lab.all_builds()} == {"v1.0"}


def test_files_beside_a_recipe_go_along(lab, repository):
    repository.push({"blast/Singularity": "copy run.sh", "blast/run.sh": "echo hi", "x": "y"})

    lab.connect(repository)

    (build,) = lab.all_builds()
    assert build.state is BuildState.SUCCEEDED, build.reason
    assert lab.log(build) == ["echo hi"]


def test_the_small_file_says_what_is_built_and_how_it_is_called(lab, repository):
    repository.push(
        {
            ".sregistry.yml": (
                "recipes:\n"
                "  - path: images/*/recipe.txt\n"
                "    container: '{directory}'\n"
                "    tag: '{ref}-x'\n"
                "    context: repository\n"
                "    watch: [lib/**]\n"
            ),
            "images/blast/recipe.txt": "copy lib/a.sh",
            "lib/a.sh": "echo a",
            "Singularity": "say not this",
        }
    )
    lab.connect(repository)
    assert lab.builds == ["blast:latest-x"]
    assert lab.log(lab.all_builds()[0]) == ["echo a"]
    lab.forget_builds()

    repository.push({"lib/a.sh": "echo b"})
    lab.look()

    assert lab.builds == ["blast:latest-x"]
    assert lab.log(lab.all_builds()[0]) == ["echo b"]


def test_a_small_file_that_is_wrong_is_told_and_mended(lab, repository):
    repository.push({".sregistry.yml": "recipes: [{paht: x}]", "Singularity": "say one"})
    lab.connect(repository)
    assert lab.builds == []
    assert "recipe 1 names no path" in lab.connection.last_error

    repository.push({".sregistry.yml": "recipes: [{path: Singularity}]"})
    lab.look()

    assert lab.builds == ["recipes:latest"]
    assert lab.connection.last_error is None


def test_paths_of_the_connection_bound_what_is_built(lab, repository):
    repository.push({"Singularity": "say one", "a/x.def": "say two", "b/y.def": "say three"})

    lab.connect(repository, patterns=("a/**",), container="other")

    assert lab.builds == ["x:latest"]


def test_a_push_of_many_recipes_builds_some_and_says_so(make_registry, repository):
    lab = Lab(ready(make_registry(**{**SETTINGS, "git_recipes_per_push": "2"})))
    repository.push({f"{name}.def": "say hello" for name in "abcd"})

    lab.connect(repository)

    assert lab.builds == ["a:latest", "b:latest"]
    assert "4 recipes have changed, and 2 are built of one push: c.def" in lab.connection.last_error


def test_recipes_above_the_limit_of_builds_wait_for_their_turn(make_registry, repository):
    registry = ready(make_registry(**{**SETTINGS, "builds_per_user": "1"}))
    lab = Lab(registry)
    repository.push({"a.def": "say hello", "b.def": "say hello"})

    lab.connect(repository)
    assert lab.builds == ["a:latest"]
    assert "b.def (latest) waits" in lab.connection.last_error

    registry.clock.move(timedelta(minutes=2))
    registry.run_jobs()
    assert sorted(lab.builds) == ["a:latest", "b:latest"]
    registry.clock.move(timedelta(minutes=2))
    assert registry.run_jobs() == 0
    assert lab.connection.last_error is None


def test_a_frozen_tag_and_a_recipe_of_bytes_do_not_keep_the_others(lab, repository):
    lab.registry.with_password("ada").push("ada/lab/a:latest", make_sif())
    lab.do(lambda s, _: s.tags.freeze(s.catalog.container(A), "latest"))
    repository.push({"a.def": "say one", "c.def": "say two"})
    (repository.work / "b.def").write_bytes(b"\xff\xfe\x00")
    repository.push({})

    lab.connect(repository)

    assert lab.builds == ["c:latest"]
    assert "a.def (latest): ada/lab/a:latest is frozen" in lab.connection.last_error
    assert "b.def (latest): it is no text" in lab.connection.last_error


def test_whoever_has_lost_the_right_builds_nothing(lab, repository):
    repository.push({"Singularity": "say one"})
    lab.connect(repository)
    lab.forget_builds()
    with lab.registry.parts.unit()() as services:
        services.accounts.disable("ada")

    repository.push({"Singularity": "say two"})
    with lab.registry.parts.unit()() as services:
        found = services.catalog.collection(CollectionName("ada", "lab"))
        services.git_connections.look(found)
    lab.registry.run_jobs()

    assert lab.builds == []
    assert "nothing is built" in lab.connection.last_error


def test_builds_have_the_rights_of_whoever_connected_the_repository(lab, repository):
    repository.push({"Singularity": "say one"})
    lab.do(lambda s, lab: s.grants.give(lab, CollectionRole.OWNER, user="bob"))
    lab.connect(repository, who="bob")
    assert {one.orderer.name for one in lab.all_builds()} == {"bob"}
    lab.forget_builds()

    lab.do(lambda s, lab: s.grants.give(lab, CollectionRole.READER, user="bob"))
    repository.push({"Singularity": "say two"})
    lab.look()
    assert lab.builds == []
    assert lab.connection.last_error == (
        "bob may build here no more (bob may not push ada/lab): nothing is built"
    )

    lab.do(lambda s, lab: s.grants.give(lab, CollectionRole.WRITER, user="bob"))
    lab.look()
    assert lab.builds == ["recipes:latest"]


def test_a_repository_is_polled_as_often_as_its_owner_says(lab, repository):
    repository.push({"Singularity": "say one"})
    lab.connect(repository, poll=timedelta(minutes=10))
    lab.forget_builds()
    repository.push({"Singularity": "say two"})

    poll(lab)
    assert lab.builds == []
    lab.registry.clock.move(timedelta(minutes=11))
    poll(lab)

    assert lab.builds == ["recipes:latest"]


def poll(lab):
    with lab.registry.parts.unit()() as services:
        services.git_looks.ask_for_polls()
    lab.registry.run_jobs()


def test_a_repository_without_a_commit_is_no_trouble(lab, repository):
    lab.connect(repository)
    assert lab.connection.last_error == "the repository has no commit yet"

    repository.push({"Singularity": "say one"})
    lab.look()

    assert lab.builds == ["recipes:latest"]


def test_a_branch_that_is_gone_is_forgotten(lab, repository):
    repository.push({"Singularity": "say one"})
    repository.push({}, branch="dev")
    lab.connect(repository, branches=("*",))
    assert set(lab.connection.seen) == {"refs/heads/main", "refs/heads/dev"}

    repository.git("push", "--quiet", "origin", ":dev")
    lab.look()

    assert set(lab.connection.seen) == {"refs/heads/main"}


@pytest.mark.parametrize("path", ["link.def", "Singularity"])
def test_a_link_is_no_recipe(lab, repository, path):
    (repository.work / path).symlink_to("/etc/passwd")
    repository.push({})

    lab.connect(repository)

    assert lab.builds == []
    assert lab.connection.last_error is None
