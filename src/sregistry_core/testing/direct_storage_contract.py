"""What every storage does that clients write to: subclass it next to `StorageContract`.

    class TestMyStore(DirectStorageContract):
        @pytest.fixture
        def storage(self):
            return MyStore(...)

Each test that sends something does so over the network, as a client would. What a store cannot
compare it declares, as `cannot_compare_sizes_because` or `cannot_compare_digests_because`.
"""

import hashlib
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest

from sregistry_core.contracts import DirectStorage, ObjectMissing, Part, Redirect
from sregistry_core.errors import Malformed, NotFound

from .storage_contract import StorageContract

_CONTENT = bytes(range(256)) * 400
_LIFETIME = timedelta(minutes=5)
_A_SECOND = timedelta(seconds=1)

Stage = Callable[..., Path]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a store has answered; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def etag(self) -> str:
        """Without its quotes."""
        return self.headers.get("etag", "").strip('"')


def ask(
    method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """Ask a store, as a client without any login does; a refusal is an answer like any other."""
    shown = {"Content-Type": "application/octet-stream"} if body is not None else {}
    request = urllib.request.Request(  # noqa: S310 - the address comes from the storage
        url, data=body, method=method, headers={**shown, **(headers or {})}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return _answer(answer.status, answer.headers.items(), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error.headers.items(), error.read())


class DirectStorageContract(StorageContract):
    """The promises of `StorageContract`, and those to clients that come by themselves."""

    cannot_compare_sizes_because = ""
    """A reason, for a store that takes more or fewer bytes than an address says."""
    cannot_compare_digests_because = ""
    """A reason, for a store that takes other bytes than those whose digest an address says."""

    @pytest.fixture
    def storage(self) -> DirectStorage:
        """The storage, empty."""
        raise NotImplementedError("give the contract a fixture called storage")

    def test_an_address_takes_an_object(self, storage: DirectStorage) -> None:
        answer = self._put(storage, "incoming/1")

        assert answer.status == 200
        assert storage.stat("incoming/1").size == len(_CONTENT)
        assert _read(storage, "incoming/1") == _CONTENT

    def test_an_address_takes_its_object_again(self, storage: DirectStorage) -> None:
        other = _CONTENT[::-1]
        url = storage.put_url("incoming/1", size=len(other), sha256=None, lifetime=_LIFETIME)

        assert [ask("PUT", url, content).status for content in (_CONTENT, other)] == [200, 200]
        assert _read(storage, "incoming/1") == other

    def test_an_address_takes_as_many_bytes_as_it_says(self, storage: DirectStorage) -> None:
        if self.cannot_compare_sizes_because:
            pytest.skip(self.cannot_compare_sizes_because)
        url = storage.put_url("incoming/1", size=len(_CONTENT), sha256=None, lifetime=_LIFETIME)

        for wrong in (_CONTENT + b"x", _CONTENT[1:], b""):
            assert ask("PUT", url, wrong).status in range(400, 500)

        assert _is_missing(storage, "incoming/1")

    def test_an_address_takes_the_bytes_whose_digest_it_says(self, storage: DirectStorage) -> None:
        if self.cannot_compare_digests_because:
            pytest.skip(self.cannot_compare_digests_because)
        digest = hashlib.sha256(_CONTENT).hexdigest()
        other = _CONTENT[::-1]
        url = storage.put_url("incoming/1", size=len(_CONTENT), sha256=digest, lifetime=_LIFETIME)

        for headers in (_shown(digest), _shown(hashlib.sha256(other).hexdigest()), {}):
            assert ask("PUT", url, other, headers).status in range(400, 500)
        assert _is_missing(storage, "incoming/1")

        assert ask("PUT", url, _CONTENT, _shown(digest)).status == 200
        assert _read(storage, "incoming/1") == _CONTENT

    def test_an_address_leads_to_its_own_key_only(self, storage: DirectStorage) -> None:
        url = storage.put_url("incoming/1", size=len(_CONTENT), sha256=None, lifetime=_LIFETIME)
        elsewhere = url.replace("incoming/1", "incoming/2")

        assert elsewhere != url
        assert ask("PUT", elsewhere, _CONTENT).status == 403
        assert _is_missing(storage, "incoming/2")

    def test_an_address_that_was_written_into_is_refused(self, storage: DirectStorage) -> None:
        url = storage.put_url("incoming/1", size=len(_CONTENT), sha256=None, lifetime=_LIFETIME)

        altered = _altered(url)

        assert altered
        assert {ask("PUT", one, _CONTENT).status for one in altered} <= {400, 401, 403}
        assert _is_missing(storage, "incoming/1")

    def test_an_address_expires(self, storage: DirectStorage) -> None:
        url = storage.put_url("incoming/1", size=len(_CONTENT), sha256=None, lifetime=_A_SECOND)
        time.sleep(3)

        assert ask("PUT", url, _CONTENT).status == 403
        assert _is_missing(storage, "incoming/1")

    def test_an_address_to_bring_something_gives_nothing_away(
        self, storage: DirectStorage, stage: Stage
    ) -> None:
        storage.adopt("incoming/1", stage(_CONTENT))
        url = storage.put_url("incoming/1", size=len(_CONTENT), sha256=None, lifetime=_LIFETIME)

        for method in ("GET", "DELETE"):
            assert ask(method, url).status == 403
        assert _read(storage, "incoming/1") == _CONTENT

    def test_parts_are_joined_in_their_order(self, storage: DirectStorage) -> None:
        upload = storage.begin("sha256/ab/1")
        contents = {1: b"1" * storage.smallest_part, 2: b"2" * storage.smallest_part, 3: b"3"}

        sent = [self._part(storage, upload, number, contents[number]) for number in (3, 1, 2)]
        found = storage.finish("sha256/ab/1", upload, sorted(sent, key=lambda part: part.number))

        assert found.size == 2 * storage.smallest_part + 1
        assert _read(storage, "sha256/ab/1") == b"".join(contents.values())

    def test_nobody_sees_parts_before_they_are_joined(self, storage: DirectStorage) -> None:
        upload = storage.begin("sha256/ab/1")
        self._part(storage, upload, 1, _CONTENT)

        assert _is_missing(storage, "sha256/ab/1")
        if storage.can_walk:
            assert list(storage.walk()) == []

    def test_a_part_may_be_sent_again(self, storage: DirectStorage) -> None:
        upload = storage.begin("sha256/ab/1")
        self._part(storage, upload, 1, _CONTENT)

        last = self._part(storage, upload, 1, b"the last one")
        storage.finish("sha256/ab/1", upload, [last])

        assert _read(storage, "sha256/ab/1") == b"the last one"

    def test_parts_whose_etag_the_client_does_not_know_are_found(
        self, storage: DirectStorage
    ) -> None:
        upload = storage.begin("sha256/ab/1")
        self._part(storage, upload, 1, _CONTENT)

        storage.finish("sha256/ab/1", upload, [Part(1)])

        assert _read(storage, "sha256/ab/1") == _CONTENT

    def test_parts_that_are_not_there_or_others_are_refused(self, storage: DirectStorage) -> None:
        upload = storage.begin("sha256/ab/1")
        sent = self._part(storage, upload, 1, _CONTENT)
        etag = hashlib.md5(b"another part", usedforsecurity=False).hexdigest()

        for wrong in ([Part(1, etag)], [sent, Part(2, etag)], [sent, Part(2)]):
            with pytest.raises(Malformed):
                storage.finish("sha256/ab/1", upload, wrong)
        assert _is_missing(storage, "sha256/ab/1")

        storage.finish("sha256/ab/1", upload, [sent])
        assert _read(storage, "sha256/ab/1") == _CONTENT

    def test_a_part_is_as_large_and_has_the_digest_as_its_address_says(
        self, storage: DirectStorage
    ) -> None:
        if self.cannot_compare_digests_because:
            pytest.skip(self.cannot_compare_digests_because)
        upload = storage.begin("sha256/ab/1")
        digest = hashlib.sha256(_CONTENT).hexdigest()
        size = len(_CONTENT)
        url = storage.part_url(
            "sha256/ab/1", upload, 1, size=size, sha256=digest, lifetime=_LIFETIME
        )

        for wrong in (_CONTENT[::-1], _CONTENT[1:]):
            assert ask("PUT", url, wrong, _shown(digest)).status in range(400, 500)
        answer = ask("PUT", url, _CONTENT, _shown(digest))

        assert (answer.status, bool(answer.etag)) == (200, True)

    def test_the_address_of_a_part_takes_no_other_part(self, storage: DirectStorage) -> None:
        upload = storage.begin("sha256/ab/1")
        url = self._part_url(storage, upload, 1, len(_CONTENT))

        for altered in _altered(url):
            assert ask("PUT", altered, _CONTENT).status in (400, 401, 403, 404)
        with pytest.raises(Malformed):
            storage.finish("sha256/ab/1", upload, [Part(1)])

    def test_joining_twice_finds_the_object(self, storage: DirectStorage) -> None:
        upload = storage.begin("sha256/ab/1")
        parts = [self._part(storage, upload, 1, _CONTENT)]

        first = storage.finish("sha256/ab/1", upload, parts)
        second = storage.finish("sha256/ab/1", upload, parts)

        assert first == second == storage.stat("sha256/ab/1")

    def test_after_the_joining_the_addresses_take_nothing(self, storage: DirectStorage) -> None:
        upload = storage.begin("sha256/ab/1")
        url = self._part_url(storage, upload, 1, len(_CONTENT))
        part = Part(1, ask("PUT", url, _CONTENT).etag)
        storage.finish("sha256/ab/1", upload, [part])

        assert ask("PUT", url, _CONTENT[::-1]).status in range(400, 500)
        assert _read(storage, "sha256/ab/1") == _CONTENT

    def test_what_is_abandoned_takes_no_room_and_no_parts(self, storage: DirectStorage) -> None:
        upload = storage.begin("sha256/ab/1")
        url = self._part_url(storage, upload, 1, len(_CONTENT))
        part = Part(1, ask("PUT", url, _CONTENT).etag)

        for _ in range(2):
            storage.abandon("sha256/ab/1", upload)

        assert ask("PUT", url, _CONTENT).status == 404
        with pytest.raises(NotFound):
            storage.finish("sha256/ab/1", upload, [part])
        assert list(storage.unfinished()) == []
        assert _is_missing(storage, "sha256/ab/1")

    def test_what_is_unfinished_can_be_found(self, storage: DirectStorage, stage: Stage) -> None:
        uploads = {f"sha256/ab/{number}": "" for number in range(3)}
        uploads = {key: storage.begin(key) for key in uploads}
        storage.adopt("sha256/ab/whole", stage(_CONTENT))

        found = list(storage.unfinished())

        assert {one.key: one.upload for one in found} == uploads
        now = datetime.now(UTC)
        assert all(abs(now - one.begun_at) < timedelta(minutes=5) for one in found)

    def test_two_uploads_of_one_key_do_not_mix(self, storage: DirectStorage) -> None:
        first, second = storage.begin("sha256/ab/1"), storage.begin("sha256/ab/1")
        kept = self._part(storage, first, 1, _CONTENT)
        self._part(storage, second, 1, _CONTENT[::-1])

        storage.abandon("sha256/ab/1", second)
        storage.finish("sha256/ab/1", first, [kept])

        assert _read(storage, "sha256/ab/1") == _CONTENT

    def test_a_copy_is_an_object_of_its_own(self, storage: DirectStorage) -> None:
        self._put(storage, "incoming/1")

        copied = storage.copy("incoming/1", "sha256/ab/1")
        storage.delete("incoming/1")

        assert copied == storage.stat("sha256/ab/1")
        assert (copied.key, copied.size) == ("sha256/ab/1", len(_CONTENT))
        assert _read(storage, "sha256/ab/1") == _CONTENT

    def test_what_is_not_there_cannot_be_copied(self, storage: DirectStorage) -> None:
        with pytest.raises(ObjectMissing):
            storage.copy("incoming/1", "sha256/ab/1")
        assert _is_missing(storage, "sha256/ab/1")

    def test_a_handoff_has_ranges_a_name_and_no_permission_beyond(
        self, storage: DirectStorage, stage: Stage
    ) -> None:
        storage.adopt("sha256/ab/1", stage(_CONTENT))
        storage.adopt("sha256/ab/2", stage(_CONTENT))
        handoff = storage.handoff("sha256/ab/1", filename="blast.sif", lifetime=_LIFETIME)
        assert isinstance(handoff, Redirect)

        whole = ask("GET", handoff.url)
        part = ask("GET", handoff.url, headers={"Range": "bytes=1000-1999"})
        behind = ask("GET", handoff.url, headers={"Range": f"bytes={len(_CONTENT)}-"})

        assert (whole.status, whole.body) == (200, _CONTENT)
        assert whole.headers["content-disposition"] == 'attachment; filename="blast.sif"'
        assert (part.status, part.body) == (206, _CONTENT[1000:2000])
        assert part.headers["content-range"] == f"bytes 1000-1999/{len(_CONTENT)}"
        assert behind.status == 416
        assert ask("GET", handoff.url.replace("ab/1", "ab/2")).status == 403
        assert {ask("GET", one).status for one in _altered(handoff.url)} <= {400, 401, 403}
        assert ask("PUT", handoff.url, b"other bytes").status == 403
        assert ask("DELETE", handoff.url).status == 403

    def test_a_handoff_expires(self, storage: DirectStorage, stage: Stage) -> None:
        storage.adopt("sha256/ab/1", stage(_CONTENT))
        handoff = storage.handoff("sha256/ab/1", filename="blast.sif", lifetime=_A_SECOND)
        assert isinstance(handoff, Redirect)
        time.sleep(3)

        assert ask("GET", handoff.url).status == 403

    def test_there_is_no_handoff_of_what_is_missing(self, storage: DirectStorage) -> None:
        with pytest.raises(ObjectMissing):
            storage.handoff("sha256/ab/1", filename="blast.sif", lifetime=_LIFETIME)

    @pytest.mark.parametrize("key", ["", "/etc/passwd", "../above", "a/../b", "Capital", "a b"])
    def test_an_address_of_a_key_outside_the_rule_is_refused(
        self, storage: DirectStorage, key: str
    ) -> None:
        with pytest.raises(ValueError):
            storage.put_url(key, size=1, sha256=None, lifetime=_LIFETIME)
        with pytest.raises(ValueError):
            storage.begin(key)
        with pytest.raises(ValueError):
            storage.part_url(key, "upload", 1, size=1, sha256=None, lifetime=_LIFETIME)
        with pytest.raises(ValueError):
            storage.finish(key, "upload", [Part(1)])
        with pytest.raises(ValueError):
            storage.copy(key, "sha256/ab/1")

    def _put(self, storage: DirectStorage, key: str) -> Answer:
        if not storage.largest_put:
            pytest.skip("this storage takes objects in parts only")
        url = storage.put_url(key, size=len(_CONTENT), sha256=None, lifetime=_LIFETIME)
        return ask("PUT", url, _CONTENT)

    def _part(self, storage: DirectStorage, upload: str, number: int, content: bytes) -> Part:
        answer = ask("PUT", self._part_url(storage, upload, number, len(content)), content)
        assert answer.status == 200, answer.body
        return Part(number, answer.etag)

    def _part_url(self, storage: DirectStorage, upload: str, number: int, size: int) -> str:
        return storage.part_url(
            "sha256/ab/1", upload, number, size=size, sha256=None, lifetime=_LIFETIME
        )


def _answer(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> Answer:
    return Answer(status, {name.lower(): text for name, text in headers}, body)


def _altered(url: str) -> list[str]:
    """Give the address with each of its parameters changed in turn."""
    parts = urlsplit(url)
    asked = parse_qsl(parts.query)
    altered = []
    for place, (name, text) in enumerate(asked):
        last = "1" if text[-1:] != "1" else "2"
        changed = [*asked[:place], (name, text[:-1] + last), *asked[place + 1 :]]
        altered.append(urlunsplit(parts._replace(query=urlencode(changed))))
    return altered


def _shown(digest: str) -> dict[str, str]:
    return {"X-Amz-Content-Sha256": digest}


def _read(storage: DirectStorage, key: str) -> bytes:
    with storage.open(key) as source:
        return source.read()


def _is_missing(storage: DirectStorage, key: str) -> bool:
    try:
        storage.stat(key)
    except ObjectMissing:
        return True
    return False
