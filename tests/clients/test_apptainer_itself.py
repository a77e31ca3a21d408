"""Proves the driver of the real Apptainer client, before other tests trust it with a registry."""

import re
import socketserver
import threading
import time
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from sregistry_core.testing.apptainer import Apptainer, TookTooLong

pytestmark = pytest.mark.real


def test_it_is_a_client_we_know(apptainer):
    version = apptainer.must("--version")

    assert re.search(r"apptainer version 1\.([4-9]|\d\d)\.", version), version


def test_it_runs_as_an_ordinary_user_at_home_in_its_own_directory(apptainer):
    who = apptainer.run_program("sh", "-c", "id -un; pwd; touch $HOME/was-here")

    assert who.screen.splitlines() == ["tester", str(apptainer.place)]
    assert (apptainer.home / "was-here").exists()


def test_it_builds_and_signs_and_others_can_verify(apptainer, apptainer_root, tmp_path):
    image = apptainer.build_image("own.sif", labels={"maintainer": "ada"})
    unsigned = apptainer.must("sif", "list", image)
    fingerprint = apptainer.new_key("Ada", "ada@registry.test")

    apptainer.sign(image)

    assert "Signature" not in unsigned
    assert "Signature" in apptainer.must("sif", "list", image)
    assert fingerprint in apptainer.must("verify", "--local", image)
    assert "maintainer: ada" in apptainer.must("inspect", image)
    stranger = Apptainer(apptainer_root, tmp_path / "stranger")
    assert stranger.run("verify", "--local", stranger.put(image)).code != 0


def test_the_samples_are_what_they_are_called(apptainer, samples):
    apptainer.adopt_keys(samples.keyring)
    listed = {
        name: apptainer.must("sif", "list", apptainer.put(getattr(samples, name)))
        for name in ("small", "signed", "big", "arm64")
    }

    assert "*System/amd64" in listed["small"]
    assert "*System/arm64" in listed["arm64"]
    assert "arm64" in apptainer.must("sif", "header", "arm64.sif")
    assert samples.big.stat().st_size > 64 * 1024**2
    assert [name for name in listed if "Signature" in listed[name]] == ["signed"]
    assert samples.fingerprint in apptainer.must("verify", "--local", "signed.sif")


def test_it_reaches_a_server_of_this_machine_by_address_and_by_name(
    apptainer_root, samples, tmp_path
):
    client = Apptainer(apptainer_root, tmp_path / "client", names={"registry.test": "127.0.0.9"})
    folder = partial(SimpleHTTPRequestHandler, directory=samples.small.parent)
    with socketserver.ThreadingTCPServer(("127.0.0.9", 0), folder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        client.must("pull", "by-address.sif", f"http://127.0.0.9:{port}/small.sif")
        client.must("pull", "by-name.sif", f"http://registry.test:{port}/small.sif")
        server.shutdown()

    for name in ("by-address.sif", "by-name.sif"):
        assert (client.place / name).read_bytes() == samples.small.read_bytes()


def test_it_leaves_no_mount_and_no_file_behind(apptainer, apptainer_root):
    mounts = _mounts_below(apptainer_root)
    temporary = sorted((apptainer_root / "tmp").iterdir())

    apptainer.build_image("own.sif")
    apptainer.run_program("sh", "-c", "touch /tmp/left /usr/left")

    assert _mounts_below(apptainer_root) == mounts == []
    assert sorted((apptainer_root / "tmp").iterdir()) == temporary
    assert not (apptainer_root / "usr/left").exists()


def test_a_command_that_takes_too_long_is_killed_with_all_its_children(apptainer):
    two_sleepers = "echo still here; setsid sleep 4711 & sleep 4711"
    begun = time.monotonic()

    with pytest.raises(TookTooLong, match="still here"):
        apptainer.run_program("sh", "-c", two_sleepers, time_limit=timedelta(seconds=0.5))

    assert time.monotonic() - begun < 10
    assert not [line for line in _command_lines() if b"4711" in line]


def _mounts_below(directory: Path) -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if str(directory) in line]


def _command_lines() -> list[bytes]:
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes())
        except OSError:
            continue  # it has ended meanwhile
    return lines
