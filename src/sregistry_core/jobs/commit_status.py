"""Tells a forge what became of a build, in the forge's own words.

Sources: GitHub REST API 2022-11-28 "Create a commit status"; GitLab API v4 "Set commit pipeline
status"; Gitea API 1.x `repoCreateStatus`; Bitbucket Cloud 2.0 "Create a build status for a commit";
Bitbucket Data Center REST, "builds" of a commit.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from sregistry_core.contracts import ask_site
from sregistry_core.errors import Unavailable
from sregistry_core.models import BuildState, Forge
from sregistry_core.services import Facilities
from sregistry_core.services.commit_statuses import CommitStatus

from .unit import Unit

_SECONDS = 20
_LONGEST_TEXT = 140
"""GitHub takes no more."""
_MOST_ROUNDS = 5
_GITLAB_KNOWS = b"Cannot transition status"
"""What GitLab says to a state that it was told before."""

_DONE = {
    BuildState.QUEUED: "pending",
    BuildState.RUNNING: "pending",
    BuildState.SUCCEEDED: "success",
    BuildState.FAILED: "failure",
    BuildState.CANCELLED: "error",
    BuildState.LOST: "error",
}
_GITLAB = {
    BuildState.QUEUED: "pending",
    BuildState.RUNNING: "running",
    BuildState.SUCCEEDED: "success",
    BuildState.FAILED: "failed",
    BuildState.CANCELLED: "canceled",
    BuildState.LOST: "failed",
}
_BITBUCKET = {
    BuildState.QUEUED: "INPROGRESS",
    BuildState.RUNNING: "INPROGRESS",
    BuildState.SUCCEEDED: "SUCCESSFUL",
    BuildState.FAILED: "FAILED",
    BuildState.CANCELLED: "STOPPED",
    BuildState.LOST: "FAILED",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a forge."""

    url: str
    headers: Mapping[str, str]
    body: Mapping[str, str]


def tell_forge(unit: Unit, facilities: Facilities, *, build: str) -> None:
    """Say what a build is now. Raises Unavailable when the forge does not answer.

    Of two workers at once the slower one may have said what is over: who has spoken looks again.
    """
    said: BuildState | None = None
    for _ in range(_MOST_ROUNDS):
        with unit() as services:
            status = services.commit_statuses.of(build)
        if status is None or status.state is said:
            return
        refusal = _say(status, facilities)
        if refusal is not None:
            with unit() as services:
                services.commit_statuses.refused(build, refusal)
            return
        said = status.state


def _say(status: CommitStatus, facilities: Facilities) -> str | None:
    """Ask the forge once; why it has refused, if it has."""
    call = call_for(status)
    answer = ask_site(
        "POST",
        call.url,
        seconds=_SECONDS,
        headers={"Content-Type": "application/json", **call.headers},
        body=json.dumps(call.body).encode(),
        allow_private=facilities.settings.git_allow_private,
        ca_file=facilities.settings.git_ca_file,
    )
    if 200 <= answer.status < 300:
        return None
    if status.forge is Forge.GITLAB and answer.status == 400 and _GITLAB_KNOWS in answer.body:
        return None
    place = f"{status.address.host} has answered {answer.status}"
    if answer.status == 429 or answer.status >= 500:
        raise Unavailable(place)
    return place


def call_for(status: CommitStatus) -> Call:
    """Give the request that a forge documents for this."""
    site, path, token = status.address.site, status.address.path, status.token
    text = status.text if len(status.text) <= _LONGEST_TEXT else f"{status.text[:139]}…"
    match status.forge:
        case Forge.GITLAB:
            return Call(
                f"{site}/api/v4/projects/{quote(path, safe='')}/statuses/{status.commit}",
                {"PRIVATE-TOKEN": token},
                {
                    "state": _GITLAB[status.state],
                    "name": status.context,
                    "target_url": status.link,
                    "description": text,
                },
            )
        case Forge.BITBUCKET:
            return _of_bitbucket(status, text)
        case _:
            root, headers = f"{site}/api/v1", {"Authorization": f"token {token}"}
            if status.forge is Forge.GITHUB:
                is_public = status.address.host == "github.com"
                root = "https://api.github.com" if is_public else f"{site}/api/v3"
                headers = {
                    "Authorization": f"Bearer {token}",
                    "Accept": "application/vnd.github+json",
                    "X-GitHub-Api-Version": "2022-11-28",
                }
            return Call(
                f"{root}/repos/{quote(path)}/statuses/{status.commit}",
                headers,
                {
                    "state": _DONE[status.state],
                    "target_url": status.link,
                    "description": text,
                    "context": status.context,
                },
            )


def _of_bitbucket(status: CommitStatus, text: str) -> Call:
    path = status.address.path
    body = {
        "key": status.context[-40:],
        "name": status.context,
        "state": _BITBUCKET[status.state],
        "url": status.link,
        "description": text,
    }
    headers = {"Authorization": f"Bearer {status.token}"}
    if status.address.host == "bitbucket.org":
        root = "https://api.bitbucket.org/2.0/repositories"
        return Call(f"{root}/{quote(path)}/commit/{status.commit}/statuses/build", headers, body)
    # The Data Center: cloned at /scm/PROJECT/REPOSITORY, or by SSH at /PROJECT/REPOSITORY.
    project, _, name = path.removeprefix("scm/").partition("/")
    if body["state"] == "STOPPED":
        body["state"] = "CANCELLED"
    url = (
        f"{status.address.site}/rest/api/latest/projects/{quote(project)}/repos/{quote(name)}"
        f"/commits/{status.commit}/builds"
    )
    return Call(url, headers, body)
