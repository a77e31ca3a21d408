"""Every line of the matrix, by protocol. A new route of a protocol gets a line in its file, or in
one of its own that is called `<protocol>_<area>.py`.
"""

from importlib import import_module
from pathlib import Path

from ..callers import Way
from . import api, library, oci, others, remotebuild, shub, sregistry, ui

LINES = {
    "discovery": others.DISCOVERY,
    "transfer": others.TRANSFER,
    "library": library.LINES,
    "oci": oci.LINES,
    "directory": others.DIRECTORY,
    "sregistry": sregistry.LINES,
    "shub": shub.LINES,
    "hkp": others.HKP,
    "remotebuild": remotebuild.LINES,
    "webhooks": others.WEBHOOKS,
    "api": api.LINES,
    "ui": ui.LINES,
    "operation": others.OPERATION,
}
for _file in sorted(Path(__file__).parent.glob("*_*.py")):
    # `api_builds.py` holds further lines of `api`.
    if not _file.stem.startswith("_"):
        _module = import_module(f"{__package__}.{_file.stem}")
        LINES[_file.stem.partition("_")[0]] += _module.LINES
WAYS = {
    "oci": (Way.NARROW, Way.BASIC, Way.BEARER),
    "sregistry": (Way.SIGNED, Way.BEARER),
    "shub": (Way.SIGNED, Way.BEARER),
    "ui": (Way.COOKIE,),
}
"""How the clients of a protocol show who they are; the first is that of the table."""
USUAL_WAYS = (Way.BEARER, Way.BASIC)
