"""A worker that dies or hangs in a long job loses it to another one, soon and no sooner."""

import os
import signal
import time

import pytest
from sqlalchemy import func, select

from sregistry_core.models import Outbox
from sregistry_core.testing.live import LiveRegistry
from sregistry_core.testing.live_worker import LiveWorker
from sregistry_core.testing.redis_server import RedisServer

from .waiting import eventually

LEASE = 2  # seconds
PLUGIN = '''
"""A job that lasts until a file is there, and says in a file who is at it."""

import os
import time
from pathlib import Path

from sregistry_core import hookimpl

HERE = Path(__file__).parent


def wait(services):
    (HERE / f"at-work-{os.getpid()}").touch()
    while not (HERE / "may-end").exists():
        time.sleep(0.05)


@hookimpl
def sregistry_jobs():
    return {"waiting.wait": wait}
'''


@pytest.fixture
def site(database, request, tmp_path, monkeypatch):
    """Two workers of one registry; the first one is at the job."""
    (tmp_path / "long_duty.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    with RedisServer(tmp_path) as redis:
        settings = {
            "sregistry.jobs": redis.url,
            "sregistry.job_lease": f"{LEASE}s",
            "sregistry.plugin_modules": "long_duty",
        }
        if database == "postgresql":
            settings["sregistry.database"] = request.getfixturevalue("postgresql").make_database()
        registry = LiveRegistry(
            tmp_path / "live", settings=settings, environ={"PYTHONPATH": str(tmp_path)}
        )
        registry.admin("init")
        with registry.services() as services:
            services.outbox.write("waiting.wait", queue="slow")
        with LiveWorker(registry, "first") as first:
            eventually(lambda: at_work(tmp_path) == [first.pid])
            with LiveWorker(registry, "second") as second:
                yield registry, first, second
                (tmp_path / "may-end").touch()


def at_work(directory):
    return sorted(int(path.name.rpartition("-")[2]) for path in directory.glob("at-work-*"))


def waiting(registry):
    with registry.services() as services:
        return services.db.scalar(select(func.count()).select_from(Outbox))


@pytest.mark.parametrize(("database", "how"), [("sqlite", "killed"), ("postgresql", "frozen")])
def test_the_job_of_a_worker_that_is_gone_is_taken_over(site, tmp_path, database, how):
    registry, first, second = site
    time.sleep(2 * LEASE)
    assert at_work(tmp_path) == [first.pid]

    if how == "killed":
        first.kill()
    else:
        os.kill(first.pid, signal.SIGSTOP)
    eventually(lambda: second.pid in at_work(tmp_path), LEASE + 20)
    (tmp_path / "may-end").touch()
    eventually(lambda: waiting(registry) == 0)

    if how == "frozen":
        os.kill(first.pid, signal.SIGCONT)
        first.stop()
        assert waiting(registry) == 0
    assert "failed" not in second.log
