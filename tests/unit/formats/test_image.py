"""Looking into whole images: SIF, squashfs, ext3 and gzip, and what is none of them."""

import dataclasses
import gzip
import io
import json
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from sregistry_core.errors import NotAnImage
from sregistry_core.formats.image import inspect
from sregistry_core.formats.inspection import (
    AppInspection,
    Inspection,
    ObjectFound,
    SbomFound,
    SignatureFound,
)
from sregistry_core.testing.sif_files import (
    EXT3,
    GENERIC,
    GENERIC_JSON,
    LABELS,
    OCI_ROOT_INDEX,
    PARTITION,
    PRIMARY,
    RAW,
    SQUASHFS,
    SifObject,
    make_oci_sif,
    make_sif,
    partition_extra,
    write_sif,
)

FINGERPRINT = "8B5A3C5F0E1D2C3B4A5968778695A4B3C2D1E0F9"
MIB = 1024 * 1024

Look = Callable[[bytes], Inspection]


def test_a_sif_tells_what_its_inspect_metadata_holds(look: Look) -> None:
    content = make_sif(
        arch="arm64",
        labels={"VERSION": "1"},
        definition="bootstrap: docker\nfrom: alpine",
        runscript="exec blast",
        attributes={
            "startscript": "serve",
            "test": "true",
            "helpfile": "ask ada",
            "environment": {"/.singularity.d/env/90-environment.sh": "export A=1"},
            "apps": {"blast": {"labels": {"APP": "1"}, "runscript": "b", "helpfile": "h"}},
        },
    )

    found = look(content)

    assert (found.kind, found.arch, found.encrypted, found.oci_sif) == (
        "sif",
        "arm64",
        False,
        False,
    )
    assert found.created == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert found.labels == {"VERSION": "1"}
    assert found.definition == "bootstrap: docker\nfrom: alpine"
    assert (found.runscript, found.startscript) == ("exec blast", "serve")
    assert (found.test, found.help) == ("true", "ask ada")
    assert found.environment == {"/.singularity.d/env/90-environment.sh": "export A=1"}
    assert found.apps == {"blast": AppInspection(labels={"APP": "1"}, runscript="b", help="h")}
    assert found.notes == ()


def test_an_inspection_becomes_json(look: Look) -> None:
    found = look(make_sif(signed_by=[FINGERPRINT], sbom=b"{}", labels={"A": "1"}))

    written = json.dumps(dataclasses.asdict(found), default=datetime.isoformat)

    assert json.loads(written)["created"] == "2023-11-14T22:13:20+00:00"
    assert json.loads(written)["objects"][0]["type"] == "definition"


def test_a_sif_lists_its_objects_signatures_and_sbom(look: Look) -> None:
    content = make_sif(signed_by=[FINGERPRINT], sbom=b'{"bom":1}', payload_size=4096)

    found = look(content)

    assert found.objects[2:] == (
        ObjectFound(3, "partition", "root.fs", 4096, "squashfs", "primary"),
        ObjectFound(4, "sbom", "sbom", 9),
        ObjectFound(5, "signature", "", found.objects[4].size),
    )
    assert found.signatures == (
        SignatureFound(
            object_id=5,
            fingerprint=FINGERPRINT,
            hash_algorithm="sha256",
            covers_group=1,
            covers_object=None,
            format="pgp",
        ),
    )
    assert isinstance(found.sbom, SbomFound)
    assert found.sbom.format == "cyclonedx-json"
    assert content[found.sbom.offset :][: found.sbom.size] == b'{"bom":1}'


@pytest.mark.parametrize("spelling", ["pgp", "dsse", "legacy"])
def test_the_format_of_a_signature_is_recognised(look: Look, spelling: str) -> None:
    found = look(make_sif(signed_by=[FINGERPRINT], signature_format=spelling))

    assert [one.format for one in found.signatures] == [spelling]


def test_a_signature_that_is_none_is_of_unknown_format(look: Look) -> None:
    found = look(make_sif(extra_objects=[SifObject(0x4005, b"\xff\0nothing")]))

    assert [(one.format, one.hash_algorithm) for one in found.signatures] == [
        ("unknown", "unknown")
    ]


def test_an_encrypted_sif_says_so_and_keeps_its_labels(look: Look) -> None:
    found = look(make_sif(encrypted=True, labels={"A": "1"}))

    assert found.encrypted
    assert found.labels == {"A": "1"}


def test_an_encrypted_partition_is_not_looked_into(look: Look) -> None:
    found = look(make_sif(encrypted=True, inspect_metadata=False))

    assert found.notes == ()
    assert found.runscript is None


def test_labels_of_a_sif_before_3_7_are_read_from_their_own_object(look: Look) -> None:
    found = look(make_sif(labels={"OLD": "1"}, inspect_metadata=False))

    assert found.labels == {"OLD": "1"}
    assert found.definition == "bootstrap: docker\nfrom: alpine\n"


def test_inspect_metadata_goes_before_labels(look: Look) -> None:
    content = make_sif(labels={"A": "1"}, extra_objects=[SifObject(LABELS, b'{"A": "2"}')])

    assert look(content).labels == {"A": "1"}


def test_a_payload_that_is_no_file_system_is_noted(look: Look) -> None:
    found = look(make_sif(inspect_metadata=False))

    assert found.notes == (
        "the file system was not read: this is no squashfs: its magic bytes are missing",
    )


def test_a_raw_partition_is_noted(look: Look) -> None:
    found = look(make_sif(inspect_metadata=False, file_system=RAW))

    assert found.notes == ("a partition of kind raw is not read",)


def test_an_oci_sif_takes_architecture_time_and_labels_from_its_configuration(look: Look) -> None:
    found = look(make_oci_sif(arch="ppc64le", labels={"org.opencontainers.image.title": "x"}))

    assert found.oci_sif
    assert found.arch == "ppc64le"
    assert found.created == datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    assert found.labels == {"org.opencontainers.image.title": "x"}
    assert found.notes == ()


@pytest.mark.parametrize(
    "index", [b"", b"[]", b"{}", b'{"manifests":[]}', b'{"manifests":[1]}', b'{"manifests":{}}']
)
def test_an_oci_sif_without_a_configuration_is_noted(look: Look, index: bytes) -> None:
    found = look(write_sif([SifObject(OCI_ROOT_INDEX, index)], arch=None))

    assert found.oci_sif
    assert "the oci configuration could not be read" in found.notes


def test_architectures_that_contradict_each_other_are_noted(look: Look) -> None:
    extra = partition_extra(SQUASHFS, PRIMARY, "arm64")
    content = write_sif([SifObject(PARTITION, b"x", extra=extra)], arch="amd64")

    found = look(content)

    assert found.arch == "amd64"
    assert "the header says amd64, but the primary partition arm64" in found.notes


def test_the_architecture_of_the_primary_partition_stands_in(look: Look) -> None:
    extra = partition_extra(EXT3, PRIMARY, "arm64")

    assert look(write_sif([SifObject(PARTITION, b"x", extra=extra)], arch=None)).arch == "arm64"


def test_two_primary_partitions_are_refused(look: Look) -> None:
    one = SifObject(PARTITION, b"x", extra=partition_extra(SQUASHFS, PRIMARY, "amd64"))

    with pytest.raises(NotAnImage, match="objects 1 and 2"):
        look(write_sif([one, one]))


def test_a_sif_without_objects_is_refused(look: Look) -> None:
    with pytest.raises(NotAnImage, match="holds no object"):
        look(write_sif([]))


def test_a_file_that_is_a_sif_and_a_zip_is_a_sif_with_a_note(look: Look) -> None:
    archive = io.BytesIO(make_sif(labels={"A": "sif"}))
    archive.seek(0, io.SEEK_END)
    with zipfile.ZipFile(archive, "a") as other:
        other.writestr("labels.json", '{"A": "zip"}')

    found = look(archive.getvalue())

    assert found.labels == {"A": "sif"}
    assert any("behind the last object belong to none" in note for note in found.notes)


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


def test_labels_that_are_no_text_become_text(look: Look) -> None:
    content = make_sif(
        inspect_metadata=False,
        extra_objects=[SifObject(LABELS, b'{"n": 1, "none": null, "list": ["\xc3\xa9"]}')],
    )

    assert look(content).labels == {"n": "1", "none": "", "list": '["é"]'}


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


def test_a_gzip_is_recognised_and_not_looked_into(look: Look) -> None:
    found = look(gzip.compress(make_sif()))

    assert found == Inspection(kind="gzip", notes=("what is inside of a gzip file is not read",))


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


@pytest.mark.parametrize(
    "created", ["0001-01-01T00:00:00Z", "soon", "9999-12-31T23:59:59-23:59", 5]
)
def test_an_oci_time_that_is_none_leaves_the_time_of_the_file(look: Look, created: object) -> None:
    sound = make_oci_sif()
    spelled = b'"2024-01-02T03:04:05.678901234Z"'
    other = json.dumps(created).encode().ljust(len(spelled))

    found = look(sound.replace(spelled, other))

    assert found.created == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
