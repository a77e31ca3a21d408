"""The operations of our API, as a page shows them: read from its own description."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_METHODS = ("get", "put", "post", "patch", "delete")
_READING = frozenset({"GET", "HEAD"})
_DEEPEST = 3

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a member of a JSON object; `name` has a dot for each object within."""

    name: str
    kind: str
    is_required: bool
    description: str
    example: str = ""
    where: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation may answer."""

    status: str
    description: str
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address.

    body        the members of the JSON object that is sent
    example     such an object; empty when nothing is sent
    """

    id: str
    tag: str
    method: str
    path: str
    summary: str
    description: str
    parameters: Sequence[Field]
    body: Sequence[Field]
    example: str
    answers: Sequence[Answer]
    needs_login: bool

    @property
    def is_reading(self) -> bool:
        """True when it changes nothing."""
        return self.method in _READING


@dataclass(frozen=True, slots=True)
class Group:
    """Operations on the same kind of thing."""

    name: str
    description: str
    operations: Sequence[Operation]


def read_groups(document: Schema) -> Sequence[Group]:
    """Give all operations of a description, by the tags that it has, in its order."""
    found = list(_Reader(document).operations())
    return [
        Group(
            tag["name"],
            tag.get("description", ""),
            [one for one in found if one.tag == tag["name"]],
        )
        for tag in document.get("tags", ())
    ]


class _Reader:
    """Follows the references of one document."""

    def __init__(self, document: Schema):
        self._document = document

    def operations(self) -> Iterator[Operation]:
        """Give every operation."""
        for path, item in self._document["paths"].items():
            shared = item.get("parameters", ())
            for method in _METHODS:
                if method in item:
                    yield self._operation(path, method, item[method], shared)

    def _operation(
        self, path: str, method: str, found: Schema, shared: Sequence[Schema]
    ) -> Operation:
        parameters = [self._parameter(one) for one in (*shared, *found.get("parameters", ()))]
        body = self._json_schema(found.get("requestBody", {}))
        return Operation(
            id=found["operationId"],
            tag=found["tags"][0],
            method=method.upper(),
            path=path,
            summary=found.get("summary", ""),
            description=found.get("description", ""),
            parameters=parameters,
            body=list(self._fields(body)) if body else [],
            example=json.dumps(self._example(body), indent=2, ensure_ascii=False) if body else "",
            answers=[
                self._answer(status, one) for status, one in sorted(found["responses"].items())
            ],
            needs_login=bool(found.get("security")),
        )

    def _parameter(self, given: Schema) -> Field:
        found = self._resolved(given)
        schema = self._resolved(found.get("schema", {}))
        examples = schema.get("examples") or ()
        example = examples[0] if examples else ""
        return Field(
            name=found["name"],
            kind=self._kind(schema),
            is_required=bool(found.get("required")),
            description=found.get("description", schema.get("description", "")),
            example=",".join(map(str, example)) if isinstance(example, list) else str(example),
            where=found["in"],
            choices=tuple(str(one) for one in schema.get("enum", ()))
            or (("true", "false") if schema.get("type") == "boolean" else ()),
        )

    def _answer(self, status: str, given: Schema) -> Answer:
        found = self._resolved(given)
        schema = self._json_schema(found)
        is_refusal = status >= "400"
        fields = list(self._fields(schema)) if schema and not is_refusal else []
        return Answer(status, found.get("description", ""), fields)

    def _json_schema(self, given: Schema) -> Schema | None:
        content = self._resolved(given).get("content", {})
        found: Schema | None = content.get("application/json", {}).get("schema")
        return self._resolved(found) if found else None

    def _fields(self, schema: Schema, prefix: str = "", depth: int = 0) -> Iterator[Field]:
        required = schema.get("required", ())
        for name, given in schema.get("properties", {}).items():
            one = self._resolved(given)
            yield Field(
                name=f"{prefix}{name}",
                kind=self._kind(one),
                is_required=name in required,
                description=one.get("description", ""),
                choices=tuple(str(choice) for choice in one.get("enum", ())),
            )
            inner = self._resolved(one.get("items", one))
            if "properties" in inner and depth < _DEEPEST:
                sign = "[]." if "items" in one else "."
                yield from self._fields(inner, f"{prefix}{name}{sign}", depth + 1)

    def _example(self, schema: Schema, depth: int = 0) -> Any:
        found = self._resolved(schema)
        if found.get("examples"):
            return found["examples"][0]
        if "properties" in found and depth <= _DEEPEST:
            required = found.get("required", ())
            wanted = {
                name: one for name, one in found["properties"].items() if name in required
            } or found["properties"]
            return {name: self._example(one, depth + 1) for name, one in wanted.items()}
        if found.get("enum"):
            return found["enum"][0]
        kind = found.get("type", "string")
        kind = kind[0] if isinstance(kind, list) else kind
        by_kind: dict[str, Any] = {"integer": 0, "boolean": False, "array": [], "object": {}}
        return by_kind.get(kind, "")

    def _kind(self, schema: Schema) -> str:
        kind = schema.get("type", "")
        kinds = [kind] if isinstance(kind, str) else list(kind)
        if "items" in schema:
            kinds = [f"array of {self._kind(self._resolved(schema['items']))}"]
        words = " or ".join(one for one in kinds if one)
        if "format" in schema:
            words = f"{words}, {schema['format']}"
        return words or "any"

    def _resolved(self, given: Schema) -> Schema:
        while "$ref" in given:
            found: Any = self._document
            for part in given["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            given = found
        return given
