"""People and programs who use a registry all the time, whatever happens to what is behind it."""

import base64
import hashlib
import http.client
import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sregistry_core.testing.oci import EMPTY, EMPTY_TYPE, descriptor, manifest_of

from .answers import Answer, Refused
from .bodies import MIB, Body
from .pushing import Client

PAUSE = 0.05  # seconds between two acts of one of them
COLLECTION = "ada/busy"


class Lost(Exception):
    """No answer came, or only a part of one."""


class NotYet(Exception):
    """An act goes on at the next turn."""


@dataclass(frozen=True)
class Heard:
    """One answer, as far as it matters whether it was a clear one; status 0 when none came."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


@dataclass
class Witness(Client):
    """A client that keeps what was wrong with its requests, and raises Lost without an answer."""

    refused: list[Heard] = field(default_factory=list)

    def ask(self, method: str, path: str, *about: Any, **more: Any) -> Answer:
        """Ask for something."""
        self.asked = path
        with self._losses(method):
            return super().ask(method, path, *about, **more)

    def pull(self, name: str) -> str:
        """Pull by library://."""
        with self._losses("GET"):
            return super().pull(name)

    def hear(self, method: str, path: str, answer: Answer) -> None:
        """Keep a refusal whole."""
        super().hear(method, path, answer)
        if answer.status >= 400:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            text = answer.body.decode(errors="replace")
            self.refused.append(Heard(method, path, answer.status, headers, text))

    @contextmanager
    def _losses(self, method: str) -> Iterator[None]:
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            self.refused.append(Heard(method, self.asked, 0, text=repr(error)))
            raise Lost from error

    def must(self, method: str, path: str, *about: Any, **more: Any) -> Answer:
        """Ask; Raises Refused for what is no success."""
        answer = self.ask(method, path, *about, **more)
        if answer.status >= 400:
            raise Refused(answer.status, answer.message)
        return answer


class Regulars:
    """Those of one registry, each on a thread; `acts` may get further ones before they begin.

    acknowledged   the digest of everything that was pushed, by its name with tag
    artifacts      manifest and layer of everything that was pushed by OCI, by its tag
    orders         the builds that were taken
    """

    def __init__(self, make: Callable[[], Witness], *, password: str, builds: bool = True):
        """make: gives somebody new of the same name."""
        self._make = make
        self.clients: list[Witness] = []
        self.acknowledged: dict[str, str] = {}
        self.artifacts: dict[str, tuple[bytes, bytes]] = {}
        self.orders: list[str] = []
        self.done: Counter[str] = Counter()
        self.broken: list[str] = []
        self._numbers = itertools.count(1)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self.acts: dict[str, Callable[[], None]] = {
            "push": self._pushing("send"),
            "push in parts": self._pushing("send_in_parts", 6 * MIB),
            "pull": self._pulling(),
            "another pull": self._pulling(),
            "oci": self._oci(),
            "log in": self.logging_in("ada", password),
        }
        if builds:
            self.acts["build"] = self._ordering()

    def __enter__(self) -> "Regulars":
        for name, act in self.acts.items():
            self._threads.append(threading.Thread(target=self._go, args=(name, act), name=name))
            self._threads[-1].start()
        return self

    def __exit__(self, *_about: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def go_on(self, times: int = 2, patience: float = 60) -> None:
        """Wait until each of them has succeeded a few times more."""
        wanted = {name: self.done[name] + times for name in self.acts}
        end = time.monotonic() + patience
        while late := [name for name in wanted if self.done[name] < wanted[name]]:
            assert not self.broken, self.broken
            assert time.monotonic() < end, f"do not go on: {late} {self.heard()[-3:]}"
            time.sleep(0.02)

    def heard(self) -> list[Heard]:
        """Every answer that was no success."""
        return [one for client in self.clients for one in client.refused]

    def somebody(self) -> Witness:
        """Somebody whose answers are kept."""
        self.clients.append(self._make())
        return self.clients[-1]

    def _go(self, name: str, act: Callable[[], None]) -> None:
        while not self._stopping.wait(PAUSE):
            try:
                act()
                self.done[name] += 1
            except (Refused, Lost, NotYet):
                continue
            except Exception as error:
                self.broken.append(f"{name}: {error!r}")
                return

    def _pushing(self, way: str, size: int = 60_000) -> Callable[[], None]:
        client = self.somebody()

        def push() -> None:
            number = next(self._numbers)
            body = Body(f"{way} {number}".encode(), size)
            name = f"{COLLECTION}/blast:{number}"
            self.acknowledged[name] = client.push(name, body, way=way)

        return push

    def _pulling(self) -> Callable[[], None]:
        client = self.somebody()

        def pull() -> None:
            if not self.acknowledged:
                return
            name, digest = random.choice(list(self.acknowledged.items()))
            try:
                found = client.pull(name)
            except Refused as refused:
                assert refused.status != 404, f"{name} was acknowledged and is not found"
                raise
            assert found == digest, f"{name} came with other bytes"

        return pull

    def _oci(self) -> Callable[[], None]:
        client, place = self.somebody(), f"/v2/{COLLECTION}/tool"

        def push_and_pull() -> None:
            tag = f"t{next(self._numbers)}"
            layer = f"layer {tag}".encode() * 2000
            manifest = manifest_of(descriptor(EMPTY, EMPTY_TYPE), [descriptor(layer)])
            for blob in (EMPTY, layer):
                digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
                client.must("POST", f"{place}/blobs/uploads/?digest={digest}", blob)
            kind = {"Content-Type": json.loads(manifest)["mediaType"]}
            client.must("PUT", f"{place}/manifests/{tag}", manifest, headers=kind)
            self.artifacts[tag] = (manifest, layer)
            self.require_artifact(client, tag)

        return push_and_pull

    def require_artifact(self, client: Witness, tag: str) -> None:
        """Pull an artifact, and compare every byte."""
        manifest, layer = self.artifacts[tag]
        place = f"/v2/{COLLECTION}/tool"
        assert client.must("GET", f"{place}/manifests/{tag}").body == manifest
        answer = client.must("GET", f"{place}/blobs/sha256:{hashlib.sha256(layer).hexdigest()}")
        if answer.status in (303, 307):
            answer = client.must("GET", answer.headers["Location"])
        assert answer.body == layer

    def logging_in(self, name: str, password: str) -> Callable[[], None]:
        """Log in with a password as OCI clients do, and use the token."""
        client = self.somebody()
        client.token = None
        shown = base64.b64encode(f"{name}:{password}".encode()).decode()

        def log_in() -> None:
            path = "/v2/token?offline_token=true"
            got = client.must("GET", path, headers={"Authorization": f"Basic {shown}"})
            token = json.loads(got.body)["refresh_token"]
            client.must("GET", "/api/v1/user", headers={"Authorization": f"Bearer {token}"})

        return log_in

    def _ordering(self) -> Callable[[], None]:
        client = self.somebody()

        under_way: list[str] = []

        def order_and_follow() -> None:
            if not under_way:
                number = next(self._numbers)
                wanted = {
                    "name": f"{COLLECTION}/built:{number}",
                    "definition": f"say one\nlabel number={number}\nwait 0.3\nsay two",
                }
                ordered = client.must("POST", "/api/v1/builds", wanted)
                under_way.append(json.loads(ordered.body)["id"])
                self.orders.extend(under_way)
            answer = client.must("GET", f"/api/v1/builds/{under_way[0]}")
            if json.loads(answer.body)["state"] in ("queued", "running"):
                raise NotYet
            under_way.clear()

        return order_and_follow
