"""Images that are built anew by themselves, from the command line."""

import pytest


@pytest.fixture
def building(pushed):
    pushed.settings["sregistry.plugin_modules"] = "sregistry_core.testing.toy_builder"
    pushed.settings["sregistry.builder"] = "toy"
    pushed.write()
    return pushed


def shown(lines):
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def test_an_image_is_scheduled_shown_built_listed_and_removed(building):
    said = shown(
        building.must("rebuild", "set", "ada/lab/blast:1", "--every", "7d", "--when-base-moves")
    )
    assert (said["name"], said["arch"]) == ("ada/lab/blast:1", "amd64")
    assert said["when"] == "every 7 days and when a base moves"
    assert (said["acts for"], said["base"]) == ("ada", "docker://alpine")

    now = building.must("rebuild", "now", "ada/lab/blast:1")
    assert now == ["ada/lab/blast:1 will be built anew"]
    building.must("jobs", "run")
    after = shown(building.must("rebuild", "show", "ada/lab/blast:1"))
    assert (after["verdict"], after["words"]) == ("same", "the same bytes")

    for collection in ([], ["ada/lab"]):
        (line,) = building.must("rebuild", "list", *collection)[-1:]
        assert line.split()[:2] == ["ada/lab/blast:1", "amd64"]
        assert "same" in line
    gone = building.must("rebuild", "remove", "ada/lab/blast:1")
    assert gone == ["ada/lab/blast:1 is not built anew by itself any more"]
    refusal = building.refusal("rebuild", "show", "ada/lab/blast:1")
    assert refusal == "ada/lab/blast:1 is not built anew by itself"


def test_what_makes_no_sense_is_refused_in_one_line(building):
    assert building.refusal("rebuild", "set", "ada/lab/blast:1") == (
        "say every how many days, or that it is when a base image has moved"
    )
    assert building.refusal("rebuild", "set", "ada/lab/blast:1", "--every", "36h") == (
        "--every is a number of whole days, such as 7d"
    )
    assert building.refusal("rebuild", "set", "ada/lab/blast:2", "--every", "7d") == (
        "ada/lab/blast:2 does not exist"
    )
