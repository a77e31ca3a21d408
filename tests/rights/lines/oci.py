"""The lines of OCI distribution."""

from ..callers import Way
from ..samples import About, Deed, Sample

_REPOSITORY = "/v2/{path}"
_UPLOAD = f"{_REPOSITORY}/blobs/uploads/{{blob_upload}}"
_OTHERS = f"{_REPOSITORY}/blobs/uploads/{{others_blob_upload}}"
_INDEX = {"Content-Type": "application/vnd.oci.image.index.v1+json"}

LINES = (
    Sample("oci.root", "GET", "/v2/", Deed.OTHER, about=About.NOTHING),
    Sample("oci.root_bare", "GET", "/v2", Deed.OTHER, about=About.NOTHING),
    Sample(
        "oci.token",
        "GET",
        "/v2/token?service=registry.test&scope=repository:{path}:pull",
        Deed.OTHER,
        only_way=Way.BASIC,
    ),
    Sample(
        "oci.token",
        "POST",
        "/v2/token",
        Deed.OTHER,
        about=About.NOTHING,
        note="for a token in place of a password",
        form={
            "grant_type": "password",
            "username": "{me}",
            "password": "{my_token}",
            "scope": "repository:{home}/lab/blast:pull",
        },
        only_way=Way.BASIC,
    ),
    Sample("oci.catalog", "GET", "/v2/_catalog", Deed.OTHER, shows='"{path}"'),
    Sample("oci.catalog", "GET", "/v2/_catalog?n=1", Deed.OTHER, note="a page of one"),
    Sample("oci.tags", "GET", f"{_REPOSITORY}/tags/list", Deed.LOOK),
    Sample(
        "oci.referrers",
        "GET",
        f"{_REPOSITORY}/referrers/{{manifest}}",
        Deed.OTHER,
        shows="{referrer}",
    ),
    Sample("oci.manifest", "GET", f"{_REPOSITORY}/manifests/1", Deed.LOOK),
    Sample(
        "oci.manifest", "GET", f"{_REPOSITORY}/manifests/{{manifest}}", Deed.LOOK, note="by digest"
    ),
    Sample(
        "oci.manifest",
        "PUT",
        f"{_REPOSITORY}/manifests/3",
        Deed.OTHER,
        sends="index",
        headers=_INDEX,
    ),
    Sample("oci.manifest", "DELETE", f"{_REPOSITORY}/manifests/1", Deed.REMOVE, note="a tag"),
    Sample(
        "oci.manifest",
        "DELETE",
        f"{_REPOSITORY}/manifests/{{manifest}}",
        Deed.REMOVE,
        note="by digest",
    ),
    Sample("oci.uploads", "POST", f"{_REPOSITORY}/blobs/uploads/", Deed.OTHER),
    Sample(
        "oci.uploads",
        "POST",
        f"{_REPOSITORY}/blobs/uploads/?digest={{new_blob}}",
        Deed.OTHER,
        note="at once",
        sends="new_blob",
    ),
    Sample(
        "oci.uploads",
        "POST",
        "/v2/{own}/blobs/uploads/?mount={layer}&from={path}",
        Deed.OTHER,
        note="a mount from there into one's own: 201 when it was found",
    ),
    Sample(
        "oci.uploads",
        "POST",
        f"{_REPOSITORY}/blobs/uploads/",
        Deed.OTHER,
        note="in the registry's own entity, of a name that may be taken",
        at_home=True,
        makes_the_name=True,
        only_way=Way.BASIC,
    ),
    Sample("oci.uploads_bare", "POST", f"{_REPOSITORY}/blobs/uploads", Deed.OTHER),
    Sample("oci.upload", "GET", _UPLOAD, Deed.PUSH),
    Sample("oci.upload", "PATCH", _UPLOAD, Deed.PUSH, sends="new_blob"),
    Sample("oci.upload", "PUT", f"{_UPLOAD}?digest={{new_blob}}", Deed.PUSH, sends="new_blob"),
    Sample("oci.upload", "DELETE", _UPLOAD, Deed.PUSH),
    Sample("oci.upload", "GET", _OTHERS, Deed.OTHER, note="somebody else's"),
    Sample("oci.upload", "DELETE", _OTHERS, Deed.OTHER, note="somebody else's"),
    Sample("oci.blob", "GET", f"{_REPOSITORY}/blobs/{{layer}}", Deed.LOOK),
    Sample("oci.blob", "DELETE", f"{_REPOSITORY}/blobs/{{layer}}", Deed.REMOVE),
)
