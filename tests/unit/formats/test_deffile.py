"""Definition files, taken apart for display."""

import time

from sregistry_core.formats.deffile import Section, read_definition


def test_the_two_lines_of_a_docker_image_are_read() -> None:
    (stage,) = read_definition("bootstrap: docker\nfrom: alpine:3.20\n").stages

    assert (stage.bootstrap, stage.origin) == ("docker", "alpine:3.20")
    assert stage.sections == ()


def test_keys_are_read_in_any_case_and_comments_passed_over() -> None:
    text = "# mine\nBootStrap :  library # here\n\nFROM: ada/lab/blast:1\nInclude: x\n"

    (stage,) = read_definition(text).stages

    assert stage.header == {"bootstrap": "library", "from": "ada/lab/blast:1", "include": "x"}


def test_a_tag_sign_or_port_in_a_source_is_kept() -> None:
    (stage,) = read_definition("Bootstrap: docker\nFrom: host:5000/a#b:1").stages

    assert stage.origin == "host:5000/a#b:1"


def test_sections_are_read_with_arguments_and_text() -> None:
    text = "Bootstrap: docker\nFrom: a\n%post -c /bin/bash\n  make\n\n  # why\n%appRun blast\nb\n"

    (stage,) = read_definition(text).stages

    assert stage.sections == (
        Section("post", "-c /bin/bash", "  make\n\n  # why"),
        Section("apprun", "blast", "b"),
    )


def test_a_definition_of_two_stages_is_read() -> None:
    text = (
        "Bootstrap: docker\nFrom: golang\nStage: build\n%post\n make\n"
        "Bootstrap: library\nFrom: alpine\n%files from build\n /a /b\n"
    )

    build, last = read_definition(text).stages

    assert (build.origin, build.header["stage"]) == ("golang", "build")
    assert build.sections == (Section("post", "", " make"),)
    assert (last.bootstrap, last.origin) == ("library", "alpine")
    assert last.sections == (Section("files", "from build", " /a /b"),)


def test_a_source_told_before_the_bootstrap_belongs_to_its_stage() -> None:
    (stage,) = read_definition("From: alpine\nBootstrap: docker\n").stages

    assert (stage.bootstrap, stage.origin) == ("docker", "alpine")


def test_no_text_has_no_stage() -> None:
    assert read_definition("").stages == ()
    assert read_definition("\n\n").stages == ()


def test_what_is_no_definition_is_passed_over() -> None:
    (stage,) = read_definition("nothing here\n  %post\n%\n% post\n").stages

    assert (stage.header, stage.sections) == ({}, ())


def test_stages_sections_and_keys_are_bounded() -> None:
    started = time.monotonic()

    stages = read_definition("bootstrap: a\n%post\n" * 5000).stages
    (sections,) = read_definition("%post\n" * 50_000).stages
    (keys,) = read_definition("".join(f"k{number}: v\n" for number in range(50_000))).stages

    assert len(stages) == 100
    assert len(sections.sections) == 1000
    assert len(keys.header) == 100
    assert time.monotonic() - started < 5


def test_a_hostile_text_takes_no_long_time() -> None:
    started = time.monotonic()

    read_definition("a" * 1_000_000)
    read_definition("a:" + " " * 1_000_000)
    read_definition(" " * 1_000_000 + "b")
    read_definition("a" + " " * 1_000_000)

    assert time.monotonic() - started < 5
