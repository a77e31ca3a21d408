"""The page that compares two images."""

from dataclasses import dataclass, field

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed, NotFound
from sregistry_core.formats.sbom import Package
from sregistry_core.models import Image
from sregistry_core.names import ImageName

from ..fields import query_field
from ..pages import page
from .comparing import differences, pairs
from .named import path_of

_SIDES = ("left", "right")
_SCRIPTS = ("runscript", "startscript", "test", "help")


@dataclass(slots=True)
class _Side:
    """One of the two: what was typed, and the image or why there is none."""

    typed: str
    image: Image | None = None
    complaint: str = ""
    status: int = 200
    path: str = ""
    told: dict[str, object] = field(default_factory=dict)
    packages: tuple[Package, ...] | None = None


@view_config(route_name="ui.compare")
def compare(request: Request) -> Response:
    """Compare two images that the caller may see, or ask which."""
    # First, since reading files lets the database go, and with it what was found there.
    packages = {side: _packages_of(request, side) for side in _SIDES}
    left, right = (_side(request, side, packages[side]) for side in _SIDES)
    sides = {"left": left, "right": right}
    status = max(left.status, right.status)
    if left.image is None or right.image is None:
        return page(request, "content/compare", status=status, sides=sides, found=None)
    found = {
        "definition": differences(_text(left, "definition"), _text(right, "definition")),
        "labels": pairs(_texts(left, "labels"), _texts(right, "labels")),
        "environment": [
            (pair.name, differences(pair.left or "", pair.right or ""))
            for pair in pairs(_texts(left, "environment"), _texts(right, "environment"))
        ],
        "scripts": [
            (name, differences(_text(left, name), _text(right, name)))
            for name in _SCRIPTS
            if _text(left, name) or _text(right, name)
        ],
        "packages": _packages(left, right),
    }
    return page(request, "content/compare", sides=sides, found=found)


def _packages_of(request: Request, side: str) -> tuple[Package, ...] | None:
    try:
        _, image = _named(request, side)
    except (Malformed, NotFound):
        return None
    found: tuple[Package, ...] | None = request.services.software.of(image)
    return found


def _named(request: Request, side: str) -> tuple[ImageName, Image]:
    """Give the image that was typed on one side. Raises Malformed or NotFound."""
    home, typed = request.registry["ui_site"].id, query_field(request, side).strip()
    name = ImageName.parse(typed.removeprefix("library://"), home=home)
    arch = query_field(request, f"{side}_arch")
    return name, request.services.images.resolve(name, arch or None)


def _side(request: Request, side: str, packages: tuple[Package, ...] | None) -> _Side:
    typed = query_field(request, side).strip()
    if not typed:
        return _Side(typed)
    try:
        name, image = _named(request, side)
    except Malformed as error:
        return _Side(typed, complaint=str(error), status=400)
    except NotFound as error:
        return _Side(typed, complaint=str(error), status=404)
    sign = f"@{image.digest}" if name.digest else f":{name.tag}"
    return _Side(
        typed,
        image,
        path=f"{path_of(image.container)}{sign}",
        told=dict(image.inspection or {}),
        packages=packages,
    )


def _packages(left: _Side, right: _Side) -> object:
    """Compare what both are said to hold; None unless both say it."""
    if left.packages is None or right.packages is None:
        return None
    return pairs(_by_name(left.packages), _by_name(right.packages))


def _by_name(packages: tuple[Package, ...]) -> dict[str, str]:
    versions: dict[str, list[str]] = {}
    for package in packages:
        versions.setdefault(package.name, []).append(package.version)
    return {name: ", ".join(sorted(set(found))) for name, found in versions.items()}


def _text(side: _Side, name: str) -> str:
    return str(side.told.get(name) or "")


def _texts(side: _Side, name: str) -> dict[str, str]:
    found = side.told.get(name)
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
