"""What definitions may start from, how they copy from each other, and what stands in them."""

import pytest

from sregistry_core.contracts import ApptainerProgram, BuildFailed
from sregistry_core.testing.builder_contract import Lines
from sregistry_local_builder import LocalBuilder, Sandbox

SHELL = "ln -s busybox ${APPTAINER_ROOTFS}/bin/sh"


@pytest.fixture
def seen_in(apptainer):
    """Runs a program in an image; gives the lines of what that says, without the client's own."""

    def run(image, *words):
        screen = apptainer.must("exec", "--unsquash", image, "/bin/busybox", *words)
        lines = screen.splitlines()
        return [line for line in lines if not line.startswith(("INFO: ", "WARNING: "))]

    return run


@pytest.fixture
def scratch(busybox):
    """A definition that starts from nothing, and has a shell."""
    return (
        "Bootstrap: scratch\n\n%setup\n    mkdir ${APPTAINER_ROOTFS}/bin\n"
        f"    {SHELL}\n\n%files\n    {busybox} /bin/busybox\n\n%post\n    echo own > /own\n"
    )


def test_an_image_starts_from_nothing(make_builder, make_order_in, scratch, seen_in):
    image = make_builder().run(make_order_in(scratch), Lines())

    assert seen_in(image, "cat", "/own") == ["own"]


def test_a_stage_copies_from_another_stage(make_builder, make_order_in, base, seen_in):
    definition = (
        f"Bootstrap: localimage\nFrom: {base}\nStage: making\n\n"
        "%post\n    echo made in a stage before > /made\n    echo left behind > /tools\n\n"
        f"Bootstrap: localimage\nFrom: {base}\nStage: last\n\n"
        "%files from making\n    /made /kept\n"
    )

    image = make_builder().run(make_order_in(definition), Lines())

    assert seen_in(image, "cat", "/kept") == ["made in a stage before"]
    assert "tools" not in seen_in(image, "ls", "/")


def test_a_template_has_the_default_of_its_stage_unless_an_argument_is_given(
    make_builder, make_order_in, base, seen_in
):
    definition = (
        "Bootstrap: localimage\nFrom: {{ BASE }}\n\n"
        f"%arguments\n    BASE={base}\n    VERSION=1\n    WHO=nobody\n\n"
        "%post\n    echo '{{ VERSION }} for {{ WHO }}' > /said\n"
    )

    image = make_builder().run(make_order_in(definition, WHO="you & me"), Lines())

    assert seen_in(image, "cat", "/said") == ["1 for you & me"]


def test_a_template_that_nobody_has_filled_in_ends_the_build(make_builder, make_order_in, base):
    definition = f"Bootstrap: localimage\nFrom: {base}\n\n%labels\n    version {{{{ VERSION }}}}\n"
    output = Lines()

    with pytest.raises(BuildFailed, match="ended with status 255"):
        make_builder().run(make_order_in(definition), output)

    assert any("FATAL" in line and "VERSION" in line for line in output.said)


@pytest.mark.parametrize(
    ("definition", "arguments"),
    [
        ("{{ WHOLE }}\nFrom: /etc/passwd\n", {"WHOLE": "Bootstrap: localimage"}),
        ("Boot{{ PART }}: localimage\nFrom: x\n", {"PART": "strap"}),
        ("Bootstrap: docker\nFrom: {{ MORE }}\n", {"MORE": "x\nBootstrap: localimage"}),
        ("Bootstrap: {{ KIND }}\nFrom: x\n\n%arguments\n    KIND=localimage\n", {}),
        ("Bootstrap: {{ UNKNOWN }}\nFrom: x\n", {}),
    ],
)
def test_an_argument_brings_in_no_bootstrap_that_is_not_allowed(
    make_order_in, definition, arguments
):
    program = ApptainerProgram(command=("no-such-program",), bootstraps=frozenset({"docker"}))

    with pytest.raises(BuildFailed, match="nothing is built here from the bootstrap"):
        LocalBuilder(program, sandbox=Sandbox()).run(
            make_order_in(definition, **arguments), Lines()
        )


def test_a_definition_copies_none_of_the_files_of_its_build(
    make_builder, make_order_in, base, seen_in
):
    definition = f"Bootstrap: localimage\nFrom: {base}\n\n%files\n    . /all\n"

    image = make_builder().run(make_order_in(definition), Lines())

    assert seen_in(image, "ls", "-A", "/all") == []
