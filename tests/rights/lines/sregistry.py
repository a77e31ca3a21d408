"""The lines of the sregistry client."""

from ..samples import Deed, Sample

_COLLECTION = "{entity}/{collection}"
_SEARCH = "/api/container/search"
_PUSH = {"collection": _COLLECTION, "name": "{container}", "tag": "3"}
_BYTES = {"name": "{container}", "tag": "3"}
_TAGGED = f"{_COLLECTION}/{{container}}:1"

LINES = (
    Sample("sregistry.collections", "GET", "/api/collections", Deed.OTHER, shows='"{path}:1"'),
    Sample(
        "sregistry.collections",
        "GET",
        "/{entity}/api/collections?limit=10",
        Deed.OTHER,
        note="of an entity, a page",
        shows='"uri":"{collection}/{container}:1"',
    ),
    Sample("sregistry.collection_by_id", "GET", "/api/collections/{collection_id}", Deed.LOOK),
    Sample(
        "sregistry.collection_search",
        "GET",
        "/api/collection/search/{collection}",
        Deed.OTHER,
        shows='"{path}:1"',
    ),
    Sample(
        "sregistry.collection",
        "GET",
        f"/api/collection/{_COLLECTION}",
        Deed.OTHER,
        shows='"{path}:1"',
    ),
    Sample("sregistry.containers", "GET", "/api/containers", Deed.OTHER, shows='"id":"{image_id}"'),
    Sample(
        "sregistry.containers",
        "GET",
        "/{entity}/api/containers?limit=10",
        Deed.OTHER,
        note="of an entity, a page",
        shows='"id":"{image_id}"',
    ),
    Sample(
        "sregistry.containers", "GET", "/api/containers?limit=1", Deed.OTHER, note="a page of one"
    ),
    Sample(
        "sregistry.collections", "GET", "/api/collections?limit=1", Deed.OTHER, note="a page of one"
    ),
    Sample("sregistry.container_by_id", "GET", "/api/containers/{image_id}", Deed.LOOK),
    Sample(
        "sregistry.search",
        "GET",
        f"{_SEARCH}/name/{{container}}",
        Deed.OTHER,
        shows='"id":"{image_id}"',
    ),
    Sample(
        "sregistry.search_tag",
        "GET",
        f"{_SEARCH}/name/{{container}}/tag/1",
        Deed.OTHER,
        shows='"id":"{image_id}"',
    ),
    Sample(
        "sregistry.search_in",
        "GET",
        f"{_SEARCH}/collection/{_COLLECTION}/name/{{container}}",
        Deed.OTHER,
        shows='"id":"{image_id}"',
    ),
    Sample(
        "sregistry.search_tag_in",
        "GET",
        f"{_SEARCH}/collection/{_COLLECTION}/name/{{container}}/tag/1",
        Deed.OTHER,
        shows='"id":"{image_id}"',
    ),
    Sample("sregistry.labels", "GET", "/api/labels/search", Deed.OTHER, shows='"{path}:1"'),
    Sample(
        "sregistry.labels_of_key",
        "GET",
        "/api/labels/search/org.label-schema.name/key",
        Deed.OTHER,
        shows='"{path}:1"',
    ),
    Sample(
        "sregistry.labels_of_value",
        "GET",
        "/api/labels/search/{label}/value",
        Deed.OTHER,
        shows='"{path}:1"',
    ),
    Sample(
        "sregistry.labels_of_both",
        "GET",
        "/api/labels/search/org.label-schema.name/key/{label}/value",
        Deed.OTHER,
        shows='"{path}:1"',
    ),
    Sample("sregistry.delete", "DELETE", f"/api/container/{_TAGGED}", Deed.REMOVE, signs="delete"),
    Sample(
        "sregistry.delete_without_api",
        "DELETE",
        f"/container/{_TAGGED}",
        Deed.REMOVE,
        signs="delete",
    ),
    Sample(
        "sregistry.begin_push",
        "POST",
        "/api/upload/chunked_upload",
        Deed.OTHER,
        json=_PUSH,
        signs="push",
        signed_tag="3",
    ),
    Sample(
        "sregistry.begin_push",
        "POST",
        "/api/upload/chunked_upload",
        Deed.OTHER,
        note="in the registry's own entity, of a name that may be taken",
        json={**_PUSH, "collection": "{collection}"},
        signs="push",
        signed_tag="3",
        at_home=True,
        makes_the_name=True,
    ),
    Sample(
        "sregistry.begin_push_without_api",
        "POST",
        "/upload/chunked_upload",
        Deed.OTHER,
        json=_PUSH,
        signs="push",
        signed_tag="3",
    ),
    Sample(
        "sregistry.push",
        "POST",
        "/upload",
        Deed.PUSH,
        multipart={**_BYTES, "collection": "{cid}"},
        signs="upload",
        signed_tag="3",
    ),
    Sample(
        "sregistry.push",
        "POST",
        "/upload",
        Deed.OTHER,
        note="of what somebody else has begun",
        multipart={**_BYTES, "collection": "{others_cid}"},
        signs="upload",
        signed_tag="3",
    ),
    Sample(
        "sregistry.push_at_once",
        "POST",
        "/api/push/",
        Deed.OTHER,
        multipart={**_PUSH, "metadata": "{{}}"},
        signs="push",
        signed_tag="3",
    ),
    Sample("sregistry.build", "POST", "/google_build/build", Deed.OTHER, json=_PUSH),
)
