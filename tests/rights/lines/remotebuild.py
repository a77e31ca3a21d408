"""The lines of remote builds."""

from base64 import b64encode

from ..samples import About, Deed, Sample
from ..worlds import COMING, sha256_of

_FILES = {"size": len(COMING), "digest": f"sha256.{sha256_of(COMING)}"}
_ORDER = {"definitionRaw": b64encode(b"say hello").decode()}

LINES = (
    Sample(
        "remotebuild.convert",
        "POST",
        "/v1/convert-def-file",
        Deed.WHO_AM_I,
        about=About.NOTHING,
        sends="definition",
    ),
    Sample(
        "remotebuild.announce",
        "POST",
        "/v1/build-context",
        Deed.OTHER,
        about=About.NOTHING,
        json=_FILES,
    ),
    Sample(
        "remotebuild.upload",
        "PUT",
        "/v1/build-context/{context_address}",
        Deed.ADDRESS,
        about=About.NOTHING,
        sends="coming",
    ),
    Sample(
        "remotebuild.forget",
        "DELETE",
        "/v1/build-context/{coming_hash}",
        Deed.OTHER,
        about=About.NOTHING,
        note="files of ada's",
    ),
    Sample(
        "remotebuild.submit",
        "POST",
        "/v1/build",
        Deed.PUSH,
        json={**_ORDER, "libraryRef": "library://{path}:4"},
    ),
    Sample(
        "remotebuild.submit",
        "POST",
        "/v1/build",
        Deed.OTHER,
        about=About.NOTHING,
        note="without a name",
        json={**_ORDER, "libraryRef": ""},
    ),
    Sample("remotebuild.status", "GET", "/v1/build/{build_id}", Deed.OTHER),
    Sample("remotebuild.cancel", "PUT", "/v1/build/{build_id}/_cancel", Deed.PUSH),
)
