"""Commit statuses. The forges are imitated: what they take is what their documents say."""

from datetime import timedelta

import pytest

from sregistry_core.jobs.commit_status import call_for, tell_forge
from sregistry_core.jobs.git_looking import look_at_repository
from sregistry_core.models import BuildState, Forge
from sregistry_core.services.commit_statuses import CommitStatus
from sregistry_core.services.git_addresses import read_address
from sregistry_core.services.git_connections import Wanted

TOKEN = "status0token"


def test_github_is_told_of_a_build_from_its_order_to_its_end(lab, forge, repository):
    commit = repository.push({"Singularity": "say one", "b.def": "fail no   such package"})

    def connect(services, collection):
        wanted = Wanted(repository.url, forge=Forge.GITHUB, status_token=TOKEN)
        return services.git_connections.set(collection, wanted).connection.id

    parts = lab.registry.parts
    look = {"connection": lab.do(connect), "asked": parts.facilities.clock().isoformat()}
    look_at_repository(parts.unit(), parts.facilities, **look)
    for build in lab.all_builds():
        tell_forge(parts.unit(), parts.facilities, build=build.id)
    assert [told.body["state"] for told in forge.told] == ["pending", "pending"]
    lab.registry.run_jobs()

    assert {told.path for told in forge.told} == {f"/api/v3/repos/ada/recipes/statuses/{commit}"}
    assert {told.headers["Authorization"] for told in forge.told} == {f"Bearer {TOKEN}"}
    one = [told.body for told in forge.told if "recipes" in told.body["context"]]
    assert (one[0]["state"], one[-1]["state"]) == ("pending", "success")
    build = next(found for found in lab.all_builds() if found.container == "recipes")
    public_url = lab.registry.parts.settings.public_url
    assert one[-1] == {
        "state": "success",
        "target_url": f"{public_url}/-/builds/{build.id}",
        "description": "ada/lab/recipes:latest was built",
        "context": "sregistry/recipes:latest",
    }
    other = [told.body for told in forge.told if told.body["context"] == "sregistry/b:latest"]
    assert other[-1]["state"] == "failure"
    assert other[-1]["description"] == "ada/lab/b:latest was not built: no such package"
    assert lab.connection.last_error is None


@pytest.mark.parametrize(
    ("kind", "path", "header", "last"),
    [
        (
            Forge.GITLAB,
            "/api/v4/projects/ada%2Frecipes/statuses/{commit}",
            ("PRIVATE-TOKEN", TOKEN),
            ("success", "name"),
        ),
        (
            Forge.GITEA,
            "/api/v1/repos/ada/recipes/statuses/{commit}",
            ("Authorization", f"token {TOKEN}"),
            ("success", "context"),
        ),
        (
            Forge.BITBUCKET,
            "/rest/api/latest/projects/ada/repos/recipes/commits/{commit}/builds",
            ("Authorization", f"Bearer {TOKEN}"),
            ("SUCCESSFUL", "name"),
        ),
    ],
)
def test_other_forges_are_told_in_their_own_words(lab, forge, repository, kind, path, header, last):
    commit = repository.push({"Singularity": "say one"})

    lab.connect(repository, forge=kind, status_token=TOKEN)

    told = forge.told[-1]
    assert told.path == path.format(commit=commit)
    assert told.headers[header[0]] == header[1]
    assert (told.body["state"], told.body[last[1]]) == (last[0], "sregistry/recipes:latest")


def test_bitbucket_cloud_and_github_are_asked_where_their_interfaces_are():
    def status(url, forge):
        return CommitStatus(
            read_address(url), forge, TOKEN, "c" * 40, BuildState.CANCELLED, "x" * 60, "t", "l"
        )

    cloud = call_for(status("git@bitbucket.org:lab/recipes.git", Forge.BITBUCKET))
    assert cloud.url == (
        f"https://api.bitbucket.org/2.0/repositories/lab/recipes/commit/{'c' * 40}/statuses/build"
    )
    assert (cloud.body["state"], len(cloud.body["key"])) == ("STOPPED", 40)
    github = call_for(status("https://github.com/lab/recipes", Forge.GITHUB))
    assert github.url == f"https://api.github.com/repos/lab/recipes/statuses/{'c' * 40}"
    assert github.headers["X-GitHub-Api-Version"] == "2022-11-28"
    assert github.body["state"] == "error"


def test_a_forge_that_is_away_is_asked_again_and_one_that_refuses_is_not(lab, forge, repository):
    repository.push({"Singularity": "say one"})
    forge.statuses = [(503, b""), (201, b"{}")]
    lab.connect(repository, forge=Forge.GITEA, status_token=TOKEN)
    before = len(forge.told)

    lab.registry.clock.move(timedelta(minutes=10))
    lab.registry.run_jobs()

    assert len(forge.told) == before + 1
    assert forge.told[-1].body["state"] == "success"
    assert lab.connection.last_error is None

    forge.statuses = [(401, b'{"message": "bad credentials"}')]
    lab.look(everything=True)
    assert lab.connection.last_error == (
        "the commit status was not taken: 127.0.0.1 has answered 401"
    )
    told = len(forge.told)
    lab.registry.clock.move(timedelta(minutes=600))
    lab.registry.run_jobs()
    assert len(forge.told) == told


def test_gitlab_that_knows_a_state_already_is_content(lab, forge, repository):
    repository.push({"Singularity": "say one"})
    forge.statuses = [
        (400, b'{"message":{"state":["Cannot transition status via :run from :running"]}}')
    ]

    lab.connect(repository, forge=Forge.GITLAB, status_token=TOKEN)

    assert forge.told
    assert lab.connection.last_error is None


def test_nothing_is_told_without_a_token_or_to_git_alone(lab, forge, repository):
    repository.push({"Singularity": "say one"})
    lab.connect(repository, forge=Forge.GITHUB)
    lab.connect(repository, forge=Forge.PLAIN, status_token=TOKEN)
    lab.look(everything=True)

    assert len(lab.builds) == 2
    assert forge.told == []


def test_a_build_that_is_cancelled_while_it_waits_is_told(lab, forge, repository):
    repository.push({"Singularity": "say one"})
    lab.connect(repository, forge=Forge.GITHUB, status_token=TOKEN)

    def again(services, collection):
        (first,) = services.builds.of(collection)
        services.builds.cancel(services.builds.retry(first))

    lab.do(again)
    lab.registry.run_jobs()

    assert forge.told[-1].body["state"] == "error"
    assert forge.told[-1].body["description"] == "the build of ada/lab/recipes:latest was cancelled"
