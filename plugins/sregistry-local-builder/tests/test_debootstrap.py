"""The real debootstrap installs a small distribution of the test's own, as an ordinary user."""

import gzip
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from sregistry_core.contracts import BuildFailed
from sregistry_core.testing.builder_contract import Lines
from sregistry_core.testing.components import leave_out

PROGRAM = Path("/usr/sbin/debootstrap")
SHARED = Path("/usr/share/debootstrap")
SUITE = """mirror_style release
download_style apt
finddebs_style from-indices
variants - minbase

work_out_debs () {
    required="tiny-base"
    base=""
}
first_stage_install () {
    extract $required
    mkdir -p "$TARGET/var/log"
}
second_stage_install () {
    echo "the second stage runs as $(in_target busybox id -u)" >&2
}
"""
RELEASE = """Origin: Test
Suite: tiny
Codename: tiny
Architectures: amd64
Components: main
SHA256:
{sums}"""


@pytest.fixture
def make_package(tmp_path):
    """Makes a package that Debian's own tools read, and gives its lines in an index."""

    def make(mirror, name, files):
        tree = tmp_path / name
        for path, source in files.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, tree / path)
        if files:
            (tree / "bin/sh").symlink_to("busybox")
        (tree / "DEBIAN").mkdir(parents=True)
        control = (
            f"Package: {name}\nVersion: 1\nArchitecture: amd64\nMaintainer: Test\n"
            "Priority: required\nDescription: of a test\n"
        )
        (tree / "DEBIAN/control").write_text(control)
        file = mirror / f"pool/{name}_1_amd64.deb"
        file.parent.mkdir(parents=True, exist_ok=True)
        words = ["dpkg-deb", "--root-owner-group", "-Zgzip", "--build", tree, file]
        subprocess.run(words, check=True, capture_output=True)
        content = file.read_bytes()
        return (
            f"{control}Filename: pool/{file.name}\nSize: {len(content)}\n"
            f"MD5sum: {hashlib.md5(content).hexdigest()}\n"
            f"SHA256: {hashlib.sha256(content).hexdigest()}\n\n"
        )

    return make


@pytest.fixture
def mirror(apptainer, make_package, busybox):
    """A mirror with a suite of two packages; the client asks for `apt` in each."""
    mirror = apptainer.place / "mirror"
    index = make_package(mirror, "tiny-base", {"bin/busybox": busybox})
    index += make_package(mirror, "apt", {})
    packages = gzip.compress(index.encode())
    place = mirror / "dists/tiny/main/binary-amd64"
    place.mkdir(parents=True)
    (place / "Packages.gz").write_bytes(packages)
    (place / "Packages").write_text(index)
    sums = "".join(
        f" {hashlib.sha256(content).hexdigest()} {len(content)} main/binary-amd64/{name}\n"
        for name, content in (("Packages.gz", packages), ("Packages", index.encode()))
    )
    (mirror / "dists/tiny/Release").write_text(RELEASE.format(sums=sums))
    return mirror


@pytest.fixture
def with_debootstrap(apptainer, busybox):
    """The words that run the client where debootstrap is found, and knows the suite."""
    if not PROGRAM.exists():
        leave_out("no debootstrap")
    folder = apptainer.place / "debootstrap"
    shutil.copytree(SHARED, folder, symlinks=True)
    (folder / "scripts/tiny").write_text(SUITE)
    shutil.copy(PROGRAM, folder / "debootstrap")
    # It wants one, also for a mirror of files.
    shutil.copy(busybox, folder / "wget")
    program = folder / "apptainer"
    program.write_text(
        f"#!/bin/sh\nexport DEBOOTSTRAP_DIR={folder} PATH={folder}:$PATH\n"
        'exec /usr/bin/apptainer "$@"\n'
    )
    program.chmod(0o755)
    return (str(program),)


def test_a_distribution_is_installed_from_its_mirror(
    make_builder, make_order_in, with_debootstrap, mirror, apptainer
):
    definition = (
        f"Bootstrap: debootstrap\nOSVersion: tiny\nMirrorURL: file:{mirror}\n\n"
        "%post\n    echo installed > /done\n"
    )
    output = Lines()

    image = make_builder(command=with_debootstrap).run(make_order_in(definition), output)

    assert "I: Validating tiny-base 1" in output.said
    screen = apptainer.must("exec", "--unsquash", image, "/bin/busybox", "cat", "/done")
    assert "\ninstalled\n" in f"\n{screen}"


def test_without_the_program_one_line_says_so(make_builder, make_order_in):
    output = Lines()
    definition = "Bootstrap: debootstrap\nOSVersion: sid\nMirrorURL: http://127.0.0.1:9/debian\n"

    with pytest.raises(BuildFailed, match=r"^apptainer build ended with status 255$"):
        make_builder().run(make_order_in(definition), output)

    told = [line for line in output.said if "FATAL" in line]
    assert len(told) == 1
    assert "debootstrap is not in PATH" in told[0]
