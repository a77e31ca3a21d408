"""People who speak our own API; every request and answer is held against the document."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.templating.paths.exceptions import PathError
from webtest import TestApp, TestRequest, TestResponse
from werkzeug.datastructures import Headers, ImmutableMultiDict

from sregistry_core.contracts import Scope
from sregistry_core.protocols.api.document import read_document
from sregistry_core.testing.fixtures import MakeRegistry
from sregistry_core.testing.registry import PUBLIC_URL, Actor, Registry
from sregistry_core.testing.statements import statements_of

PROTOCOLS = "discovery transfer library shub api"
REFUSAL = {"code", "message", "request_id"}


@dataclass
class Person(Actor):
    """Somebody who speaks our own API."""

    def patch(self, path: str, body: Any, **options: Any) -> TestResponse:
        """PATCH."""
        return self._ask("PATCH", path, body=body, **options)

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Any method; refusals are answers."""
        return self._ask(method, path, body=body, expect_errors=True, **options)


@dataclass
class Asked:
    """A request as openapi-core wants it; clients of ours need not name the type of a body."""

    parameters: RequestParameters
    method: str
    path: str
    body: bytes | None
    host_url: str = PUBLIC_URL
    content_type: str = "application/json"


@dataclass
class Answered:
    """An answer as openapi-core wants it."""

    status_code: int
    content_type: str
    headers: Headers
    data: bytes


class CheckedApp(TestApp):
    """The registry, watched: what it takes and what it answers is what the document says."""

    def __init__(self, app: Any, document: OpenAPI):
        super().__init__(app, extra_environ={"REMOTE_ADDR": "127.0.0.1"})
        self.document = document

    def do_request(
        self, req: TestRequest, status: Any = None, expect_errors: bool | None = None
    ) -> TestResponse:
        """Send a request, and compare."""
        if not req.environ["PATH_INFO"].startswith("/api/v1/"):
            return super().do_request(req, status, expect_errors)
        asked = Asked(
            RequestParameters(
                query=ImmutableMultiDict(_query(req)), header=Headers(dict(req.headers))
            ),
            method="get" if req.method == "HEAD" else req.method.lower(),
            path=req.path,
            body=req.body or None,
        )
        response = super().do_request(req, status, expect_errors)
        self._compare(asked, response, has_body=req.method != "HEAD")
        return response

    def _compare(self, asked: Asked, response: TestResponse, *, has_body: bool) -> None:
        status = response.status_int
        assert status != 500, response.errors
        wrong = self._errors_in(asked)
        assert not wrong or 400 <= status < 500, f"taken against the document: {wrong}"
        assert "no-store" in response.headers.get("Cache-Control", "") or status in (200, 206, 304)
        if status >= 400 and has_body:
            assert set(response.json["error"]) == REFUSAL
        if any(isinstance(one, PathError) for one in wrong):
            assert status in (404, 405)
            return
        if has_body:
            headers = Headers(list(response.headers.items()))
            answered = Answered(status, response.content_type or "", headers, response.body)
            bad = list(self.document.iter_response_errors(asked, answered))
            assert not bad, f"answered against the document: {bad} {bad[0].__cause__}"

    def _errors_in(self, asked: Asked) -> list[Exception]:
        try:
            return list(self.document.iter_request_errors(asked))
        except RecursionError as error:
            return [error]


@pytest.fixture(scope="session")
def document() -> OpenAPI:
    """The document; in answers, members that it does not describe are refused."""
    config = Config(
        additional_properties_default_policy="forbid", response_properties_default_policy="required"
    )
    return OpenAPI.from_dict(read_document(PUBLIC_URL), config=config)


@pytest.fixture
def make_api(make_registry: MakeRegistry, document: OpenAPI) -> MakeRegistry:
    """Makes registries that speak our own API and are watched."""

    def make(**settings: str) -> Registry:
        made = make_registry(**{"protocols": PROTOCOLS, **settings})
        made.app = CheckedApp(made.app.app, document)
        return made

    return make


@pytest.fixture
def registry(make_api: MakeRegistry) -> Registry:
    """A registry that is watched."""
    return make_api()


@pytest.fixture
def speak() -> Callable[[Actor], Person]:
    """Lets an actor speak our own API."""
    return _person


@pytest.fixture
def meet(registry: Registry) -> Callable[..., Person]:
    """Makes a user without a password, which is faster, and lets them speak."""

    def make(name: str, *, is_admin: bool = False, scope: Scope = Scope.ADMIN) -> Person:
        with registry.parts.unit()() as services:
            user = services.accounts.create(name, is_admin=is_admin)
            secret = services.tokens.issue(user, scope=scope).secret
        return Person(registry.app, name, secret)

    return make


@pytest.fixture
def ada(meet: Callable[..., Person]) -> Person:
    """A user."""
    return meet("ada")


@pytest.fixture
def bob(meet: Callable[..., Person]) -> Person:
    """Another user."""
    return meet("bob")


@pytest.fixture
def admin(meet: Callable[..., Person]) -> Person:
    """An administrator."""
    return meet("root", is_admin=True)


@pytest.fixture
def stranger(registry: Registry) -> Person:
    """Somebody without a login."""
    return _person(registry.stranger)


@pytest.fixture
def refusal() -> Callable[[TestResponse], tuple[int, str, str]]:
    """Gives status, code and message of a refusal: all that two refusals may differ in."""

    def read(response: TestResponse) -> tuple[int, str, str]:
        error = response.json["error"]
        return response.status_int, error["code"], error["message"]

    return read


@pytest.fixture
def same() -> Callable[[TestResponse, TestResponse], None]:
    """Checks that two refusals are the same to the byte, but for what the log calls them."""

    def compare(one: TestResponse, other: TestResponse) -> None:
        assert _without_identifier(one) == _without_identifier(other)

    return compare


@pytest.fixture
def whole() -> Callable[[Actor, str], list[dict[str, Any]]]:
    """Gives a list by pages of two, and checks that it is the whole one, nothing twice."""

    def read(actor: Actor, path: str) -> list[dict[str, Any]]:
        everything = actor.get(path, status=200).json
        assert everything["next_after"] is None
        found, address = [], f"{path}?limit=2"
        while address is not None:
            answer = actor.get(address, status=200)
            page = answer.json
            assert len(page["items"]) <= 2
            found += page["items"]
            following = page["next_after"]
            address = following and f"{path}?limit=2&after={following}"
            assert ('rel="next"' in answer.headers.get("Link", "")) == (address is not None)
        assert found == everything["items"]
        for wrong in ("limit=0", "limit=1001", "limit=x", "after=%00"):
            actor.get(f"{path}?{wrong}", status=400)
        return found

    return read


@pytest.fixture
def count_queries(registry: Registry) -> Callable[[Callable[[], object]], int]:
    """Counts what the database is asked."""

    def count(act: Callable[[], object]) -> int:
        act()
        with statements_of(registry.parts.database) as sent:
            act()
        return len(sent)

    return count


def _without_identifier(response: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    identifier = response.json["error"]["request_id"]
    headers = sorted(
        (name, value.replace(identifier, "-")) for name, value in response.headers.items()
    )
    return response.status_int, headers, response.body.replace(identifier.encode(), b"-")


def _person(actor: Actor) -> Person:
    return Person(actor.app, actor.name, actor.token, actor.extra_headers)


def _query(req: TestRequest) -> list[tuple[str, str]]:
    try:
        return list(req.GET.items())
    except UnicodeDecodeError:
        return []
