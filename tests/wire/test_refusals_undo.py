"""What is raised undoes all that was done before it in the same request."""

from sregistry_core.models import CollectionRole
from sregistry_core.names import CollectionName
from sregistry_core.testing.sif_files import make_sif


def test_a_refusal_half_way_leaves_nothing_of_the_first_half(make_registry):
    registry = make_registry(protocols="transfer library api")
    ada, bob = registry.user("ada"), registry.user("bob")
    ada.push("ada/lab/blast:1", make_sif())
    with registry.parts.unit()() as services:
        lab = services.catalog.collection(CollectionName("ada", "lab"))
        services.grants.give(lab, CollectionRole.WRITER, user="bob")

    # A writer describes, and only an owner freezes: the description is written first.
    bob._ask(
        "PATCH",
        "/api/v1/containers/ada/lab/blast",
        body={"description": "by bob", "frozen": True},
        status=403,
    )

    found = ada.get("/api/v1/containers/ada/lab/blast").json
    assert (found["description"], found["frozen"]) == ("", False)
