"""The units of deploy/systemd are valid, and start what they name as an ordinary user."""

import configparser
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from sregistry_core.testing.components import leave_out, need
from sregistry_core.testing.live_ini import free_port

pytestmark = pytest.mark.real

HOME = Path(__file__).parents[2]
UNITS = HOME / "deploy/systemd"
USER = "10001"

# As the unit has it: nothing can be written but the state directory, no privilege is gained. What
# the unit names is mounted where it names it, in a namespace that is gone with the process; the
# interpreter of the tests may be where only root gets, or below the /tmp that the unit has anew.
_ENTER = """
set -e
room=$1 user=$2
shift 2
number=0
for place in $PLACES; do
    number=$((number + 1))
    mkdir -p "$room/place-$number"
    mount --bind "$place" "$room/place-$number"
done
mount -t tmpfs -o mode=755 tmpfs "$room/layers"
for place in etc opt root var/lib; do
    mkdir -p "$room/layers/$place/upper" "$room/layers/$place/work"
    chmod 755 "$room/layers/$place/upper"
    lower=/$place
    [ $place != root ] || { mkdir -p "$room/layers/nothing"; lower=$room/layers/nothing; }
    layers="upperdir=$room/layers/$place/upper,workdir=$room/layers/$place/work"
    mount -t overlay -o "lowerdir=$lower,$layers" overlay /$place
done
chmod 755 /root
number=0
for place in $PLACES; do
    number=$((number + 1))
    case $place in
    /root/*) mkdir -p "$place"; mount --bind "$room/place-$number" "$place" ;;
    esac
done
mkdir -p /opt/sregistry /etc/sregistry /var/lib/sregistry
mount --bind "$room/place-1" /opt/sregistry
mount --bind "$room/etc" /etc/sregistry
mount --bind "$room/state" /var/lib/sregistry
mount -o remount,bind,ro /
mount --rbind "$room" /mnt
mount -t tmpfs -o mode=1777 tmpfs /tmp
number=0
for place in $PLACES; do
    number=$((number + 1))
    case $place in
    /tmp/*) mkdir -p "$place"; mount --bind "/mnt/place-$number" "$place" ;;
    esac
done
umount --lazy /mnt
cd /
exec setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs \
    --inh-caps "-all$CAPS" --ambient-caps "-all$CAPS" --bounding-set "-all$CAPS" \
    env --ignore-environment PATH=/usr/bin:/bin LANG=C.UTF-8 "$@"
"""


class Unit:
    """One unit, as systemd would read it."""

    def __init__(self, name):
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        parser.optionxform = str
        parser.read(UNITS / name)
        self.service = parser["Service"]
        self.command = shlex.split(self.service["ExecStart"])


class Machine:
    """Where units are run: their files, and the processes that run as they say."""

    def __init__(self, room):
        self.room = room
        self.port, self.build_log_port = free_port(), free_port()
        for name in ("etc", "state", "layers"):
            (room / name).mkdir()
        os.chown(room / "state", int(USER), int(USER))
        (room / "state").chmod(0o750)
        text = (HOME / "production.ini").read_text(encoding="utf-8")
        text = text.replace("${SREGISTRY_PUBLIC_URL}", f"http://127.0.0.1:{self.port}")
        text = text.replace("${SREGISTRY_LISTEN:-127.0.0.1:8080}", f"127.0.0.1:{self.port}")
        text = text.replace("${SREGISTRY_BUILD_LOG:-embedded}", f"127.0.0.1:{self.build_log_port}")
        (room / "etc/production.ini").write_text(text)

    def start(self, unit, *words):
        """Start the command of a unit, or another one as its user."""
        keeps = unit.service.get("AmbientCapabilities", "").lower().removeprefix("cap_")
        prefix = Path(sys.executable).parent.parent
        places = dict.fromkeys([prefix, HOME, Path(sys.base_prefix).resolve()])
        environ = {
            **os.environ,
            "PLACES": " ".join(str(place) for place in places),
            "CAPS": f",+{keeps}" if keeps else "",
        }
        enter = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private"]
        command = [*enter, "bash", "-c", _ENTER, "enter", self.room, USER]
        return subprocess.Popen(
            [*command, *(words or unit.command)],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture
def machine(tmp_path):
    if os.geteuid() != 0:
        leave_out("only root starts programs as other users")
    need("setpriv", "util-linux")
    return Machine(tmp_path)


def end(process):
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    return process.returncode, said


def prepare(machine, unit):
    admin = [*unit.command[:-1], "init"]
    process = machine.start(unit, *admin)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said


@pytest.mark.parametrize("name", sorted(path.name for path in UNITS.glob("*.service")))
def test_systemd_takes_it(name, tmp_path):
    analyze = need("systemd-analyze", "systemd")
    # It looks whether the program is there, which is not so on this machine.
    text = (UNITS / name).read_text(encoding="utf-8")
    text = text.replace("/opt/sregistry/bin/sregistry-admin", shutil.which("true"))
    (tmp_path / name).write_text(text)

    done = subprocess.run(
        [analyze, "verify", "--man=no", tmp_path / name], capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_web_unit_serves_and_ends_well(machine):
    unit = Unit("sregistry-web.service")
    prepare(machine, unit)

    process = machine.start(unit)
    try:
        deadline = time.monotonic() + 60
        while not answers(machine.port):
            assert process.poll() is None and time.monotonic() < deadline, process.stdout.read()
            time.sleep(0.1)
        status = Path(f"/proc/{process.pid}/status").read_text()
        code, said = end(process)
    finally:
        process.kill()

    assert f"Uid:\t{USER}\t" in status
    assert "NoNewPrivs:\t1" in status
    assert (code, "Traceback" in said) == (0, False), said
    assert (machine.room / "state/registry.sqlite").exists()


def test_the_unit_of_the_worker_works_and_ends_well(machine):
    unit = Unit("sregistry-worker.service")
    prepare(machine, unit)

    process = machine.start(unit)
    try:
        said = process.stdout.readline()
        code, rest = end(process)
    finally:
        process.kill()

    assert said == "working for Singularity Registry\n", rest
    assert (code, rest) == (0, "stopping\n")


def test_the_unit_of_the_build_log_serves_and_ends_well(machine):
    unit = Unit("sregistry-buildlog.service")
    prepare(machine, unit)

    process = machine.start(unit)
    try:
        said = process.stdout.readline()
        with urlopen(f"http://127.0.0.1:{machine.build_log_port}/healthz", timeout=60) as answer:
            assert answer.status == 200
        code, rest = end(process)
    finally:
        process.kill()

    address = f"127.0.0.1:{machine.build_log_port}"
    assert said == f"the build log of Singularity Registry is at {address}\n", rest
    assert (code, rest) == (0, "stopping\n")


def test_what_the_page_tells_to_prepare_works(machine):
    unit = Unit("sregistry-web.service")
    page = (HOME / "deploy/README.md").read_text(encoding="utf-8")
    init, add_user, doctor = re.findall(r"^ +sudo -u sregistry (.+)$", page, re.MULTILINE)

    for line in (init, f"echo a long password | {add_user} --password-stdin", doctor):
        process = machine.start(unit, "sh", "-c", line)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said

    assert unit.service["User"] == "sregistry"
    # The units run the same program with the same file.
    assert init.removesuffix("init").split() == unit.command[:-1]
    assert "ok    database" in said


def test_a_command_of_the_unit_writes_nowhere_else(machine):
    unit = Unit("sregistry-web.service")

    process = machine.start(unit, "touch", "/var/lib/elsewhere", "/etc/sregistry/x")
    said, _ = process.communicate(timeout=60)

    assert process.returncode != 0
    assert said.count("cannot touch") == 2


def answers(port):
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False
