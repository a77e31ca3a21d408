"""Reads the fields of forms and of addresses."""

from pyramid.request import Request

from sregistry_core.errors import Malformed

_OF_TEXTS = "\n\t\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202f\u3000\ufeff"
"""Not printable by themselves, and needed in some languages."""


def form_field(request: Request, name: str) -> str:
    """Give a field of a form, empty when it is missing. Raises Malformed for control signs.

    No database takes a NUL, and no field of ours has a use for the others.
    """
    value = request.POST.get(name, "")
    if any(not sign.isprintable() for sign in value):
        raise Malformed(f"the field {name} holds signs that cannot be printed")
    return str(value)


def query_field(request: Request, name: str) -> str:
    """Give a value of the query; empty when it is missing or cannot be read."""
    try:
        return str(request.GET.get(name, ""))
    except UnicodeDecodeError:
        return ""


def form_text(request: Request, name: str) -> str:
    """Give a field of several lines, which end with a line feed; empty when it is missing."""
    value = str(request.POST.get(name, "")).replace("\r\n", "\n")
    if any(not sign.isprintable() and sign not in _OF_TEXTS for sign in value):
        raise Malformed(f"the field {name} holds signs that cannot be printed")
    return value
