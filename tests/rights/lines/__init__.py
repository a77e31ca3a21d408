"""Every line of the matrix, by protocol. A new route of a protocol gets a line in its file."""

from ..callers import Way
from . import (
    api,
    api_content,
    api_manage,
    library,
    oci,
    others,
    shub,
    sregistry,
    ui,
    ui_content,
    ui_manage,
)

LINES = {
    "discovery": others.DISCOVERY,
    "transfer": others.TRANSFER,
    "library": library.LINES,
    "oci": oci.LINES,
    "directory": others.DIRECTORY,
    "sregistry": sregistry.LINES,
    "shub": shub.LINES,
    "hkp": others.HKP,
    "api": (*api.LINES, *api_content.LINES, *api_manage.LINES),
    "ui": (*ui.LINES, *ui_content.LINES, *ui_manage.LINES),
    "operation": others.OPERATION,
}
WAYS = {
    "oci": (Way.NARROW, Way.BASIC, Way.BEARER),
    "sregistry": (Way.SIGNED, Way.BEARER),
    "shub": (Way.SIGNED, Way.BEARER),
    "ui": (Way.COOKIE,),
}
"""How the clients of a protocol show who they are; the first is that of the table."""
USUAL_WAYS = (Way.BEARER, Way.BASIC)
