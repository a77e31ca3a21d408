"""Images that are run, or built upon, straight from the registry, by an ordinary user."""

import pytest

from sregistry_core.testing.image_files import sha256_of

pytestmark = pytest.mark.real


@pytest.fixture
def base(ada):
    """An image with a shell in it."""
    return ada.build_runnable_image("base.sif")


def build(person, definition, *options):
    """Build a SIF and a directory from a definition; give the screen of the first."""
    recipe = person.write("own.def", definition)
    screen = person.must("build", *options, "own.sif", recipe)
    person.must("build", *options, "--sandbox", "own", recipe)
    return screen


def payload_of(person, image):
    """The digest of the random file that only this image has."""
    person.must("build", "--sandbox", "unpacked", person.put(image, "copy.sif"))
    return sha256_of(person.place / "unpacked/payload")


def test_an_image_is_run_by_its_library_address(ada, bob, base):
    ada.push(base, "lab/base:v1")

    first = bob.must("run", ada.library("lab/base:v1"), "from", "afar")
    again = bob.must("run", ada.library("lab/base:v1"), "again")

    assert "INFO:    Downloading library image" in first
    assert "\nhello from afar\n" in first
    assert "INFO:    Using cached image" in again
    assert "\nhello again\n" in again


def test_a_command_is_executed_in_an_image_by_its_library_address(ada, bob, base):
    ada.push(base, "lab/base:v1")

    screen = bob.must("exec", ada.library("lab/base:v1"), "/bin/cat", "/.singularity.d/runscript")

    assert 'echo "hello $*"' in screen


def test_an_image_is_run_by_its_shub_address(ada, stranger, base, host):
    ada.push(base, "lab/base:v1")

    screen = stranger.must("run", "--no-https", f"shub://{host}/{ada.name}/lab/base:v1", "hub")

    assert "INFO:    Downloading shub image" in screen
    assert "\nhello hub\n" in screen


def test_what_does_not_exist_is_not_run(ada, bob):
    screen = bob.must_fail("run", ada.library("lab/missing:v1"))

    assert screen == (
        f"FATAL:   Unable to handle {ada.library('lab/missing:v1')} uri: "
        f"image does not exist in the library: {ada.name}/lab/missing:v1 (amd64)\n"
    )


def test_an_image_is_built_upon_one_of_the_library(ada, bob, base):
    ada.push(base, "lab/base:v1")

    definition = f"Bootstrap: library\nFrom: {ada.name}/lab/base:v1\n"
    screen = build(bob, f"{definition}%runscript\n    echo built upon $*\n")

    assert "INFO:    Downloading library image" in screen
    assert "INFO:    Build complete: own.sif" in screen
    assert sha256_of(bob.place / "own/payload") == payload_of(ada, base)
    assert "\nbuilt upon it\n" in bob.must("run", "own.sif", "it")


def test_a_stranger_names_the_library_in_the_definition(ada, stranger, base, server):
    ada.push(base, "lab/base:v1")

    definition = f"Bootstrap: library\nLibrary: {server.url}\nFrom: {ada.name}/lab/base:v1\n"
    screen = build(stranger, definition)

    assert "INFO:    Build complete: own.sif" in screen
    assert sha256_of(stranger.place / "own/payload") == payload_of(ada, base)


def test_a_private_image_is_built_upon_by_whoever_may_read_it(ada, bob, base, server):
    server.admin("collection", "add", f"{ada.name}/secret", "--private")
    ada.push(base, "secret/base:v1")
    definition = f"Bootstrap: library\nFrom: {ada.name}/secret/base:v1\n"

    assert "INFO:    Build complete: own.sif" in build(ada, definition)
    told = bob.must_fail("build", "own.sif", bob.write("own.def", definition))
    assert "image does not exist in the library" in told


def test_an_image_is_built_upon_one_of_shub(ada, stranger, base, host):
    ada.push(base, "lab/base:v1")

    definition = f"Bootstrap: shub\nFrom: {host}/{ada.name}/lab/base:v1\n"
    screen = build(stranger, definition, "--no-https")

    assert "INFO:    Downloading shub image" in screen
    assert "INFO:    Build complete: own.sif" in screen
    assert sha256_of(stranger.place / "own/payload") == payload_of(ada, base)
