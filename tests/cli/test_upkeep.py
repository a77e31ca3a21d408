"""Plugins, garbage and jobs, from the command line."""

import os
import re
import time

import pytest

from sregistry_core.app import Parts
from sregistry_core.ini import read_ini


@pytest.fixture
def parts(site):
    """The site opened, as the server has it."""
    ini = read_ini(site.ini)
    parts = Parts.open(ini.app, here=ini.here, environ={})
    yield parts
    parts.close()


def test_everything_that_is_opened_is_listed(site, module):
    name = module("""
        __version__ = "3.1"

        @hookimpl
        def sregistry_refuse(action, caller, target):
            return None
    """)
    site.settings |= {
        "sregistry.plugin_modules": name,
        "sregistry.storage": "filesystem old",
        "old.use": "filesystem",
        "old.root": "old",
    }
    site.write()

    rows = [line.split() for line in site.must("plugins")]

    assert [row[:3] + row[4:] for row in rows] == [
        ["filesystem", "filesystem", "filesystem", "storage"],
        ["old", "filesystem", "filesystem", "storage"],
        ["passwords", "passwords", "sregistry-core", "login"],
        [name, "-", name, "hooks"],
    ]
    assert rows[-1][3] == "3.1"
    assert all(re.match(r"\d+\.\d+", row[3]) for row in rows)


def leave_garbage(site):
    orphan = site.directory / "images/sha256/ab/left-behind"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(bytes(3000))
    an_hour_ago = time.time() - 3600
    os.utime(orphan, (an_hour_ago, an_hour_ago))
    return orphan


def test_garbage_is_only_named_in_a_dry_run(site):
    orphan = leave_garbage(site)

    lines = site.must("gc", "--dry-run", "--grace", "0s")

    assert lines == [
        "object without a row  sha256/ab/left-behind  3000",
        "1 thing, 2.9 KiB would go",
    ]
    assert orphan.exists()


def test_garbage_goes_and_is_summed_up(site):
    orphan = leave_garbage(site)

    lines = site.must("gc", "--grace", "0s")

    assert lines[-1] == "1 thing, 2.9 KiB removed"
    assert not orphan.exists()


def test_without_a_grace_that_of_the_ini_file_counts(site):
    orphan = leave_garbage(site)

    assert site.must("gc") == ["0 things, 0 bytes removed"]
    assert orphan.exists()


def test_jobs_are_listed_run_and_tried_again(site, parts):
    with parts.unit()() as services:
        services.outbox.write("uploads.expire")
        services.outbox.write("nobody.offers-this")
        wrong = next(one.id for one in services.outbox.all() if one.job == "nobody.offers-this")

    assert sorted(line.split()[1:4] for line in site.must("jobs", "list")) == [
        ["nobody.offers-this", "waits", "0"],
        ["uploads.expire", "waits", "0"],
    ]
    result = site.run("jobs", "run")
    assert (result.stdout, result.exit_code) == ("tried 2 jobs\n", 0)
    (left,) = site.must("jobs", "list")
    assert left.split()[:4] == [wrong, "nobody.offers-this", "waits", "1"]
    assert left.endswith("LookupError: no plugin in use offers the job nobody.offers-this")

    assert site.must("jobs", "retry", wrong) == ["nobody.offers-this will be tried again"]
    (left,) = site.must("jobs", "list")
    assert left.split()[2:4] == ["waits", "0"]


def test_a_job_that_is_under_way_is_not_tried_again(site, parts):
    with parts.unit()() as services:
        services.outbox.write("uploads.expire")
        (job,) = services.outbox.all()
        services.outbox.claim(job.id, parts.settings.job_lease)

    assert site.refusal("jobs", "retry", job.id) == f"the job {job.id} is being worked at"
    assert site.must("jobs", "list")[0].split()[2] == "runs"


def test_a_job_that_is_not_there_cannot_be_tried_again(site):
    assert site.refusal("jobs", "retry", "12") == "the job 12 does not exist"
