"""Packages of bills of materials, in the three formats that are read."""

import json

import pytest

from sregistry_core.errors import NotAnImage
from sregistry_core.formats.sbom import MOST_PACKAGES, Package, can_read, read_packages

TWO = (Package("openssl", "3.0"), Package("zlib", ""))


@pytest.mark.parametrize(
    ("sbom_format", "document"),
    [
        (
            "cyclonedx-json",
            {"components": [{"name": "zlib"}, {"name": "openssl", "version": "3.0"}]},
        ),
        ("spdx-json", {"packages": [{"name": "openssl", "versionInfo": "3.0"}, {"name": "zlib"}]}),
        ("syft-json", {"artifacts": [{"name": "openssl", "version": "3.0"}, {"name": "zlib"}]}),
    ],
)
def test_packages_are_read(sbom_format, document):
    assert can_read(sbom_format)
    assert read_packages(json.dumps(document).encode(), sbom_format) == TWO


@pytest.mark.parametrize(
    "document", [{}, {"components": 1}, {"components": [1, None, {"name": 1}, {"name": ""}]}]
)
def test_what_lists_nothing_gives_nothing(document):
    assert read_packages(json.dumps(document).encode(), "cyclonedx-json") == ()


@pytest.mark.parametrize("raw", [b"", b"[1]", b"no json", b"[" * 100_000])
def test_what_cannot_be_read_is_refused(raw):
    with pytest.raises(NotAnImage):
        read_packages(raw, "cyclonedx-json")


def test_names_are_bounded_and_so_are_lists():
    many = {"components": [{"name": f"n{number}" * 100} for number in range(MOST_PACKAGES + 5)]}

    found = read_packages(json.dumps(many).encode(), "cyclonedx-json")

    assert len(found) <= MOST_PACKAGES
    assert max(len(one.name) for one in found) == 200


def test_other_formats_are_not_read():
    assert not can_read("spdx-rdf")
    assert not can_read(None)
