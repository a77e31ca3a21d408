"""Addresses of the sregistry client."""

from pyramid.config import Configurator

# The client knows flat names. With `http://host/ada` for its base, all that it asks for is below
# `/ada/`, and its flat names are those of the entity `ada`.
_BASE = "/{entity:(?:[A-Za-z0-9-]+/)?}"
_API = f"{_BASE}api/"
_END = "{slash:/?}"
_COLLECTION = "{collection:[^/]+(?:/[^/]+)?}"
_TAGGED = f"{_COLLECTION}/{{container}}"
_NAMED = "name/{container}"


def includeme(config: Configurator) -> None:
    """Add the routes. The old server took most of them with and without a slash at the end."""
    reading = ("GET", "HEAD")
    for name, path in {
        "collections": f"{_API}collections{_END}",
        "collection_by_id": f"{_API}collections/{{id}}{_END}",
        "collection_search": f"{_API}collection/search/{{text}}{_END}",
        "collection": f"{_API}collection/{_COLLECTION}{_END}",
        "containers": f"{_API}containers{_END}",
        "container_by_id": f"{_API}containers/{{id}}{_END}",
        "search": f"{_API}container/search/{_NAMED}{_END}",
        "search_tag": f"{_API}container/search/{_NAMED}/tag/{{tag}}{_END}",
        "search_in": f"{_API}container/search/collection/{_COLLECTION}/{_NAMED}{_END}",
        "search_tag_in": (
            f"{_API}container/search/collection/{_COLLECTION}/{_NAMED}/tag/{{tag}}{_END}"
        ),
        "labels": f"{_API}labels/search{_END}",
        "labels_of_key": f"{_API}labels/search/{{key}}/key{_END}",
        "labels_of_value": f"{_API}labels/search/{{value}}/value{_END}",
        "labels_of_both": f"{_API}labels/search/{{key}}/key/{{value}}/value{_END}",
    }.items():
        config.add_route(f"sregistry.{name}", path, request_method=reading)
    # For a name with a host in it, push and delete of sregistry 0.2.39 forget the `api`.
    config.add_route("sregistry.delete", f"{_API}container/{_TAGGED}", request_method="DELETE")
    config.add_route(
        "sregistry.delete_without_api", f"/container/{_TAGGED}", request_method="DELETE"
    )
    add_post = ("POST",)
    config.add_route(
        "sregistry.begin_push", f"{_API}upload/chunked_upload{_END}", request_method=add_post
    )
    config.add_route(
        "sregistry.begin_push_without_api", f"/upload/chunked_upload{_END}", request_method=add_post
    )
    config.add_route("sregistry.push", f"{_BASE}upload{_END}", request_method=add_post)
    config.add_route("sregistry.push_at_once", f"{_API}push{_END}", request_method=add_post)
    config.add_route("sregistry.build", f"{_BASE}google_build/build{_END}", request_method=add_post)
