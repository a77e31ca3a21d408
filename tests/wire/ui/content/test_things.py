"""Entities, collections, containers and images have a page each, at the address of their name."""

import pytest


@pytest.mark.parametrize(
    ("path", "shows"),
    [
        ("/ada", "lab"),
        ("/ada/lab", "The lab"),
        ("/ada/lab/blast", "latest"),
        ("/ada/lab/blast:1", "as small as it gets"),
        ("/ada/lab/blast:2?arch=arm64", "arm64"),
        ("/ada/lab/blast/-/history", "ada"),
        ("/-/compare?left=ada/lab/blast:1&right=ada/lab/blast:2", "# number 2"),
    ],
)
def test_a_thing_is_shown_at_the_address_of_its_name(lab, reader, path, shows):
    page = reader.open(path, status=200)

    assert shows in page.text
