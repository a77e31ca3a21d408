"""Our own API keeps to its document, whatever is asked: examples come from the document."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sregistry_core.protocols.api.document import read_document
from sregistry_core.testing.connections import connections_at_work
from sregistry_core.testing.registry import PUBLIC_URL

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
EXAMPLES = 24
FUZZ = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def loaded():
    """Give the document, and its operations by what they are called."""
    config = schemathesis.Config()
    config.projects.default.generation.with_security_parameters = False
    schema = schemathesis.openapi.from_dict(read_document(PUBLIC_URL), config=config)
    return {found.ok().label: found.ok() for found in schema.get_all_operations()}


OPERATIONS = loaded()


def cases_of(operation):
    """Make requests as the document has them, and requests against it."""
    return st.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )


def lead_somewhere(case, known, choose):
    """Put names that are there into most of the path and of the body."""
    for name in case.path_parameters or ():
        values = [value for value in known.get(name, ()) if value]
        if values and choose(st.sampled_from([True, True, False])):
            case.path_parameters[name] = choose(st.sampled_from(values))


def closing(application):
    """Close answers as servers do; the transport of Schemathesis does not."""

    def answer(environ, start_response):
        pieces = application(environ, start_response)
        try:
            return [b"".join(pieces)]
        finally:
            if hasattr(pieces, "close"):
                pieces.close()

    return answer


@pytest.mark.parametrize("caller", ["ada", "root", None])
@pytest.mark.parametrize("label", OPERATIONS)
def test_every_operation_keeps_to_the_document(registry, seeds, label, caller):
    operation, app = OPERATIONS[label], closing(registry.app.app)
    shown = {"Authorization": f"Bearer {seeds.tokens[caller]}"} if caller else {}

    @FUZZ
    @given(data=st.data())
    def keeps(data):
        case = data.draw(cases_of(operation))
        lead_somewhere(case, seeds.known, data.draw)
        answer = case.call(base_url=PUBLIC_URL, headers=shown, app=app)
        case.validate_response(answer, checks=CHECKS, transport_kwargs={"app": app})

    keeps()
    assert connections_at_work(registry.parts.database) == 0


def test_every_operation_of_the_document_is_asked():
    described = [
        method
        for path in read_document(PUBLIC_URL)["paths"].values()
        for method in path
        if method != "parameters"
    ]

    assert len(OPERATIONS) == len(described)
