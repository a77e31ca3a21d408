"""What Git is shown and may do: no private address, no secret, bounded in time and size."""

import os
import shutil
import socket
import stat
import subprocess
import threading
import time
from pathlib import Path

import pytest

from sregistry_core.contracts import outgoing
from sregistry_core.jobs import git_program
from sregistry_core.jobs.git_program import Git, GitFailed, Reach
from sregistry_core.services.git_addresses import read_address
from sregistry_core.testing.components import leave_out
from sregistry_core.testing.live import free_port

from .conftest import SETTINGS, Lab, ready

TOKEN = "a0secret0token0of0ada"


def reach(url, **how):
    address = read_address(url, in_the_clear=True)
    return Reach(address, **{"allow_private": True, **how})


@pytest.fixture
def make_git(tmp_path):
    def make(url, seconds=60, largest=1 << 30, **how):
        place = tmp_path / "place"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        return Git(place, reach(url, **how), seconds=seconds, largest=largest)

    return make


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1"])
def test_a_name_that_leads_to_a_private_address_is_not_asked(make_git, monkeypatch, address):
    def look_up(host, port, **_):
        assert host == "git.example.org"
        return [(None, None, None, "", (address, port))]

    monkeypatch.setattr(outgoing.socket, "getaddrinfo", look_up)

    with pytest.raises(GitFailed, match="private address"):
        make_git("https://git.example.org/lab/recipes", allow_private=False)


def test_a_collection_is_not_built_from_a_private_address(make_registry, forge, repository):
    repository.push({"Singularity": "say one"})
    settings = {**SETTINGS, "git_allow_private": "false"}
    lab = Lab(ready(make_registry(**settings)))

    lab.connect(repository.url.replace("http:", "https:"))

    assert lab.builds == []
    assert "private address" in lab.connection.last_error
    assert forge.asked == []


def test_git_goes_to_the_address_that_was_looked_at_and_not_to_the_name(
    make_git, forge, repository, monkeypatch
):
    repository.push({"Singularity": "say one"})
    port = forge.url.rpartition(":")[2]
    seen = []

    def look_up(host, port, **_):
        seen.append(host)
        return [(None, None, None, "", ("127.0.0.1", port))]

    monkeypatch.setattr(outgoing.socket, "getaddrinfo", look_up)

    # No other look-up knows this name: `.invalid` is nobody's.
    found = make_git(f"http://git.invalid:{port}/ada/recipes.git").refs()

    assert found.default == "main"
    assert seen == ["git.invalid"]


def test_a_redirect_is_not_followed(make_git, forge, repository):
    forge.redirect_to = "http://127.0.0.1:1"
    git = make_git(repository.url)

    with pytest.raises(GitFailed):
        git.refs()


def test_a_private_repository_is_read_with_a_token_that_nobody_sees(lab, forge, repository):
    repository.push({"Singularity": "say one"})
    forge.token = TOKEN
    lab.connect(repository)
    assert lab.builds == []
    assert "could not read Username" in lab.connection.last_error
    forge.asked.clear()

    watching = threading.Event()
    seen = set()

    def watch():
        while not watching.wait(0.005):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(path.read_bytes())
                except OSError:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    lab.connect(repository, token=TOKEN)
    watching.set()
    watcher.join()

    assert lab.builds == ["recipes:latest"]
    assert any(b"ls-remote" in line for line in seen)
    assert not any(TOKEN.encode() in line for line in seen)
    assert TOKEN not in (lab.connection.last_error or "")
    assert TOKEN.encode() not in lab.registry.written()


def test_what_is_too_large_is_ended(make_git, repository):
    (repository.work / "large").write_bytes(os.urandom(3_000_000))
    repository.push({})
    git = make_git(repository.url, largest=500_000)

    with pytest.raises(GitFailed, match="more bytes than are fetched here"):
        git.fetch("refs/heads/main")


def test_what_takes_too_long_is_ended_with_all_its_processes(make_git):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        git = make_git(f"http://127.0.0.1:{silent.getsockname()[1]}/x/y.git", seconds=1)
        began = time.monotonic()

        with pytest.raises(GitFailed, match="not done within 1 seconds"):
            git.refs()

        assert time.monotonic() - began < 20
        # What has been killed is gone in a moment.
        while _is_running(f"127.0.0.1:{silent.getsockname()[1]}"):
            assert time.monotonic() - began < 20
            time.sleep(0.02)


def _is_running(word):
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in path.read_bytes():
                return True
        except OSError:
            continue
    return False


def test_nothing_of_a_repository_is_run_and_no_submodule_is_fetched(make_git, forge, repository):
    repository.push(
        {
            ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = http://127.0.0.1:1/x.git\n',
            ".gitattributes": "* export-subst filter=evil\n",
            "Singularity": "say one",
        }
    )
    git = make_git(repository.url)

    commit = git.fetch("refs/heads/main")
    packed = git.archive(commit, "", 1 << 20)

    listed = subprocess.run(["tar", "tzf", packed], check=True, capture_output=True, text=True)
    assert "Singularity" in listed.stdout
    assert {path.partition("?")[0] for path, _ in forge.asked} <= {
        "/ada/recipes.git/info/refs",
        "/ada/recipes.git/git-upload-pack",
    }


def test_an_old_git_that_goes_where_the_name_leads_is_not_used(make_git, monkeypatch):
    monkeypatch.setattr(git_program, "_version", lambda: (2, 34))

    with pytest.raises(GitFailed, match="too old"):
        make_git("https://127.0.0.1/a/b")


def test_a_lost_directory_of_a_killed_worker_is_removed(lab, repository):
    repository.push({"Singularity": "say one"})
    old = lab.registry.parts.settings.staging / "git" / "old"
    old.mkdir(parents=True)
    os.utime(old, (1, 1))

    lab.connect(repository)

    assert list(old.parent.iterdir()) == []


@pytest.fixture
def ssh_server(tmp_path, forge, repository):
    """A real SSH server of an ordinary user; what it lets in is written by the test."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if program is None:
        leave_out("sshd is missing: tests/components/install.sh installs it")
    place = tmp_path / "ssh"
    place.mkdir()
    server = SshServer(program, place)
    server.start()
    yield server
    server.stop()


class SshServer:
    def __init__(self, program, place):
        self.program, self.place, self.port = program, place, free_port()
        self.keys = place / "authorized_keys"
        self.keys.touch(mode=0o600)
        self.process = None

    def make_host_key(self):
        key = self.place / "host"
        for path in (key, key.with_suffix(".pub")):
            path.unlink(missing_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)

    def start(self):
        self.make_host_key()
        config = self.place / "sshd_config"
        config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.place}/host\n"
            f"AuthorizedKeysFile {self.keys}\nStrictModes no\nUsePAM no\nPidFile none\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=stat.S_IRWXU | 0o55, exist_ok=True)
        self.process = subprocess.Popen(
            [self.program, "-D", "-e", "-f", config], stderr=subprocess.DEVNULL
        )
        for _ in range(200):
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        pytest.fail("sshd does not listen")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def test_a_private_repository_is_read_over_ssh_by_its_deploy_key(lab, repository, ssh_server):
    repository.push({"Singularity": "say one"})
    user = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()
    url = f"ssh://{user}@127.0.0.1:{ssh_server.port}{repository.bare}"

    shown = lab.connect(url)
    assert lab.builds == []
    assert "Permission denied" in lab.connection.last_error

    ssh_server.keys.write_text(f'command="git-upload-pack {repository.bare}" {shown.deploy_key}\n')
    lab.look()
    assert lab.connection.last_error is None
    assert lab.builds == ["recipes:latest"]
    kept = lab.connection.host_keys
    assert kept.startswith(("127.0.0.1 ssh-ed25519 ", f"[127.0.0.1]:{ssh_server.port} "))

    ssh_server.stop()
    ssh_server.start()
    repository.push({"Singularity": "say two"})
    lab.look()
    assert "HOST IDENTIFICATION HAS CHANGED" in lab.connection.last_error
    assert lab.builds == ["recipes:latest"]

    renewed = lab.do(lambda s, lab: s.git_connections.renew_key(lab))
    ssh_server.keys.write_text(f"{renewed.deploy_key}\n")
    lab.look()
    assert lab.connection.last_error is None
    assert len(lab.builds) == 2
