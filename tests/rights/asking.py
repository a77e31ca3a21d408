"""Sends the requests of the matrix, each in a fresh world, and keeps what was answered."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from pyramid.events import ContextFound
from sqlalchemy import event
from webtest import TestApp, TestResponse

from .callers import (
    ANONYMOUS,
    BROWSER,
    CALLERS,
    DISABLED,
    EXPIRED,
    OWNER,
    OWNER_PULLS,
    READER,
    STRANGER,
    VISITOR,
    WRITER,
    Caller,
    Way,
)
from .places import Place, filled, place_of, place_of_nobody
from .samples import About, Sample
from .worlds import ABSENT, COMING, INDEX, PRIVATE, PUSHED, WORLDS, Worlds

READING = ("GET", "HEAD")
RAW = {
    "coming": COMING,
    "index": INDEX,
    "new_blob": b"a new blob",
    "definition": b"%files\n  a /a\n",
}
SEE_HEAD = (ANONYMOUS, STRANGER, READER, OWNER)
SHOW_OTHERWISE = (
    ANONYMOUS,
    STRANGER,
    WRITER,
    OWNER,
    EXPIRED,
    DISABLED,
    OWNER_PULLS,
)
NAMELESS = (ANONYMOUS, STRANGER)
"""They also ask for names that nobody has."""
TO_SIGN_IN = "to sign in"
"""Where a page sends who must sign in first."""
OF_EACH_REQUEST = frozenset({"X-Request-ID", "Date"})


@dataclass(frozen=True, slots=True)
class Question:
    """One cell: who asks what, where, and how they show who they are.

    nameless   the names are those that nobody has
    """

    sample: Sample
    caller: Caller
    world: str
    way: Way
    nameless: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    headers      without those that differ from request to request
    body         with a placeholder for the name of the request
    has_changed  rows or bytes were written
    statements   of SQL
    head         the status of the same question by HEAD, where it was asked
    """

    status: int
    code: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    has_changed: bool
    statements: int
    route: str
    shows: bool | None = None
    head: int | None = None


class Asking:
    """Asks, and puts the world back in order where an answer has changed it."""

    def __init__(self, worlds: Worlds):
        self._worlds = worlds
        self._app = TestApp(worlds.registry.app.app, extra_environ={"REMOTE_ADDR": "127.0.0.1"})
        self._places: dict[tuple[Caller, bool, bool], Place] = {}
        self._statements = 0
        self._route = ""
        event.listen(worlds.registry.parts.database.reading, "before_cursor_execute", self._count)
        router = worlds.registry.app.app
        router.registry.registerHandler(self._note_route, [ContextFound])

    def all(self, questions: Iterator[Question]) -> dict[Any, Answer]:
        """Answer every question, those of one world after another."""
        found: dict[Question, Answer] = {}
        waiting = list(questions)
        for world in WORLDS:
            mine = [one for one in waiting if one.world == world]
            if mine:
                self._worlds.enter(world)
            for question in mine:
                found[question] = self.ask(question)
        return found

    def ask(self, question: Question) -> Answer:
        """Answer one question."""
        answer = self._ask(question, question.sample.method)
        if answer.has_changed:
            self._worlds.enter(question.world)
        sample = question.sample
        wants_head = (
            sample.method == "GET"
            and question.caller in SEE_HEAD
            and question.world != ABSENT
            and not question.nameless
        )
        if not wants_head:
            return answer
        head = self._ask(question, "HEAD")
        if head.has_changed:
            self._worlds.enter(question.world)
        return _with_head(answer, head.status)

    def place(self, question: Question) -> Place:
        """Give what a question is about, by the words of the samples."""
        key = question.caller, question.nameless, question.sample.at_home
        if key not in self._places:
            make = place_of_nobody if question.nameless else place_of
            caller, at_home = question.caller, question.sample.at_home
            self._places[key] = make(self._worlds, caller, at_home=at_home)
        return self._places[key]

    def asked(self, question: Question) -> str:
        """Give path and body of a question, as one text."""
        sample = question.sample
        body = [str(filled(one, self.place(question))) for one in (sample.json, sample.form)]
        return " ".join([filled(sample.path, self.place(question)), *body])

    def _ask(self, question: Question, method: str) -> Answer:
        sample, caller = question.sample, question.caller
        place = self.place(question)
        body, kind = self._body(sample, caller, place, question)
        headers = {
            **({"Content-Type": kind} if kind else {}),
            **filled(sample.headers, place),
            **self._shown(question, place),
        }
        if sample.route.startswith("ui.") and sample.form is None and method not in READING:
            headers["X-CSRF-Token"] = self._form_token(caller)
        if question.way is Way.COOKIE and "Cookie" not in headers:
            headers["Cookie"] = f"sregistry_visitor={VISITOR}"
        self._app.reset()
        self._statements, self._route = 0, ""
        response = self._app.request(
            filled(sample.path, place),
            method=method,
            headers=headers,
            body=body,
            expect_errors=True,
        )
        identifier = response.headers["X-Request-ID"].encode()
        content = response.body.replace(identifier, b"<request>")
        shows = filled(sample.shows, place).encode()
        return Answer(
            status=response.status_int,
            code=_code(sample, response),
            headers=tuple(
                (name, value)
                for name, value in sorted(response.headers.items())
                if name not in OF_EACH_REQUEST
            ),
            body=content,
            has_changed=self._worlds.has_changed(),
            statements=self._statements,
            route=self._route,
            shows=shows in content if shows else None,
        )

    def _shown(self, question: Question, place: Place) -> Mapping[str, str]:
        sample, credentials = question.sample, self._worlds.credentials
        if question.way is not Way.SIGNED:
            return credentials.headers(question.caller, question.way, question.world)
        if not sample.signs:
            return credentials.headers(question.caller, Way.BEARER, question.world)
        collection = (
            place["collection"] if sample.at_home else f"{place['entity']}/{place['collection']}"
        )
        signed = {
            "collection": collection,
            "name": place["container"],
            "tag": sample.signed_tag,
        }
        return credentials.signature(question.caller, sample.signs, signed)

    def body_of(self, question: Question) -> tuple[bytes, str]:
        """Give the body of a question, and its content type."""
        place = self.place(question)
        return self._body(question.sample, question.caller, place, question)

    def _body(
        self, sample: Sample, caller: Caller, place: Place, question: Question
    ) -> tuple[bytes, str]:
        if sample.json is not None:
            return json.dumps(filled(sample.json, place)).encode(), "application/json"
        if sample.form is not None:
            form = filled(sample.form, place)
            if sample.route.startswith("ui."):
                form = {**form, "csrf_token": self._form_token(caller)}
            return urlencode(form).encode(), "application/x-www-form-urlencoded"
        if sample.multipart is not None:
            fields = dict(filled(sample.multipart, place))
            header = self._shown(question, place).get("Authorization")
            return _multipart({**({"SREGISTRY_EVENT": header} if header else {}), **fields})
        return RAW.get(sample.sends, b""), ""

    def _form_token(self, caller: Caller) -> str:
        anchor = self._worlds.credentials.form_anchor(caller)
        return self._worlds.registry.parts.facilities.signer.derive("ui form", anchor, 43)

    def _count(self, *_about: object) -> None:
        self._statements += 1

    def _note_route(self, found: ContextFound) -> None:
        route = found.request.matched_route
        self._route = route.name if route is not None else ""


def questions_of(
    samples: Sequence[Sample], usual: Way, others: Sequence[Way]
) -> Iterator[Question]:
    """Give every cell of some lines.

    usual    how callers show who they are
    others   further ways, for some callers and in one world only
    """
    for sample in samples:
        way = sample.only_way or usual
        yield from _of_sample(sample, way)
        for other in () if sample.only_way else others:
            for caller in SHOW_OTHERWISE:
                yield Question(sample, caller, PRIVATE, other)
        if usual is not Way.COOKIE:
            yield Question(sample, BROWSER, PRIVATE, way)


def _of_sample(sample: Sample, way: Way) -> Iterator[Question]:
    worlds = WORLDS if sample.about is About.THING else (PRIVATE,)
    for world in worlds:
        for caller in CALLERS:
            yield Question(sample, caller, world, way)
    if sample.about is About.NOTHING:
        return
    for caller in CALLERS if sample.about is About.ACCOUNT else NAMELESS:
        where = PRIVATE if sample.about is About.ACCOUNT else ABSENT
        yield Question(sample, caller, where, way, nameless=True)


def _with_head(answer: Answer, status: int) -> Answer:
    return Answer(
        **{name: getattr(answer, name) for name in Answer.__slots__ if name != "head"}, head=status
    )


def _code(sample: Sample, response: TestResponse) -> str:
    """Give what tells why it was refused, where the protocol says more than a status."""
    protocol = sample.route.partition(".")[0]
    if protocol == "ui" and urlsplit(response.headers.get("Location", "")).path == "/auth/sign-in":
        return TO_SIGN_IN
    if protocol not in ("api", "oci") or not response.body.startswith(b'{"error'):
        return ""
    body = json.loads(response.body)
    return body["error"]["code"] if protocol == "api" else body["errors"][0]["code"]


def _multipart(fields: Mapping[str, str]) -> tuple[bytes, str]:
    boundary = uuid.uuid4().hex
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
        for name, value in fields.items()
    ]
    parts.append(
        b'Content-Disposition: form-data; name="file1"; filename="blast.sif"\r\n'
        b"Content-Type: text/plain\r\n\r\n" + PUSHED
    )
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
