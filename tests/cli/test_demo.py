"""`sregistry-admin demo`: a registry with something to look at."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from sregistry_core.cli import demo
from sregistry_core.cli.commands import commands
from sregistry_core.cli.demo import progress
from sregistry_core.cli.demo.catalogue import HOME, Catalogue, Crew, Shelf, Ware
from sregistry_core.models import (
    Collection,
    Container,
    DailyDownloads,
    Image,
    ImageLabel,
    Manifest,
    Outbox,
    ShareLink,
    Star,
    Tag,
    Topic,
    User,
)
from sregistry_core.testing.registry import MovableClock, Registry, ini_of

PASSWORD = "for a look around"
SHARED = Ware("tool", "Shared.", "alpine:3", ("a",), ("1", "2"), signed="demo", sizes=(1, 2))
TINY = Catalogue(
    users=("ada", "mei"),
    crews=(Crew("crew", "mei", ("ada",)),),
    shelves=(
        Shelf(HOME, "base", "ada", stars=2, wares=(SHARED,)),
        Shelf("crew", "lab", "mei", topics=("x",), wares=(SHARED,)),
    ),
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory, empty_database):
    """A registry after `demo --size small`, opened anew."""
    directory = tmp_path_factory.mktemp("demo")
    database = directory / "filled.sqlite"
    settings = {**ini_of(directory), "sregistry.database": f"sqlite:///{database}"}
    shutil.copy(empty_database, database)
    lines = ["[app:main]", "use = egg:sregistry-core"]
    lines += [f"{key} = {value}" for key, value in settings.items()]
    lines += ["[server:main]", "use = egg:sregistry-core#waitress"]
    (directory / "site.ini").write_text("\n".join(lines) + "\n")
    words = ["-c", str(directory / "site.ini"), "demo", "--password-stdin"]
    result = CliRunner().invoke(commands, words, input=f"{PASSWORD}\n")
    assert result.exit_code == 0, result.stderr
    registry = Registry(directory, database, {})
    yield registry
    registry.close()


@pytest.fixture
def tiny(monkeypatch):
    """A catalogue that is done in a second, in place of the small one; nothing is told of that."""
    monkeypatch.setattr(demo, "SMALL", TINY)
    monkeypatch.setattr(progress, "BETWEEN_LINES", timedelta(hours=1))


def rows(registry, query):
    with registry.parts.database.transaction(writes=False) as db:
        return [tuple(row) for row in db.execute(query)]


def count(registry, what, *where):
    ((found,),) = rows(registry, select(func.count()).select_from(what).where(*where))
    return found


def test_there_is_something_of_every_kind(filled):
    assert count(filled, Collection) == 10
    assert count(filled, Collection, Collection.private) == 2
    assert count(filled, Topic) > 10
    assert count(filled, Star) > 20
    assert count(filled, Container, Container.frozen_at.is_not(None)) == 1
    assert count(filled, Image, Image.verification == "verified") > 10
    assert count(filled, Image, Image.verification == "unknown_key") > 0
    assert count(filled, Image, Image.verification == "none") > 10
    assert count(filled, Image, Image.inspected_at.is_(None)) == 0
    assert count(filled, Manifest, Manifest.artifact_type.is_not(None)) == 2
    assert count(filled, ShareLink, ShareLink.revoked_at.is_not(None)) == 2
    assert count(filled, Outbox, Outbox.failed_at.is_not(None)) == 0
    archs = {arch for (arch,) in rows(filled, select(Tag.arch))}
    assert archs == {"amd64", "arm64", "ppc64le", "riscv64"}


def test_one_container_has_four_hundred_tags_and_names_are_as_long_as_they_may_be(filled):
    most = select(func.count(Tag.name.distinct())).group_by(Tag.container_id)
    assert max(found for (found,) in rows(filled, most)) == 401
    assert max(len(name) for (name,) in rows(filled, select(Tag.name))) == 127
    assert max(len(name) for (name,) in rows(filled, select(Container.name))) == 64
    assert max(len(name) for (name,) in rows(filled, select(Collection.name))) == 39


def test_a_label_is_written_from_right_to_left(filled):
    values = [value for (value,) in rows(filled, select(ImageLabel.value))]
    assert any("أدوات" in value for value in values)


def test_pushes_and_pulls_are_spread_over_the_past(filled):
    now = datetime.now(UTC)
    pushed = [at for (at,) in rows(filled, select(Image.pushed_at))]
    assert min(pushed) < now - timedelta(days=300)
    assert max(pushed) <= now
    assert len({at.date() for at in pushed}) > 30
    assert count(filled, DailyDownloads) > 1000
    assert all(day <= now.date() for (day,) in rows(filled, select(DailyDownloads.day)))


def test_every_user_signs_in_with_the_password_and_pulls_what_is_theirs(filled):
    name = "ada/drafts/assembler:latest"
    assert filled.with_password("ada", PASSWORD).pull(name, status=200).body[32:41] == b"SIF_MAGIC"
    assert filled.with_password("mei", PASSWORD).pull(name, status=200)
    assert filled.with_password("omar", PASSWORD).pull(name, status=404)
    administrators = rows(filled, select(User.name).where(User.is_admin))
    assert administrators == [("ada",)]


def test_it_is_refused_where_something_is_already(site, tiny):
    site.must("user", "add", "root", "--admin", "--password-stdin", stdin=f"{PASSWORD}\n")
    site.must("demo", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert site.refusal("demo") == "the registry is not empty: --add would add to what is in it"


def test_an_ordinary_user_is_something(site, tiny):
    site.must("user", "add", "zoe", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert site.refusal("demo") == "the registry is not empty: --add would add to what is in it"


def test_what_is_added_takes_other_names(site, tiny):
    site.must("demo", "--password-stdin", stdin=f"{PASSWORD}\n")
    lines = site.must("demo", "--add", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert lines == [
        "2 users, 2 collections, 2 containers, 4 images, 4 tags",
        "users:    ada2 mei2",
    ]
    names = [line.split()[0] for line in site.must("collection", "list")]
    assert names == ["crew/lab", "crew2/lab", "tacc/base", "tacc/base2"]


def test_without_a_terminal_lines_tell_how_far_it_is(site, tiny, monkeypatch):
    monkeypatch.setattr(progress, "BETWEEN_LINES", timedelta(0))
    result = site.run("demo", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert result.exit_code == 0

    filling, jobs = [], []
    for line in result.stderr.splitlines():
        (filling if line.startswith("filling the registry: ") else jobs).append(line)
    assert filling[0] == "filling the registry: 1 of 9, users and teams"
    assert "filling the registry: 2 of 9, tacc/base" in filling
    assert filling[-1] == "filling the registry: 9 of 9, pulls"
    assert jobs[0].startswith("doing its jobs: 1, ")
    assert len(jobs) > len(filling)


def test_lines_come_every_few_seconds_and_not_for_each_step(capsys):
    clock = MovableClock()

    def steps():
        for number in range(1, 7):
            clock.move(timedelta(seconds=2))
            yield f"step {number}"

    progress.follow("at it", steps(), 6, clock)
    assert capsys.readouterr().err.splitlines() == [
        "at it: 3 of 6, step 3",
        "at it: 6 of 6, step 6",
    ]


def test_without_a_password_one_is_made_and_printed(site, tiny):
    *_, line = site.must("demo")
    label, password = line.split()
    assert label == "password:"
    assert len(password) == 20


def test_a_seed_gives_the_same_images_again(tmp_path, empty_database, tiny):
    def digests(name, seed):
        directory = tmp_path / name
        directory.mkdir()
        registry = Registry(directory, empty_database, {})
        unsigned = Ware("tool", "", "alpine:3", ("a",), ("1", "2"), sizes=(1, 2))
        catalogue = Catalogue(
            users=("ada",), crews=(), shelves=(Shelf("ada", "lab", "ada", wares=(unsigned,)),)
        )
        filling = demo.Filling(registry.parts, catalogue, seed=seed, password=PASSWORD)
        assert len(list(filling.steps())) == filling.step_count
        found = rows(registry, select(Image.digest).order_by(Image.digest))
        registry.close()
        return found

    assert digests("a", 7) == digests("b", 7)
    assert digests("c", 7) != digests("d", 8)


def test_bytes_of_two_collections_are_shared(site, tiny, tmp_path):
    site.must("demo", "--password-stdin", stdin=f"{PASSWORD}\n")
    registry = Registry(tmp_path / "again", site.directory / "registry.sqlite", {})
    digests = [digest for (digest,) in rows(registry, select(Image.digest))]
    assert len(digests) == 4
    assert len(set(digests)) == 2
    registry.close()
