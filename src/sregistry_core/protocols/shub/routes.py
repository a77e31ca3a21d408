"""Addresses that the shub client makes of what its user types."""

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Add the routes.

    `shub://host/a/b/c` asks below `/a/`: that is the entity. `shub://host/s/TOKEN/b/c` asks below
    `/s/TOKEN/`: that is a share link. The sregistry client puts all three behind `/api/container/`.
    """
    add = config.add_route
    manifest = "api/container/{collection}/{container}"
    reading = ("GET", "HEAD")
    add("shub.manifest", f"/{manifest}", request_method=reading)
    add("shub.shared_manifest", f"/s/{{token}}/{manifest}", request_method=reading)
    add("shub.shared_image", "/s/{token}/{collection}/{container}", request_method=reading)
    add("shub.manifest_of_entity", f"/{{entity}}/{manifest}", request_method=reading)
    add(
        "shub.manifest_in_full",
        "/api/container/{entity}/{collection}/{container}",
        request_method=reading,
    )
