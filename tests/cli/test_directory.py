"""`sregistry-admin directory` and `token sregistry`."""

import json

import pytest
import yaml


def test_other_registries_are_added_listed_and_removed(site):
    assert site.must("directory", "add", "other", "https://other.example/") == [
        "added other: https://other.example"
    ]
    (line,) = site.must("directory", "list")
    assert line.split()[:2] == ["other", "https://other.example"]

    assert site.must("directory", "remove", "other") == ["removed other"]

    assert site.must("directory", "list") == []


def test_a_name_or_an_address_that_cannot_be_is_refused_in_one_line(site):
    site.must("user", "add", "ada", "--password-stdin", stdin="long enough\n")

    assert "entity" in site.refusal("directory", "add", "ada", "https://other.example")
    assert "reserved" in site.refusal("directory", "add", "v1", "https://other.example")
    assert "address" in site.refusal("directory", "add", "other", "other.example")
    assert "not in the directory" in site.refusal("directory", "remove", "other")


def test_nobody_gets_the_name_of_another_registry(site):
    site.must("directory", "add", "other", "https://other.example")

    refused = site.refusal("user", "add", "other", "--password-stdin", stdin="long enough\n")

    assert refused == "the name other is taken"


@pytest.mark.parametrize("name", ["Test Registry", 'A "quoted": name #1', "Zürich"])
def test_the_exported_file_passes_the_tests_of_the_public_list(site, tmp_path, name):
    site.settings["sregistry.name"] = name
    site.write()

    (path,) = site.must("directory", "export", "--to", str(tmp_path))

    written = (tmp_path / "tacc-registry.md").read_text()
    assert path == str(tmp_path / "tacc-registry.md")
    front = next(yaml.safe_load_all(written))
    fields = [
        "layout",
        "base",
        "date",
        "author",
        "categories",
        "img",
        "thumb",
        "tagged",
        "institution",
        "title",
    ]
    assert all(front[field] not in ("", None) for field in fields)
    assert (front["layout"], front["title"]) == ("registry", name)
    assert front["base"] == site.settings["sregistry.public_url"]


def test_the_secrets_file_of_a_user_is_made_once_and_shown_again(site):
    site.must("user", "add", "ada", "--password-stdin", stdin="long enough\n")

    first = json.loads("\n".join(site.must("token", "sregistry", "ada")))
    second = json.loads("\n".join(site.must("token", "sregistry", "ada")))
    third = json.loads("\n".join(site.must("token", "sregistry", "ada", "--renew")))

    assert first == second
    assert first["registry"]["token"] != third["registry"]["token"]
    assert first["registry"]["username"] == "ada"
    assert first["registry"]["base"] == site.settings["sregistry.public_url"]
    assert len(first["registry"]["token"]) == 40
