"""The document: sound, served, and the same as the routes."""

import re

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from referencing import Registry as References
from referencing.jsonschema import DRAFT202012

METHODS = {"get", "put", "post", "patch", "delete", "head", "options"}


@pytest.fixture
def served(stranger):
    return stranger.get("/api/v1/openapi.json").json


def test_the_document_is_sound_and_names_our_address(served):
    validate(served)

    assert served["openapi"].startswith("3.1")
    assert served["servers"] == [{"url": "http://registry.test"}]
    assert not [name for name in served if name.startswith("x-")]


def test_the_document_is_there_for_head(stranger):
    answer = stranger.head("/api/v1/openapi.json", status=200)

    assert answer.content_type == "application/json"
    assert answer.body == b""


def test_every_route_is_described_and_every_operation_has_a_route(registry, served):
    described = {
        (method.upper(), path, f"api.{operation['operationId']}")
        for path, item in served["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }

    assert described == _routes(registry)


def test_every_operation_is_told_to_people(served):
    for item in served["paths"].values():
        for method in METHODS & set(item):
            operation = item[method]
            assert operation["summary"][0].isupper()
            assert operation["tags"][0] in {tag["name"] for tag in served["tags"]}
            assert {"400", "401", "503"} <= set(operation["responses"])


def test_every_example_fits_its_schema(served):
    references = References().with_resource(
        "urn:document", DRAFT202012.create_resource({**served, "$id": "urn:document"})
    )
    checked = 0
    for schema in _schemas(served):
        if "examples" in schema:
            pointed = _absolute({name: schema[name] for name in schema if name != "examples"})
            validator = Draft202012Validator(pointed, registry=references)
            for example in schema["examples"]:
                validator.validate(example)
                checked += 1

    assert checked > 30


def _routes(registry):
    introspector = registry.app.app.registry.introspector
    found = set()
    for entry in introspector.get_category("routes"):
        route = entry["introspectable"]
        if route["name"].startswith("api.") and "other_method" not in route["name"]:
            methods = route["request_methods"]
            assert len(methods) == 1, route["name"]
            path = re.sub(r":[^}]+}", "}", route["pattern"])
            found.add((methods[0], path, route["name"]))
    return found


def _schemas(node):
    if isinstance(node, dict):
        if "type" in node or "$ref" in node:
            yield node
        for name, value in node.items():
            if name != "examples":
                yield from _schemas(value)
    elif isinstance(node, list):
        for value in node:
            yield from _schemas(value)


def _absolute(node):
    if isinstance(node, dict):
        return {
            name: "urn:document" + value if name == "$ref" else _absolute(value)
            for name, value in node.items()
        }
    if isinstance(node, list):
        return [_absolute(value) for value in node]
    return node
