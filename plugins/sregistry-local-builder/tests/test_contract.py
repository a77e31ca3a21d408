"""The builder keeps its contract, with the real Apptainer building real images."""

import pytest

from sregistry_core.contracts import ApptainerProgram, BuildFailed
from sregistry_core.testing.apptainer_builder_contract import ApptainerBuilderContract
from sregistry_core.testing.builder_contract import Lines
from sregistry_local_builder import LocalBuilder, Sandbox


class TestLocalBuilder(ApptainerBuilderContract):
    """As the contract has it."""


def test_arguments_and_files_sent_along_come_into_the_image(
    make_builder, make_order_in, base, apptainer
):
    definition = (
        f"Bootstrap: localimage\nFrom: {base}\n\n%files\n    data /data\n\n"
        "%labels\n    version {{ VERSION }}\n"
    )
    order = make_order_in(definition, files={"data": "a text of mine"}, VERSION="1.2")
    output = Lines()

    image = make_builder().run(order, output)

    seen = apptainer.must("exec", "--unsquash", image, "cat", "/data")
    assert "a text of mine" in seen
    assert "version: 1.2" in apptainer.must("inspect", image)


def test_secrets_are_there_while_it_builds_and_not_in_the_image(
    make_builder, make_order_in, base, apptainer
):
    secret = "sword 'fish' $HOME"
    definition = (
        f"Bootstrap: localimage\nFrom: {base}\n\n"
        '%setup\n    cat "$HOME"/../* >"$APPTAINER_ROOTFS/kept" 2>/dev/null || true\n'
        '%post\n    echo "${#TOKEN} signs"\n'
    )
    order = make_order_in(definition, secrets={"TOKEN": secret})
    output = Lines()

    image = make_builder().run(order, output)

    assert f"{len(secret)} signs" in output.said
    assert not any("fish" in line for line in output.said)
    unpacked = order.work_directory / "unpacked"
    apptainer.must("build", "--sandbox", unpacked, image)
    assert "Bootstrap: localimage" in (unpacked / "kept").read_text(errors="replace")
    files = [path for path in unpacked.rglob("*") if path.is_file() and not path.is_symlink()]
    assert not any(b"fish" in path.read_bytes() for path in files)
    assert b"fish" not in image.read_bytes()


def test_what_needs_more_disk_than_it_may_is_ended(make_builder, make_order_in, base):
    definition = (
        f"Bootstrap: localimage\nFrom: {base}\n\n%post\n"
        "    for n in 1 2 3 4 5 6 7 8; do head -c 6000000 /dev/urandom > /big$n; done\n"
        "    sleep 60\n"
    )
    output = Lines()

    with pytest.raises(BuildFailed, match="more than 20971520 bytes of disk"):
        make_builder(disk=20 << 20).run(make_order_in(definition), output)


def test_a_bootstrap_that_is_not_allowed_is_refused_before_anything_runs(tmp_path, make_order_in):
    program = ApptainerProgram(command=("no-such-program",), bootstraps=frozenset({"docker"}))
    builder = LocalBuilder(program, sandbox=Sandbox())

    with pytest.raises(BuildFailed, match="from the bootstrap LocalImage"):
        builder.run(make_order_in("bootstrap: LocalImage\nfrom: /etc/passwd\n"), Lines())


def test_it_says_which_program_builds(make_builder):
    assert "1." in make_builder().version()
