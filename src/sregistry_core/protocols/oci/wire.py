"""Between our words and those of OCI clients.

Source: OCI distribution 1.1.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.digests import ContentDigest
from sregistry_core.errors import InvalidDigest, InvalidName, InvalidSize, Malformed
from sregistry_core.formats.oci_manifest import OCI_INDEX
from sregistry_core.models import Manifest
from sregistry_core.names import ContainerName
from sregistry_core.services.blob_uploads import Chunk
from sregistry_core.services.manifests import Pushed
from sregistry_core.services.seen import AnyManifest

USUAL_PAGE = 1000
LARGEST_PAGE = 10_000
_ACTIONS = {
    "GET": "pull",
    # oras-py keeps the first token it gets, and asks by HEAD before it pushes or deletes.
    "HEAD": "pull,push,delete",
    "DELETE": "delete",
}
LARGEST_MANIFEST = 4 << 20
# Some clients add the word, which the specification does not have.
_CONTENT_RANGE = re.compile(r"(?:bytes[ =]+)?(\d{1,18})-(\d{1,18})(?:/(?:\d{1,18}|\*))?\Z")
_NUMBER = re.compile(r"\d{1,18}\Z")


class OciResponse(Response):
    """An answer whose Location stays a path: only the client knows by which name it reaches us."""

    @staticmethod
    def _make_location_absolute(_environ: object, value: str) -> str:
        return value


def read_name(request: Request) -> ContainerName:
    """Give the repository of an address. Raises InvalidName with the rule."""
    return parse_name(request, request.matchdict["name"])


def parse_name(request: Request, text: str) -> ContainerName:
    """Read the name of a repository, of one to three parts. Raises InvalidName with the rule."""
    if text != text.strip("/"):
        raise InvalidName(f"{text[:200]!r} is no name: it begins or ends with '/'")
    try:
        return ContainerName.parse(text, home=request.registry["facilities"].settings.id)
    except Malformed as error:
        raise InvalidName(str(error)) from error


def read_digest(request: Request) -> ContentDigest:
    """Give the digest that the query names. Raises InvalidDigest."""
    text = request.GET.get("digest")
    if text is None:
        raise InvalidDigest("the query names no digest")
    return ContentDigest.parse(text)


def read_chunk(request: Request) -> Chunk | None:
    """Give the place of a chunk, as Content-Range says it; None when it is not said.

    Raises InvalidSize when it cannot be, or the body has another length.
    """
    header = request.headers.get("Content-Range", "").strip().lower()
    if not header:
        return None
    found = _CONTENT_RANGE.match(header)
    if not found or int(found[2]) < int(found[1]):
        raise InvalidSize(f"Content-Range {header[:80]!r} is not FIRST-LAST")
    chunk = Chunk(int(found[1]), int(found[2]))
    if request.content_length is not None and request.content_length != chunk.size:
        raise InvalidSize(f"{request.content_length} bytes are no chunk of {chunk.size}")
    return chunk


def read_page(request: Request) -> tuple[str, int]:
    """Give `last` and `n` of the query. Raises Malformed; a number that is too large is less."""
    text = request.GET.get("n", str(USUAL_PAGE))
    if not text.isascii() or not text.isdigit():
        raise Malformed(f"n = {text[:40]} is no number of entries")
    limit = min(int(text), LARGEST_PAGE) if _NUMBER.match(text) else LARGEST_PAGE
    return request.GET.get("last", "").lower(), limit


def read_accepted(request: Request) -> frozenset[str]:
    """Give the media types that a client takes, of all Accept headers; empty for any."""
    header = request.headers.get("Accept", "")
    types = {one.partition(";")[0].strip().lower() for one in header.split(",")} - {""}
    if any(one in ("*/*", "application/*") for one in types):
        return frozenset()
    return frozenset(types)


def page_response(
    request: Request, member: str, found: Sequence[str], limit: int, **members: Any
) -> Response:
    """Show a page of names that was found with one more than asked for."""
    shown = list(found[:limit])
    response = json_body({**members, member: shown}, "application/json")
    if shown and len(found) > limit:
        query = urlencode({"n": limit, "last": shown[-1]})
        response.headers["Link"] = f'<{quote(request.path)}?{query}>; rel="next"'
    return response


def json_body(body: Mapping[str, Any], media_type: str) -> Response:
    """Give an answer whose type is exactly this: OCI clients compare it as a text."""
    text = json.dumps(body, separators=(",", ":")).encode()
    return OciResponse(body=text, content_type=media_type, charset=None)


def manifest_response(request: Request, manifest: AnyManifest) -> Response:
    """Show a manifest, byte for byte."""
    response = Response(content_type=manifest.media_type, charset=None)
    if request.method == "HEAD":
        response.content_length = manifest.size
    else:
        response.body = manifest.body
    response.headers["Docker-Content-Digest"] = manifest.digest
    response.headers["ETag"] = f'"{manifest.digest}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def pushed_response(request: Request, pushed: Pushed) -> Response:
    """Say where a manifest is that has been pushed, and what of it was understood."""
    response = OciResponse(status=201)
    response.headers["Location"] = f"{_repository(request)}/manifests/{pushed.digest}"
    response.headers["Docker-Content-Digest"] = pushed.digest
    if pushed.subject:
        response.headers["OCI-Subject"] = pushed.subject
    if pushed.tags:
        response.headers["OCI-Tag"] = ", ".join(pushed.tags)
    return response


def referrers_json(manifests: Sequence[Manifest]) -> dict[str, Any]:
    """List manifests that name a subject, as an index."""
    return {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [_descriptor(manifest) for manifest in manifests],
    }


def blob_created(request: Request, digest: ContentDigest) -> Response:
    """Say where a blob is that has been pushed or mounted."""
    response = OciResponse(status=201)
    response.headers["Location"] = f"{_repository(request)}/blobs/{digest}"
    response.headers["Docker-Content-Digest"] = str(digest)
    return response


def upload_path(request: Request, upload_id: str | None = None) -> str:
    """Give the address of an upload; by default that of the request."""
    return f"{_repository(request)}/blobs/uploads/{upload_id or request.matchdict['upload']}"


def chunk_headers(path: str, size: int) -> dict[str, str]:
    """Say how much of an upload is here: the number of its last byte, 0 also when it is empty."""
    return {
        "Location": path,
        "Range": f"0-{max(0, size - 1)}",
        "Docker-Upload-UUID": path.rpartition("/")[2],
    }


def scopes_of(request: Request) -> list[str]:
    """Give the scopes that a client needs for a request; none where there is no repository."""
    route = getattr(request, "matched_route", None)
    if route is not None and route.name == "oci.catalog":
        return ["registry:catalog:*"]
    text = (getattr(request, "matchdict", None) or {}).get("name")
    if not text or not _is_name(request, text):
        return []
    uploading = route is not None and route.name.startswith("oci.upload")
    actions = "pull,push" if uploading else _ACTIONS.get(request.method, "pull,push")
    scopes = [f"repository:{text}:{actions}"]
    try:
        source = request.GET.get("from")
    except UnicodeDecodeError:
        # Whatever it was, the refusal that this is for must be worded.
        source = None
    if source and request.method == "POST" and _is_name(request, source):
        scopes.append(f"repository:{source}:pull")
    return scopes


def _is_name(request: Request, text: str) -> bool:
    try:
        parse_name(request, text)
    except InvalidName:
        return False
    return True


def _repository(request: Request) -> str:
    return f"/v2/{quote(request.matchdict['name'])}"


def _descriptor(manifest: Manifest) -> dict[str, Any]:
    descriptor: dict[str, Any] = {
        "mediaType": manifest.media_type,
        "digest": manifest.digest,
        "size": manifest.size,
    }
    if manifest.artifact_type:
        descriptor["artifactType"] = manifest.artifact_type
    if manifest.annotations:
        descriptor["annotations"] = manifest.annotations
    return descriptor
