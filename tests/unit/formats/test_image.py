"""Looking into whole images: what SIF, squashfs, ext3 and gzip tell of themselves."""

import dataclasses
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from sregistry_core.errors import NotAnImage
from sregistry_core.formats.inspection import (
    AppInspection,
    Inspection,
    ObjectFound,
    SbomFound,
    SignatureFound,
)
from sregistry_core.testing.sif_files import (
    EXT3,
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


def test_labels_that_are_no_text_become_text(look: Look) -> None:
    content = make_sif(
        inspect_metadata=False,
        extra_objects=[SifObject(LABELS, b'{"n": 1, "none": null, "list": ["\xc3\xa9"]}')],
    )

    assert look(content).labels == {"n": "1", "none": "", "list": '["é"]'}


def test_a_gzip_is_recognised_and_not_looked_into(look: Look) -> None:
    found = look(gzip.compress(make_sif()))

    assert found == Inspection(kind="gzip", notes=("what is inside of a gzip file is not read",))


@pytest.mark.parametrize(
    "created", ["0001-01-01T00:00:00Z", "soon", "9999-12-31T23:59:59-23:59", 5]
)
def test_an_oci_time_that_is_none_leaves_the_time_of_the_file(look: Look, created: object) -> None:
    sound = make_oci_sif()
    spelled = b'"2024-01-02T03:04:05.678901234Z"'
    other = json.dumps(created).encode().ljust(len(spelled))

    found = look(sound.replace(spelled, other))

    assert found.created == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
