"""The page of an image: everything that is known of it."""

from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.contracts import Action
from sregistry_core.digests import ContentDigest
from sregistry_core.errors import Malformed, NotFound, RegistryError
from sregistry_core.formats.oci_manifest import read_document
from sregistry_core.models import Container, Image, Manifest
from sregistry_core.names import ContainerName, ImageName, parse_architecture, parse_tag
from sregistry_core.services.access import name_of

from ..built import origins_of
from ..fields import query_field
from ..pages import page
from . import highlighting
from .client_commands import Subject, ways_for
from .markdown import first_words, rendered
from .named import (
    absent,
    container_name_of,
    container_of,
    is_public,
    lead_to_its_name,
    path_of,
)
from .structured_data import structured_data

_MOVES = 5
_TAGS = 30


@view_config(route_name="ui.image")
@view_config(route_name="ui.image_of_digest")
def show_image(request: Request) -> Response:
    """Show an image, or a manifest that is none of ours."""
    name, reference = container_name_of(request), request.matchdict["reference"]
    try:
        wanted = ImageName.of(name, reference)
        arch = parse_architecture(said) if (said := query_field(request, "arch")) else None
    except (Malformed, ValueError) as error:
        return _other_digest(request, reference, error)
    try:
        image = request.services.images.resolve(wanted, arch)
    except NotFound:
        # The same is said where neither is there, and where both are hidden.
        return _manifest(request, wanted)
    lead_to_its_name(request, str(name), name_of(image.container))
    return _image_page(request, image, wanted.tag)


def _other_digest(request: Request, reference: str, error: Exception) -> Response:
    """Show what is named by a digest that no image of ours has, such as one of SHA-512."""
    if request.matched_route.name != "ui.image_of_digest":
        raise absent(request) from error
    try:
        digest = ContentDigest.parse(reference)
    except RegistryError:
        raise absent(request) from error
    container = container_of(request)
    return _manifest_page(request, request.services.artifacts.of_digest(container, str(digest)))


def _manifest(request: Request, wanted: ImageName) -> Response:
    try:
        container = container_of(request)
        if wanted.tag:
            found = request.services.artifacts.of_tag(container, parse_tag(wanted.tag))
        else:
            found = request.services.artifacts.of_digest(container, str(wanted.digest))
    except NotFound as error:
        raise NotFound(f"{wanted} does not exist") from error
    return _manifest_page(request, found, container, wanted.tag)


def _image_page(request: Request, image: Image, tag: str | None) -> Response:
    services, site = request.services, request.registry["ui_site"]
    container, inspection = image.container, image.inspection or {}
    others = services.contents.architectures_of(container, tag) if tag else ()
    public = is_public(request, container.collection)
    address = f"{path_of(container)}:{tag}" if tag else f"{path_of(container)}@{image.digest}"
    body = services.artifacts.of_image(image)
    digest = str(ContentDigest.of(body))
    referrers = services.artifacts.referrers(
        container, [digest, image.digest, *services.artifacts.digests_of(image)]
    )
    subject = Subject(
        name=_name(container),
        tag=tag,
        digest=None if tag else image.digest,
        arch=image.arch if len(others) > 1 else None,
        is_sif=True,
        is_public=public,
    )
    return page(
        request,
        "content/image",
        image=image,
        container=container,
        collection=container.collection,
        path=path_of(container),
        address=address,
        tag=tag,
        tags=services.provenance.tags_of(image, limit=_TAGS),
        tag_count=services.provenance.tag_count(image),
        others=others,
        pusher=services.provenance.pusher_of(image, container),
        signatures=services.verification.of(image),
        elsewhere=services.provenance.elsewhere(image),
        moves=services.tag_history.of(container, tag, limit=_MOVES) if tag else (),
        told=inspection,
        definition=_text(inspection, "definition", highlighting.definition),
        scripts={
            name: _text(inspection, name, highlighting.script)
            for name in ("runscript", "startscript", "test")
            if inspection.get(name)
        },
        script=highlighting.script,
        description=rendered(image.description) if image.description else "",
        summary=first_words(
            image.description or container.description or container.collection.description
        ),
        manifest=highlighting.document(body),
        manifest_digest=digest,
        referrers=referrers,
        builds=origins_of(request, image),
        sboms=[one for one in referrers if _is_sbom(one)],
        is_public=public,
        may_manage=services.access.may(Action.MANAGE, container),
        ways=ways_for(site, subject, may_push=False, home=site.id),
        structured=structured_data(
            image,
            url=f"{site.address.url}{address}",
            download=_download(request, image) if public else None,
            version=tag,
            publisher=site.institution or site.name,
        ),
    )


def _manifest_page(
    request: Request, manifest: Manifest, container: Container | None = None, tag: str | None = None
) -> Response:
    services, site = request.services, request.registry["ui_site"]
    container = container or container_of(request)
    document = read_document(manifest.body, manifest.media_type)
    public = is_public(request, container.collection)
    config, layers = document.config, document.layers
    held = services.artifacts.sizes_of(
        container, [str(one.digest) for one in (*layers, *([config] if config else []))]
    )
    configuration = (
        services.artifacts.text_of(container, str(config.digest)) if config is not None else None
    )
    subject = Subject(
        name=_name(container),
        tag=tag,
        digest=None if tag else manifest.digest,
        arch=None,
        is_sif=False,
        is_public=public,
    )
    return page(
        request,
        "content/manifest",
        manifest=manifest,
        document=document,
        held=held,
        container=container,
        collection=container.collection,
        path=path_of(container),
        address=f"{path_of(container)}:{tag}" if tag else f"{path_of(container)}@{manifest.digest}",
        tag=tag,
        pusher=services.provenance.pusher_of(manifest, container),
        body=highlighting.document(manifest.body),
        configuration=highlighting.document(configuration) if configuration else "",
        size=sum(one.size for one in layers),
        referrers=services.artifacts.referrers(container, [manifest.digest]),
        moves=services.tag_history.of(container, tag, limit=_MOVES) if tag else (),
        summary=first_words(container.description or container.collection.description),
        is_public=public,
        ways=ways_for(site, subject, may_push=False, home=site.id),
    )


def _is_sbom(manifest: Manifest) -> bool:
    kind = manifest.artifact_type or ""
    return any(word in kind for word in ("cyclonedx", "spdx", "syft"))


def _text(inspection: dict[str, Any], name: str, show: Any) -> Any:
    return show(inspection[name]) if inspection.get(name) else ""


def _name(container: Container) -> ContainerName:
    collection = container.collection
    return ContainerName(collection.entity.name, collection.name, container.name)


def _download(request: Request, image: Image) -> str | None:
    site = request.registry["ui_site"]
    if "api" not in site.protocols:
        return None
    return (
        f"{site.address.url}/api/v1/containers{path_of(image.container)}/images/{image.digest}/file"
    )
