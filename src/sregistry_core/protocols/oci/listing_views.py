"""What there is: tags of a repository, repositories, and what refers to a manifest."""

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.digests import ContentDigest
from sregistry_core.errors import LoginRequired, NotFound
from sregistry_core.formats.oci_manifest import OCI_INDEX
from sregistry_core.models import Manifest

from .wire import json_body, page_response, read_name, read_page, referrers_json

_REFERRERS = 500


@view_config(route_name="oci.root", request_method="GET")
@view_config(route_name="oci.root_bare", request_method="GET")
def show_root(request: Request) -> Response:
    """Say that this is an OCI registry, to those who have shown who they are.

    Nobody is challenged, so that clients learn where to log in; what is public they may pull
    without.
    """
    if request.caller.is_anonymous and request.caller.reach is None:
        raise LoginRequired("log in, or ask for a token without a login")
    response = json_body({}, "application/json")
    response.headers["Docker-Distribution-API-Version"] = "registry/2.0"
    return response


@view_config(route_name="oci.tags", request_method="GET")
def list_tags(request: Request) -> Response:
    """List the tags of a repository, in order."""
    services = request.services
    container = services.repositories.find(read_name(request))
    after, limit = read_page(request)
    found = services.repositories.tags(container, after=after, limit=limit + 1)
    return page_response(request, "tags", found, limit, name=request.matchdict["name"])


@view_config(route_name="oci.catalog", request_method="GET")
def list_repositories(request: Request) -> Response:
    """List the repositories that the caller may see; nobody needs a token for nobody first.

    Clients that have a login send it only when they are asked.
    """
    if request.caller.is_anonymous and request.caller.reach is None:
        raise LoginRequired("log in, or ask for a token without a login")
    after, limit = read_page(request)
    found = request.services.repositories.names(after=after, limit=limit + 1)
    return page_response(request, "repositories", found, limit)


@view_config(route_name="oci.referrers", request_method="GET")
def list_referrers(request: Request) -> Response:
    """List what refers to a manifest, which itself need not be here.

    To a known user nothing refers to it in a repository that is absent or hidden: clients take
    a 404 for a registry that cannot list referrers.
    """
    name = read_name(request)
    subject = ContentDigest.parse(request.matchdict["digest"])
    services = request.services
    # No media type has a space: it is a plus sign that nobody has quoted.
    artifact_type = request.GET.get("artifactType", "").replace(" ", "+") or None
    try:
        container = services.repositories.find(name)
    except NotFound:
        if request.caller.is_anonymous:
            raise
        found: Sequence[Manifest] = ()
    else:
        found = services.manifests.referrers(
            container,
            subject,
            artifact_type=artifact_type,
            after=request.GET.get("last", ""),
            limit=_REFERRERS + 1,
        )
    shown = found[:_REFERRERS]
    response = json_body(referrers_json(shown), OCI_INDEX)
    if artifact_type:
        response.headers["OCI-Filters-Applied"] = "artifactType"
    if len(found) > _REFERRERS:
        query = {"last": shown[-1].digest}
        if artifact_type:
            query["artifactType"] = artifact_type
        response.headers["Link"] = f'<{quote(request.path)}?{urlencode(query)}>; rel="next"'
    return response
