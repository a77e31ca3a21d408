"""The lines of `library://`."""

from ..samples import Deed, Sample

_IMAGE = "/v2/imagefile/{coming_id}"
_PART = {"uploadID": "{parts_id}", "partNumber": 1}
_OTHERS_PART = {"uploadID": "{others_parts_id}", "partNumber": 1}
_COMPLETED = {
    "uploadID": "{parts_id}",
    "completedParts": [{"partNumber": 1, "token": ""}],
}
_TAG = {"Arch": "amd64", "Tag": "3", "ImageID": "{image_id}"}

LINES = (
    Sample("library.entity", "GET", "/v1/entities/{entity}", Deed.OTHER),
    Sample("library.entities", "POST", "/v1/entities", Deed.OTHER, json={"name": "{entity}"}),
    Sample("library.collection", "GET", "/v1/collections/{entity}/{collection}", Deed.LOOK),
    Sample(
        "library.collections",
        "POST",
        "/v1/collections",
        Deed.CREATE,
        json={"name": "new", "entity": "{entity_id}"},
    ),
    Sample(
        "library.collections",
        "POST",
        "/v1/collections",
        Deed.OTHER,
        note="of a name that may be taken",
        json={"name": "{collection}", "entity": "{entity_id}"},
    ),
    Sample("library.container", "GET", "/v1/containers/{path}", Deed.LOOK),
    Sample(
        "library.containers",
        "POST",
        "/v1/containers",
        Deed.PUSH,
        json={"name": "new", "collection": "{collection_id}"},
    ),
    Sample(
        "library.images",
        "POST",
        "/v1/images",
        Deed.PUSH,
        json={"hash": "{coming_hash}", "container": "{container_id}"},
    ),
    Sample(
        "library.images",
        "POST",
        "/v1/images",
        Deed.OTHER,
        note="of hidden bytes, into one's own container",
        json={"hash": "{hash}", "container": "{own_id}"},
        shows='"uploaded":true',
    ),
    Sample("library.image", "GET", "/v1/images/{path}:1?arch=amd64", Deed.LOOK),
    Sample("library.image", "GET", "/v1/images/{path}:{hash}", Deed.LOOK, note="by digest"),
    Sample("library.delete_image", "DELETE", "/v1/images/{path}:1?arch=amd64", Deed.REMOVE),
    Sample("library.imagefile", "GET", "/v1/imagefile/{path}:1?arch=amd64", Deed.LOOK),
    Sample("library.upload_v1", "POST", "/v1/imagefile/{coming_id}", Deed.PUSH, sends="coming"),
    Sample(
        "library.search",
        "GET",
        "/v1/search?value=blast",
        Deed.OTHER,
        shows='"entityName":"{entity}"',
    ),
    Sample(
        "library.search",
        "GET",
        "/v1/search?value=lab",
        Deed.OTHER,
        note="for a collection",
        shows='"entityName":"{entity}"',
    ),
    Sample(
        "library.search",
        "GET",
        "/v1/search?value={digest}",
        Deed.OTHER,
        note="for a digest",
        shows='"id":"{image_id}"',
    ),
    Sample(
        "library.upload",
        "POST",
        _IMAGE,
        Deed.PUSH,
        json={"filesize": 10, "sha256sum": "{coming_sha256}"},
    ),
    Sample("library.complete", "PUT", f"{_IMAGE}/_complete", Deed.PUSH, json={}),
    Sample("library.begin_parts", "POST", f"{_IMAGE}/_multipart", Deed.PUSH, json={"filesize": 10}),
    Sample("library.part", "PUT", f"{_IMAGE}/_multipart", Deed.PUSH, json=_PART),
    Sample(
        "library.part",
        "PUT",
        f"{_IMAGE}/_multipart",
        Deed.OTHER,
        note="of somebody else's upload",
        json=_OTHERS_PART,
    ),
    Sample(
        "library.complete_parts",
        "PUT",
        f"{_IMAGE}/_multipart_complete",
        Deed.PUSH,
        json=_COMPLETED,
    ),
    Sample(
        "library.abort_parts",
        "PUT",
        f"{_IMAGE}/_multipart_abort",
        Deed.PUSH,
        json={"uploadID": "{parts_id}"},
    ),
    Sample(
        "library.abort_parts",
        "PUT",
        f"{_IMAGE}/_multipart_abort",
        Deed.OTHER,
        note="of somebody else's upload",
        json={"uploadID": "{others_parts_id}"},
    ),
    Sample("library.tags_v1", "GET", "/v1/tags/{container_id}", Deed.LOOK),
    Sample("library.tags_v2", "GET", "/v2/tags/{container_id}", Deed.LOOK),
    Sample("library.set_tag_v1", "POST", "/v1/tags/{container_id}", Deed.PUSH, json=_TAG),
    Sample("library.set_tag_v2", "POST", "/v2/tags/{container_id}", Deed.PUSH, json=_TAG),
    Sample(
        "library.set_tag_v2",
        "POST",
        "/v2/tags/{own_id}",
        Deed.OTHER,
        note="of one's own container, to a hidden image",
        json=_TAG,
    ),
)
