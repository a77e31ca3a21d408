"""Webhooks, signed as each forge documents it; whether there is news is asked of the repository."""

import hashlib
import hmac
import json

import pytest
from sqlalchemy import select

from sregistry_core.models import GitConnection, Outbox
from sregistry_core.services.git_connections import JOB
from sregistry_core.services.git_secrets import GitSecrets

LAB = "/api/v1/collections/ada/lab/repository"
SECRET = "It's a Secret to Everybody"
PUSH = {"ref": "refs/heads/main", "after": "0" * 40}
BODY = json.dumps(PUSH).encode()


@pytest.fixture
def registry(make_registry):
    return make_registry(protocols="discovery transfer library api webhooks")


class Hook:
    """The webhook of Ada's collection, as a forge has it."""

    def __init__(self, registry, ada, forge):
        self.registry, self.app = registry, registry.app
        ada.post("/api/v1/collections", {"entity": "ada", "collection": "lab"}, status=201)
        asked = {"url": "https://git.example.org/lab/recipes", "forge": forge}
        made = ada.put(LAB, asked, status=200).json
        self.path = "/-/hooks/" + made["hook_url"].rpartition("/")[2]
        self.secret = made["hook_secret"]
        self.forget_looks()

    def digits(self, body=BODY, kind=hashlib.sha256):
        return hmac.new(self.secret.encode(), body, kind).hexdigest()

    def send(self, headers, body=BODY, status=202, path=None):
        said = {"Content-Type": "application/json", **headers}
        return self.app.post(path or self.path, body, headers=said, status=status)

    def looks(self):
        with self.registry.parts.unit()() as services:
            return len(services.db.scalars(select(Outbox).where(Outbox.job == JOB)).all())

    def forget_looks(self):
        with self.registry.parts.unit()() as services:
            for row in services.db.scalars(select(Outbox).where(Outbox.job == JOB)):
                services.db.delete(row)

    def heard_at(self):
        with self.registry.parts.unit()() as services:
            return services.db.scalars(select(GitConnection)).one().heard_at


@pytest.fixture
def hook(registry, ada):
    return lambda forge: Hook(registry, ada, forge)


def test_a_push_of_github_is_heard_and_a_ping_is_answered(hook):
    github = hook("github")
    signed = {"X-Hub-Signature-256": f"sha256={github.digits()}", "X-GitHub-Delivery": "72d3162e"}

    said = github.send({**signed, "X-GitHub-Event": "push"})
    assert said.json == {"message": "the repository will be looked at"}
    assert github.looks() == 1
    assert github.heard_at() is not None

    pong = github.send({**signed, "X-GitHub-Event": "ping"}, status=200)
    other = github.send({**signed, "X-GitHub-Event": "star"}, status=200)
    assert (pong.json["message"], other.json["message"]) == ("pong", "nothing is built of this")
    assert github.looks() == 1

    form = b"payload=" + BODY
    github.send(
        {
            "X-Hub-Signature-256": f"sha256={github.digits(form)}",
            "X-GitHub-Event": "push",
            "Content-Type": "application/x-www-form-urlencoded",
        },
        form,
    )
    assert github.looks() == 2


def test_a_push_of_gitlab_is_heard(hook):
    gitlab = hook("gitlab")
    for event in ("Push Hook", "Tag Push Hook"):
        gitlab.send({"X-Gitlab-Event": event, "X-Gitlab-Token": gitlab.secret})
    assert gitlab.looks() == 2

    gitlab.send({"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": gitlab.digits()}, status=403)
    gitlab.send(
        {"X-Gitlab-Event": "Push Hook", "X-Hub-Signature-256": f"sha256={gitlab.digits()}"},
        status=403,
    )


def test_a_push_of_gitea_or_forgejo_is_heard(hook):
    gitea = hook("gitea")
    gitea.send({"X-Gitea-Event": "push", "X-Gitea-Signature": gitea.digits()})
    gitea.send({"X-Forgejo-Event": "create", "X-Forgejo-Signature": gitea.digits()})
    assert gitea.looks() == 2

    gitea.send({"X-Gitea-Event": "push", "X-Gitea-Signature": "0" * 64}, status=403)


def test_a_push_of_bitbucket_is_heard(hook):
    bitbucket = hook("bitbucket")
    signed = {"X-Hub-Signature": f"sha256={bitbucket.digits()}"}
    bitbucket.send({**signed, "X-Event-Key": "repo:push"})
    bitbucket.send({**signed, "X-Event-Key": "repo:refs_changed"})
    assert bitbucket.looks() == 2
    assert bitbucket.send({**signed, "X-Event-Key": "diagnostics:ping"}, status=200).json == {
        "message": "pong"
    }


def test_whatever_is_wrong_is_answered_alike_and_leaves_no_trace(hook, ada):
    github = hook("github")
    right = {"X-GitHub-Event": "push", "X-Hub-Signature-256": f"sha256={github.digits()}"}
    old = github.digits(kind=hashlib.sha1)
    answers = [
        github.send({}, status=403),
        github.send({"X-Hub-Signature-256": "sha256=" + "0" * 64}, status=403),
        github.send({"X-Hub-Signature-256": github.digits()}, status=403),
        github.send({"X-Hub-Signature": f"sha1={old}"}, status=403),
        github.send({"X-Hub-Signature-256": f"sha1={old}"}, status=403),
        github.send({"X-Hub-Signature-256": "sha256=\u00e4"}, status=403),
        github.send({"X-Gitlab-Token": github.secret}, status=403),
        github.send(right, BODY + b" ", status=403),
        github.send(right, path="/-/hooks/" + "0" * 32, status=403),
        github.send({**ada.headers, "X-GitHub-Event": "ping"}, status=403),
    ]

    assert {one.body for one in answers} == {
        b'{"message":"this webhook does not exist, or its signature does not hold"}'
    }
    assert (github.looks(), github.heard_at()) == (0, None)

    renewed = ada.post(f"{LAB}/secret", status=200).json["hook_secret"]
    assert renewed != github.secret
    github.send(right, status=403)
    github.secret = renewed
    github.send({**right, "X-Hub-Signature-256": f"sha256={github.digits()}"})
    ada.delete(LAB, status=204)
    github.send({**right, "X-Hub-Signature-256": f"sha256={github.digits()}"}, status=403)


def test_a_message_is_bounded(hook):
    github = hook("github")

    refused = github.send({}, b"x" * ((1 << 20) + 1), status=413)

    assert "1048576 are taken" in refused.json["message"]


@pytest.mark.parametrize(
    ("forge", "headers", "body"),
    [
        # GitHub, "Validating webhook deliveries", "Testing the webhook payload validation".
        (
            "github",
            {
                "X-GitHub-Event": "push",
                "X-Hub-Signature-256": "sha256="
                "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            },
            b"Hello, World!",
        ),
        # Bitbucket Cloud, "Manage webhooks", "Testing the webhook payload validation".
        (
            "bitbucket",
            {
                "X-Event-Key": "repo:push",
                "X-Hub-Signature": "sha256="
                "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9",
            },
            b"Hello World!",
        ),
    ],
)
def test_the_examples_that_forges_document_are_taken(hook, monkeypatch, forge, headers, body):
    known = hook(forge)
    monkeypatch.setattr(GitSecrets, "hook", lambda *_: SECRET)

    known.send(headers, body)

    assert known.looks() == 1
