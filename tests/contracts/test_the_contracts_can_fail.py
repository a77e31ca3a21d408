"""A contract is worth what it catches: every broken plugin is caught, by the tests that say so."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

HERE = Path(__file__).parent
BROKEN = [HERE / "broken_storages.py", HERE / "broken_logins.py"]


def _breaks(path):
    found = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return {name: thing.breaks for name, thing in vars(module).items() if name.startswith("Test")}


BREAKS = {name: breaks for path in BROKEN for name, breaks in _breaks(path).items()}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Names of the tests that failed and that passed, by broken plugin."""
    report = tmp_path_factory.mktemp("broken") / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [*command, "-c", "/dev/null", "-o", "markers=large", f"--junitxml={report}", *BROKEN],
        capture_output=True,
        text=True,
        cwd=report.parent,
        # Under CI pytest compares megabytes line by line, to show all of what differs.
        env={name: value for name, value in os.environ.items() if name != "CI"},
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    found = {name: ([], []) for name in BREAKS}
    for case in ElementTree.parse(report).iter("testcase"):
        failed = case.find("failure") is not None or case.find("error") is not None
        skipped = case.find("skipped") is not None
        if not skipped:
            name = case.get("classname").rsplit(".", 1)[-1]
            found[name][0 if failed else 1].append(case.get("name"))
    return found


@pytest.mark.parametrize("name", BREAKS)
def test_it_is_caught(results, name):
    failed, passed = results[name]

    missed = [part for part in BREAKS[name] if not any(part in test for test in failed)]
    surprising = [test for test in failed if not any(part in test for part in BREAKS[name])]
    assert not missed, f"not caught: {missed}; caught: {failed}"
    assert not surprising
    assert passed
