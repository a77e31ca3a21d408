"""The server and the worker as processes: started, spoken to, and ended by a signal."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from sregistry_core.testing.components import need
from sregistry_core.testing.live import LiveRegistry, free_port

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60


class Development:
    """What `serve --set-up` makes of development.ini, in a directory of a test."""

    def __init__(self, data):
        self.data = data
        self.listen = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.listen}"
        self.environ = {**os.environ, "SREGISTRY_LISTEN": self.listen, "SREGISTRY_DATA": str(data)}

    def start(self, *words):
        """Start it, and give the process and the lines up to the one that says it is ready."""
        process = subprocess.Popen(
            words or [self.program, "-c", "development.ini", "serve", "--set-up"],
            cwd=ROOT,
            env=self.environ,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        lines = []
        while not lines or not lines[-1].endswith(f" is at {self.url}"):
            line = process.stdout.readline()
            if not line:
                process.stdout.close()
                pytest.fail(f"it ended with {process.wait()} after {lines}")
            lines.append(line.rstrip("\n"))
        return process, lines

    @property
    def program(self):
        return Path(sys.executable).parent / "sregistry-admin"

    def asks(self, path, name, password):
        """Ask the server as somebody with a password."""
        shown = base64.b64encode(f"{name}:{password}".encode()).decode()
        request = Request(self.url + path, headers={"Authorization": f"Basic {shown}"})
        with urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return json.load(answer)


@pytest.fixture
def development(tmp_path):
    return Development(tmp_path / "data")


def ended(process, number=signal.SIGTERM):
    """End a process and give its exit code; nothing of its session may be left."""
    process.send_signal(number)
    code = process.wait(PATIENCE_SECONDS)
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    process.stdout.close()
    return code


def test_the_first_start_prints_a_password_and_the_second_finds_everything(development):
    process, lines = development.start()
    password = next(line for line in lines if line.startswith("password:")).split()[1]
    assert "name:     admin" in lines

    user = development.asks("/v1/rbac/users/current", "admin", password)

    assert user["username"] == "admin"
    assert ended(process) == 0

    process, lines = development.start()
    assert not any("password" in line for line in lines)
    assert password not in "".join(lines)
    assert development.asks("/v1/rbac/users/current", "admin", password) == user
    with pytest.raises(HTTPError):
        development.asks("/v1/rbac/users/current", "admin", "wrong password")
    assert ended(process, signal.SIGINT) == 0


def test_everything_of_development_is_in_its_directory(development):
    process, _ = development.start()

    assert sorted(path.name for path in development.data.iterdir() if "-" not in path.name) == [
        "images", "registry.sqlite", "secret", "staging",
    ]  # fmt: skip
    assert (development.data / "secret").stat().st_mode & 0o777 == 0o600
    assert ended(process) == 0


def test_make_serve_runs_the_server_and_a_signal_to_make_ends_it(development):
    need("make", "make")
    # What make sets up before is there: these tests run in it.
    environment = Path(sys.executable).parents[1]
    process, lines = development.start(
        "make", "-s", "-o", f"{environment}/.ready", f"VENV={environment}", "serve"
    )

    assert lines[-1].endswith(f" is at {development.url}")
    assert ended(process) in (0, -signal.SIGTERM)


def test_a_live_registry_keeps_its_data_over_a_stop_and_a_kill(live_registry):
    token = live_registry.make_user("ada")
    live_registry.stop()
    live_registry.start()
    live_registry.kill()
    live_registry.start()

    assert live_registry.admin("user", "list").splitlines() == [
        "ada    no   ada@example.org  enabled",
        "admin  yes  -                enabled",
    ]
    assert len(token) >= 200
    assert live_registry.peak_memory() > 10 << 20
    assert len(live_registry.admin_password) == 20


def test_a_live_registry_that_does_not_start_shows_why(tmp_path):
    registry = LiveRegistry(tmp_path, settings={"sregistry.part_sise": "5M"})

    with pytest.raises(AssertionError, match=r"sregistry knows no setting sregistry.part_sise"):
        registry.start()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_looks_for_jobs_until_a_signal_ends_it(pushed_uninspected, number):
    site = pushed_uninspected
    waiting = sorted(line.split()[1] for line in site.must("jobs", "list"))
    assert waiting == ["collections.summarize", "containers.summarize", "images.inspect"]

    process = subprocess.Popen(
        [sys.executable, "-m", "sregistry_core.cli", "-c", site.ini, "worker"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == "working for Test Registry\n"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while site.must("jobs", "list") and time.monotonic() < deadline:
        time.sleep(0.1)

    assert site.must("jobs", "list") == []
    assert ended(process, number) == 0
