"""Addresses of the library API, as the clients call them."""

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Add the routes. `GET /v1/oci-redirect` is left out: a 200 would bind the client to OCI."""
    add = config.add_route
    add("library.entities", "/v1/entities", request_method="POST")
    add("library.entity", "/v1/entities/{name}", request_method="GET")
    add("library.collections", "/v1/collections", request_method="POST")
    add("library.collection", "/v1/collections/{name:.+}", request_method="GET")
    add("library.containers", "/v1/containers", request_method="POST")
    add("library.container", "/v1/containers/{name:.+}", request_method="GET")
    add("library.images", "/v1/images", request_method="POST")
    add("library.image", "/v1/images/{name:.+}", request_method="GET")
    add("library.delete_image", "/v1/images/{name:.+}", request_method="DELETE")
    add("library.imagefile", "/v1/imagefile/{name:.+}", request_method=("GET", "HEAD"))
    add("library.upload_v1", "/v1/imagefile/{image}", request_method="POST")
    add("library.search", "/v1/search", request_method="GET")

    image = "/v2/imagefile/{image}"
    add("library.upload", image, request_method="POST")
    add("library.complete", f"{image}/_complete", request_method="PUT")
    add("library.begin_parts", f"{image}/_multipart", request_method="POST")
    add("library.part", f"{image}/_multipart", request_method="PUT")
    add("library.complete_parts", f"{image}/_multipart_complete", request_method="PUT")
    add("library.abort_parts", f"{image}/_multipart_abort", request_method="PUT")

    for version in ("v1", "v2"):
        path = f"/{version}/tags/{{container}}"
        add(f"library.tags_{version}", path, request_method="GET")
        add(f"library.set_tag_{version}", path, request_method="POST")
