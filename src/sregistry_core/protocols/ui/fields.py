"""Reads the fields of forms and of addresses."""

from pyramid.request import Request

from sregistry_core.errors import Malformed


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
