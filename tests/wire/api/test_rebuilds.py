"""Images that are built anew by themselves, by the API: ordered, shown, changed and ended."""

import pytest

from sregistry_core.testing.sif_files import make_sif

from .conftest import PROTOCOLS

BLAST = "/api/v1/containers/ada/lab/blast/tags"
REBUILD = f"{BLAST}/1/rebuild"


@pytest.fixture
def registry(make_registry):
    return make_registry(
        protocols=PROTOCOLS, plugin_modules="sregistry_core.testing.toy_builder", builder="toy"
    )


@pytest.fixture
def blast(registry, ada):
    ada.push("ada/lab/blast:1", make_sif(definition="Bootstrap: docker\nFrom: alpine\nlabel a=1"))
    registry.run_jobs()


def test_a_schedule_is_made_shown_changed_and_ended(ada, bob, blast):
    ada.get(REBUILD, status=404)
    ada.put(f"{BLAST}/2/rebuild", {"every_days": 7}, status=404)
    made = ada.put(REBUILD, {"every_days": 7, "when_base_moves": True}, status=200).json

    assert (made["container"], made["tag"], made["arch"]) == ("ada/lab/blast", "1", "amd64")
    assert (made["every_days"], made["when_base_moves"], made["acts_for"]) == (7, True, "ada")
    assert made["bases"] == [{"address": "docker://alpine", "digest": None, "trouble": None}]
    assert (made["verdict"], made["build"], made["is_under_way"]) == (None, None, False)
    assert ada.get(REBUILD, status=200).json == made
    assert ada.get(f"{REBUILD}?arch=amd64", status=200).json == made
    ada.get(f"{REBUILD}?arch=arm64", status=404)
    bob.get(REBUILD, status=403)
    listed = ada.get("/api/v1/collections/ada/lab/rebuilds", status=200).json
    assert listed == {"items": [made], "next_after": None}

    changed = ada.put(REBUILD, {"every_days": 1}, status=200).json
    assert (changed["every_days"], changed["when_base_moves"]) == (1, False)
    assert changed["bases"] == []
    ada.delete(REBUILD, status=204)
    ada.get(REBUILD, status=404)
    ada.post(f"{REBUILD}/now", status=404)


def test_what_came_of_a_rebuild_is_shown(registry, ada, blast):
    ada.put(REBUILD, {"every_days": 7}, status=200)
    assert ada.post(f"{REBUILD}/now", status=202).json["verdict"] is None

    registry.run_jobs()

    shown = ada.get(REBUILD, status=200).json
    assert shown["verdict"] == "changed"
    assert shown["words"].startswith("other: the definition, 1 label")
    assert shown["changes"]["labels"]["added"] == {"a": "1"}
    build = ada.get(f"/api/v1/builds/{shown['build']}", status=200).json
    assert (build["state"], build["ordered_by"]) == ("succeeded", "ada")
    news = ada.get("/api/v1/user/news", status=200).json["items"]
    assert "rebuild.changed" in [one["action"] for one in news]


def test_schedules_that_make_no_sense_are_refused(ada, blast):
    for wrong in (
        {},
        {"every_days": 0},
        {"every_days": 366},
        {"every_days": "7"},
        {"when_base_moves": False},
        {"every_days": 7, "arch": "vax"},
        {"strange": 1},
    ):
        ada.ask("PUT", REBUILD, wrong).mustcontain("code")
        ada.get(REBUILD, status=404)


def test_many_schedules_come_page_by_page(registry, ada, blast):
    for number in range(3):
        ada.push(f"ada/lab/blast:{number}", make_sif(labels={"n": str(number)}))
    registry.run_jobs()
    for number in range(3):
        ada.put(f"{BLAST}/{number}/rebuild", {"every_days": 7}, status=200)

    first = ada.get("/api/v1/collections/ada/lab/rebuilds?limit=2", status=200).json
    rest = ada.get(
        f"/api/v1/collections/ada/lab/rebuilds?limit=2&after={first['next_after']}", status=200
    ).json

    tags = [one["tag"] for one in (*first["items"], *rest["items"])]
    assert sorted(tags) == ["0", "1", "2"]
    assert rest["next_after"] is None
