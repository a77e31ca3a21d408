"""Looking into images that lie, are cut short, or hold more than anybody reads."""

import dataclasses
import io
import json
import time
from collections.abc import Callable

import pytest

from sregistry_core.errors import NotAnImage
from sregistry_core.formats.image import inspect
from sregistry_core.formats.inspection import Inspection
from sregistry_core.testing.sif_files import (
    GENERIC,
    GENERIC_JSON,
    LABELS,
    SifObject,
    make_sif,
    write_sif,
)

MIB = 1024 * 1024

Look = Callable[[bytes], Inspection]


def test_a_json_bomb_is_noted(look: Look) -> None:
    bomb = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    content = make_sif(
        inspect_metadata=False,
        definition=None,
        extra_objects=[SifObject(GENERIC_JSON, bomb, name="inspect-metadata.json")],
    )

    found = look(content)

    assert "inspect-metadata.json was left out: json that is nested deeper than 64" in found.notes


@pytest.mark.parametrize(
    "text", [b"", b"{", b"nonsense", b"NaN", b'{"a":NaN}', b"1" * 5000, b"\xff"]
)
def test_labels_that_are_no_json_are_noted(look: Look, text: bytes) -> None:
    found = look(make_sif(inspect_metadata=False, extra_objects=[SifObject(LABELS, text)]))

    assert found.labels == {}
    assert "labels was left out: no json" in found.notes


@pytest.mark.parametrize("text", [b"[]", b"1", b'"a"', b"true"])
def test_labels_that_are_no_mapping_are_noted(look: Look, text: bytes) -> None:
    found = look(make_sif(inspect_metadata=False, extra_objects=[SifObject(LABELS, text)]))

    assert found.labels == {}
    assert "labels was left out: it is no mapping" in found.notes


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"data": 1},
        {"data": {"attributes": []}},
        {"data": {"attributes": {"labels": 1, "apps": 2, "environment": [], "runscript": {}}}},
        {"data": {"attributes": {"apps": {"a": 1, "b": {"labels": "c"}}}}},
    ],
)
def test_inspect_metadata_of_another_shape_does_no_harm(look: Look, document: object) -> None:
    text = json.dumps(document).encode()
    one = SifObject(GENERIC_JSON, text, name="inspect-metadata.json")

    found = look(make_sif(inspect_metadata=False, extra_objects=[one]))

    assert found.notes != ()
    assert found.labels == {}


def test_nul_and_what_is_no_utf_8_are_replaced(look: Look) -> None:
    content = make_sif(
        inspect_metadata=False,
        definition=None,
        extra_objects=[
            SifObject(0x4001, b"from: caf\xe9\0"),
            SifObject(LABELS, b'{"a\\u0000": "\\ud800", "b": "\xff"}'),
        ],
    )

    found = look(content)

    assert found.definition == "from: caf\ufffd\ufffd"
    assert found.labels == {"a\ufffd": "\ufffd", "b": "\ufffd"}


def test_a_text_above_one_mebibyte_is_left_out(look: Look) -> None:
    found = look(make_sif(definition="x" * (MIB + 1), inspect_metadata=False))

    assert found.definition is None
    assert "object 1 (definition) was left out: 1048577 bytes are too many" in found.notes


def test_all_texts_together_are_bounded(look: Look) -> None:
    apps = {f"app{number}": {"runscript": "x" * 1000} for number in range(1000)}

    found = look(make_sif(attributes={"apps": apps}, extra_objects=[]))

    assert len(json.dumps(dataclasses.asdict(found), default=str)) < 5 * MIB


def test_more_labels_than_anybody_needs_are_left_out(look: Look) -> None:
    found = look(make_sif(labels={str(number): "x" for number in range(1500)}))

    assert len(found.labels) == 1000
    assert "of labels only the first 1000 were kept" in found.notes


def test_a_label_with_an_endless_name_is_left_out(look: Look) -> None:
    assert look(make_sif(labels={"k" * 2000: "x", "a": "b"})).labels == {"a": "b"}


def test_more_objects_than_anybody_reads_are_not_listed(look: Look) -> None:
    found = look(write_sif([SifObject(GENERIC, b"x")] * 1200, slots=1200))

    assert len(found.objects) == 1000
    assert "of 1200 objects only the first 1000 are listed" in found.notes


def test_notes_are_bounded(look: Look) -> None:
    apps = {f"app{number}": {"labels": 1, "runscript": 2} for number in range(900)}

    assert len(look(make_sif(attributes={"apps": apps})).notes) == 50


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"\x1f\x8b",
        b"hsqs",
        b"\0" * 4096,
        b"#!/bin/sh\necho hello\n",
        b"#!/usr/bin/env run-singularity\n",
        b"#!/usr/bin/env run-singularity",
        b"#!/usr/bin/env run-singularity\nhsqs",
        b"PK\3\4" + b"\0" * 3000,
        b"\0" * 1080 + b"\x53\xef",
        b"\0" * 1080 + b"\x53\xef" + b"\0" * 4096,
        b"\0" * 32 + b"SIF_MAGIC\0",
        bytes(range(256)) * 100,
    ],
)
def test_what_is_no_image_is_refused(look: Look, content: bytes) -> None:
    with pytest.raises(NotAnImage) as refusal:
        look(content)

    assert str(refusal.value)
    assert not str(refusal.value).endswith(".")


def test_a_file_shorter_than_announced_is_refused() -> None:
    content = make_sif()

    with pytest.raises(NotAnImage, match="too early"):
        inspect(io.BytesIO(content[:4200]), len(content))


def test_a_table_of_65536_used_descriptors_is_read_in_time(look: Look) -> None:
    content = write_sif([SifObject(GENERIC, b"x")] * 65536)
    started = time.monotonic()

    found = look(content)

    assert len(found.objects) == 1000
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "text",
    [b'"' * 2**20, b'\\"' * 2**19, b'"' + b"\\" * (2**20 - 1), b"[]," * 2**18, b"[" * 2**20],
    ids=["quotes", "escaped quotes", "backslashes", "lists", "open lists"],
)
def test_hostile_json_takes_no_long_time(look: Look, text: bytes) -> None:
    content = make_sif(inspect_metadata=False, extra_objects=[SifObject(LABELS, text)])
    started = time.monotonic()

    found = look(content)

    assert found.labels == {}
    assert time.monotonic() - started < 5


def test_inspect_metadata_that_is_too_large_is_left_out(look: Look) -> None:
    one = SifObject(GENERIC_JSON, b"{}" * 2**20, name="inspect-metadata.json")

    found = look(make_sif(inspect_metadata=False, extra_objects=[one]))

    assert (
        "object 3 (inspect-metadata.json) was left out: 2097152 bytes are too many" in found.notes
    )


def test_more_signatures_than_anybody_makes_are_not_listed(look: Look) -> None:
    found = look(make_sif(signed_by=[None] * 1100))

    assert len(found.signatures) == 1000
    assert "of the signatures only the first 1000 were kept" in found.notes
