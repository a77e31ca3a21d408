"""The log of a build: for the script that follows it, and as a file."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import escape
from pyramid.request import Request
from pyramid.response import FileIter, Response
from pyramid.view import view_config

from sregistry_core.errors import Malformed
from sregistry_core.models import Build, BuildOutputLine
from sregistry_core.services.access import name_of
from sregistry_core.services.builds import ENDS
from sregistry_core.web.dialects import json_response

from ..fields import query_field

MOST_LINES = 300
MOST_BYTES = 48_000
"""Of the lines of one page, as they are written in HTML."""
_BEFORE = 20
"""Lines that are shown before one that was asked for."""
_MARKUP = 40
_LONGEST_NUMBER = 9


@dataclass(frozen=True, slots=True)
class Window:
    """Lines of a log that stand on one page, without a gap.

    last     the number of the last line of the whole log
    """

    lines: Sequence[BuildOutputLine]
    last: int

    @property
    def first_shown(self) -> int:
        """The number of the first line that is shown; 1 where none is."""
        return self.lines[0].number if self.lines else 1

    @property
    def last_shown(self) -> int:
        """The number of the last line that is shown; 0 where none is."""
        return self.lines[-1].number if self.lines else 0

    @property
    def is_tail(self) -> bool:
        """Whether whatever is said next belongs below."""
        return self.last_shown >= self.last


def window(request: Request, build: Build, *, at: int | None = None) -> Window:
    """Give the lines that the address asks for: by default the last ones.

    at   a line that is to be among them, whatever the address says
    """
    logs, builds = request.services.build_logs, request.services.builds
    last = logs.last_number(build)
    asked = {name: _number(request, name) for name in ("after", "before", "at")}
    at = at if at is not None else asked["at"]
    after = max(0, at - 1 - _BEFORE) if at is not None else asked["after"]
    if after is not None:
        lines = builds.lines(build, after=after, limit=MOST_LINES)
        return Window(lines[: _fitting(lines)], last)
    before = asked["before"]
    lines = logs.before(build, last + 1 if before is None else before, limit=MOST_LINES)
    return Window(lines[len(lines) - _fitting(lines[::-1]) :], last)


@view_config(route_name="ui.build_log")
def show_lines(request: Request) -> Response:
    """Give what a build has said after a line, and what has become of it."""
    build = request.services.builds.find(request.matchdict["build"])
    found = window(request, build)
    return json_response(
        {
            "state": str(build.state),
            "has_ended": build.state in ENDS,
            "is_asked_to_end": build.cancel_asked_at is not None,
            "last": found.last,
            "lines": [{"number": one.number, "text": one.text} for one in found.lines],
        }
    )


@view_config(route_name="ui.build_text")
def give_log(request: Request) -> Response:
    """Give the whole log as a file."""
    build = request.services.builds.find(request.matchdict["build"])
    name = f"{name_of(build.collection).replace('/', '-')}-{build.container}-{build.id[:8]}.log"
    staging = request.registry["facilities"].settings.staging
    # A log may have hundreds of megabytes, and the transaction ends before the answer is sent.
    file = tempfile.TemporaryFile(dir=staging)  # noqa: SIM115 - the response closes it
    size = 0
    for piece in request.services.build_logs.pieces(build):
        size += file.write(piece.encode())
    file.seek(0)
    response = Response(content_type="text/plain", charset="utf-8")
    response.app_iter = FileIter(file)
    response.content_length = size
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _fitting(lines: Sequence[BuildOutputLine]) -> int:
    """Give how many of some lines fit on a page, from the first on: one at least."""
    room = MOST_BYTES
    for count, line in enumerate(lines):
        room -= len(escape(line.text).encode()) + _MARKUP
        if room < 0:
            return max(1, count)
    return len(lines)


def _number(request: Request, name: str) -> int | None:
    text = query_field(request, name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > _LONGEST_NUMBER:
        raise Malformed(f"{name} = {text[:40]} is no number of a line")
    return int(text)
