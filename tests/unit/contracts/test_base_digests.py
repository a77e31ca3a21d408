"""What a build has started from is told only where that is certain, and nothing else is read."""

import hashlib
from datetime import UTC, datetime

import pytest

from sregistry_core.contracts import ApptainerProgram, BuildOrder
from sregistry_core.testing.builder_contract import Lines

ORAS = "Bootstrap: oras\nFrom: registry.example.org/ada/lab/base:1\n"
TOLD = "base:oras://registry.example.org/ada/lab/base:1"


@pytest.fixture
def told(tmp_path):
    """Gives what is told of a definition, once `prepare` has made what the build leaves."""

    def tell(definition, prepare, **arguments):
        work = tmp_path / "work"
        cache = work / "cache" / "cache"
        cache.mkdir(parents=True)
        context = tmp_path / "context"
        context.mkdir()
        prepare(cache, context)
        order = BuildOrder(
            identifier="1",
            definition=definition,
            arch="amd64",
            work_directory=work,
            context_directory=context,
            deadline=datetime.now(UTC),
            cancelled=lambda: False,
            arguments=arguments,
        )
        output = Lines()
        ApptainerProgram().tell_bases(order, output)
        return output.facts

    return tell


def digest(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def fetched(*contents):
    def prepare(cache, _context):
        (cache / "oras").mkdir()
        for number, content in enumerate(contents):
            (cache / "oras" / str(number)).write_bytes(content)

    return prepare


def test_the_one_file_that_was_fetched_is_told_by_its_digest(told):
    assert told(ORAS, fetched(b"base")) == {TOLD: digest(b"base")}


def test_build_arguments_are_filled_in(told):
    definition = ORAS.replace("base:1", "base:{{ VERSION }}")

    assert told(definition, fetched(b"base"), VERSION="1") == {TOLD: digest(b"base")}


@pytest.mark.parametrize(
    "definition", [ORAS + "\n" + ORAS.replace("base", "other"), ORAS.replace("base", "{{ NAME }}")]
)
def test_what_is_not_certain_is_not_told(told, definition):
    assert told(definition, fetched(b"base")) == {}


def test_of_two_files_none_is_told(told):
    assert told(ORAS, fetched(b"base", b"other")) == {}


def test_links_that_a_build_leaves_lead_nowhere(told, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret").write_bytes(b"not theirs")

    def prepare(cache, context):
        (cache / "oras").symlink_to(elsewhere)
        (cache / "library").mkdir()
        (cache / "library" / "one").symlink_to(elsewhere / "secret")
        (context / "base.sif").symlink_to(elsewhere / "secret")

    library = "Bootstrap: library\nFrom: ada/lab/base:1\n"
    here = "Bootstrap: localimage\nFrom: base.sif\n"
    assert told(f"{ORAS}\n{library}\n{here}", prepare) == {}


def test_a_cache_that_a_build_has_put_elsewhere_is_not_read(told, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "oras").mkdir(parents=True)
    (elsewhere / "oras" / "secret").write_bytes(b"not theirs")

    def prepare(cache, _context):
        cache.rmdir()
        cache.symlink_to(elsewhere)

    assert told(ORAS, prepare) == {}


def test_a_file_that_was_sent_along_is_told(told):
    definition = "Bootstrap: localimage\nFrom: base.sif\n"

    facts = told(definition, lambda _cache, context: (context / "base.sif").write_bytes(b"base"))

    assert facts == {"base:localimage://base.sif": digest(b"base")}
