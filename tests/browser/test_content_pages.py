"""A reader and an owner at the pages of things: desktop and telephone, light and dark, keyboard."""

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest

from sregistry_core.app import Parts
from sregistry_core.contracts import Scope
from sregistry_core.ini import read_ini
from sregistry_core.models import DailyDownloads, Tag
from sregistry_core.names import ContainerName
from sregistry_core.testing.live import LiveRegistry
from sregistry_core.testing.sif_files import make_sif

LONG = f"ada/{'collection-' * 3}name/{'container.' * 6}name"
RIGHT_TO_LEFT = "\u05ea\u05d5\u05d5\u05d9\u05ea \u05d1\u05e2\u05d1\u05e8\u05d9\u05ea (123)"
DESCRIPTION = """\
# Tools of the course

Everything that the *exercises* need, with `apptainer run`, as **small** as can be.

| tool  | since |
|-------|-------|
| blast | 2024  |

1. Pull it.
2. ![A picture](https://elsewhere.test/picture.png) is a link.

> Pin a tag in your papers.
"""
BLAST = "/ada/lab/blast"
PAGES = {
    "content-entity": "/ada",
    "content-collection": "/ada/lab",
    "content-container": BLAST,
    "content-image": f"{BLAST}:latest",
    "content-compare": "/-/compare?left=ada/lab/blast:latest&right=ada/lab/blast:2.14.0",
    "content-history": f"{BLAST}/-/history",
}


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """A registry whose content no test changes."""
    directory = tmp_path_factory.mktemp("content")
    settings = {"sregistry.protocols": "discovery transfer library oci shub sregistry api ui"}
    with LiveRegistry(directory, settings=settings) as live:
        live.make_user("ada")
        with filling(live, "ada") as push:
            for version in ("2.14.0", "2.15.0"):
                push("ada/lab/blast", image(version), version, "latest", describe=DESCRIPTION)
            push("ada/lab/blast", image("2.15.0", arch="arm64"), "2.15.0", "latest")
            push("ada/lab/solver", image("1"), "nightly", further=400)
            push(LONG, image("x" * 300), "t" * 128, describe="very-" * 60)
        yield live


def image(version, arch="amd64"):
    """An image that tells everything of itself."""
    definition = f"""\
Bootstrap: docker
From: ubuntu:24.04

%labels
    Version {version}
%post
    # Everything in one layer.
    apt-get install -y ncbi-blast+ && rm -rf /var/cache/*
%runscript
    exec blastn "$@"
"""
    packages = [{"name": "openssl", "version": version}, {"name": "zlib1g", "version": "1.3"}]
    return make_sif(
        arch=arch,
        definition=definition,
        labels={
            "Version": version,
            "org.example.right-to-left": RIGHT_TO_LEFT,
            "org.example." + "a-long-name-" * 12: "and-a-long-value-" * 40,
        },
        runscript='#!/bin/sh\nexec blastn "$@"\n',
        attributes={
            "help": f"blast {version}",
            "test": "blastn -version\n",
            "environment": {"/.singularity.d/env/90-environment.sh": "export LC_ALL=C\n"},
            "apps": {"blastp": {"runscript": 'exec blastp "$@"\n', "labels": {"a": "b"}}},
        },
        sbom=json.dumps({"bomFormat": "CycloneDX", "components": packages}).encode(),
    )


@contextmanager
def filling(live, name):
    """Pushes images in somebody's name, without the wire; done when their files are read."""
    ini = read_ini(live.ini, live.environ)
    parts = Parts.open(ini.app, here=ini.here, environ=live.environ)
    with parts.unit()() as services:
        caller = services.accounts.caller_of(services.accounts.find(name))

    def push(container, content, *tags, describe=None, further=0):
        with parts.unit(replace(caller, scope=Scope.ADMIN))() as services:
            found = services.repositories.for_push(ContainerName.parse(container, home="tacc"))
            if describe is not None:
                services.catalog.change_collection(found.collection, description=describe)
                services.catalog.change_container(found, description=describe)
            size = len(content)
            container_id = found.id
        with parts.unit(replace(caller, scope=Scope.ADMIN))() as services:
            pushed = services.uploads.receive_unannounced(
                lambda: services.catalog.container_by_id(container_id),
                BytesIO(content),
                size=size,
            )
            for tag in tags:
                services.tags.set(pushed.container, tag, pushed)
            now = parts.facilities.clock()
            services.db.add_all(
                Tag(
                    container_id=container_id,
                    name=f"nightly-{day}",
                    arch="amd64",
                    image_id=pushed.id,
                    moved_at=now - timedelta(days=day),
                )
                for day in range(further)
            )
            for weeks in range(0, 50, 3):
                day = (now - timedelta(weeks=weeks)).date()
                if services.db.get(DailyDownloads, (container_id, day)) is None:
                    services.db.add(
                        DailyDownloads(container_id=container_id, day=day, count=7 * weeks + 1)
                    )

    try:
        yield push
        parts.jobs.run_all()
    finally:
        parts.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_reader_sees_pages_that_are_well_made(registry, visit, phone, dark):
    reader = visit(registry, phone=phone, dark=dark)

    for name, path in PAGES.items():
        reader.open(path)
        reader.check()
        assert reader.overflow() == 0, path
        assert reader.shift() == 0, path
        reader.shoot(name)


def test_four_hundred_tags_and_the_longest_names_fit(registry, visit):
    reader = visit(registry, phone=True)

    for name, path in (("content-many-tags", "/ada/lab/solver"), ("content-long", f"/{LONG}")):
        reader.open(path)
        reader.check()
        assert reader.overflow() == 0, path
        reader.shoot(name)
    reader.page.get_by_role("link", name="t" * 128).click()
    reader.check()
    assert reader.overflow() == 0
    reader.shoot("content-long-image")


def test_a_reader_finds_their_way_with_the_keyboard_alone(registry, visit):
    reader = visit(registry)
    reader.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = reader.open(BLAST)

    summary = page.locator("summary", has_text="curl")
    summary.focus()
    page.keyboard.press("Enter")
    copy = page.get_by_role("button", name="Copy: curl")
    assert copy.is_visible()
    assert not page.get_by_role("button", name="Copy: Apptainer").first.is_visible()
    page.keyboard.press("Tab")
    assert copy.evaluate("button => button === document.activeElement")
    page.keyboard.press("Enter")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl -fL -o blast.sif '")

    page.locator("th").get_by_role("link", name="2.14.0").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Compare with another image").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Right").focus()
    page.keyboard.type("ada/lab/blast:latest")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Definition file").wait_for()
    reader.check()


def test_everything_works_without_scripts(registry, visit):
    reader = visit(registry, scripts=False)

    page = reader.open(BLAST)
    page.locator("summary", has_text="oras").click()
    assert page.get_by_text("oras pull").first.is_visible()
    assert not page.get_by_role("button", name="Copy").first.is_visible()
    page.get_by_role("link", name="arm64").first.click()
    assert page.locator("[aria-current=true]").text_content() == "arm64"
    page.get_by_role("link", name="Show the packages").click()
    assert page.get_by_role("rowheader", name="openssl").is_visible()
    reader.check()


def test_an_owner_is_shown_how_to_push_and_where_to_settle_things(registry, visit):
    ada = visit(registry, "ada")

    page = ada.open("/ada/lab")

    assert page.get_by_role("heading", name="Push").is_visible()
    assert page.get_by_role("link", name="Settings").get_attribute("href") == "/ada/lab/-/settings"
    ada.check()
    ada.shoot("content-collection-owner")


def test_a_name_that_is_not_there_is_said_beside_the_field(registry, visit):
    reader = visit(registry)

    page = reader.open("/-/compare?left=ada/lab/blast:latest&right=ada/lab/nothing:1")

    assert page.get_by_role("alert").text_content() == "ada/lab/nothing:1 does not exist."
    reader.check()
