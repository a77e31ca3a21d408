"""Forms: what is refused is said beside the form, with what was typed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from sregistry_core.db.session import start_over
from sregistry_core.errors import Conflict, Malformed, NotAllowed, NotFound, RegistryError
from sregistry_core.web.dialects import status_of

_SAID_BESIDE = (Malformed, Conflict, NotAllowed, NotFound)


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a form was not taken.

    form    its name on the page; empty when nothing is wrong
    typed   what was filled in, by field
    """

    form: str = ""
    reason: str = ""
    status: int = 200
    typed: Mapping[str, str] = field(default_factory=dict)


NOTHING_WRONG = Wrong()


def attempt(
    request: Request, form: str, deed: Callable[[], str], again: Callable[[Wrong], Response]
) -> Response:
    """Do what a form asks for, and lead to the page that the deed gives.

    What is refused is undone, and the page of the form shown again. Whether the caller may see
    what the form is about must have been asked before.
    """
    try:
        where = deed()
    except _SAID_BESIDE as error:
        start_over(request.db)
        return again(Wrong(form, str(error), _status(error), _typed(request)))
    return HTTPSeeOther(location=where)


def _status(error: RegistryError) -> int:
    # The page itself is there: it is something in the form that is not.
    return 400 if isinstance(error, NotFound) else status_of(error)


def _typed(request: Request) -> dict[str, str]:
    return {
        name: text
        for name, text in request.POST.items()
        if isinstance(text, str) and name != "csrf_token" and "password" not in name
    }
