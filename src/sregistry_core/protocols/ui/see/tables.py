"""Tables as files for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import chain

from pyramid.response import Response

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_response(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Give a file of comma-separated values; `name` is its name, of letters, digits and dashes.

    A spreadsheet takes a text that begins like a formula for one, and would run it: such a text
    gets a mark in front of it. Source: OWASP, CSV injection.
    """
    return _file(name, [_lines([columns, *rows])])


def csv_stream(
    name: str, columns: Sequence[str], batches: Iterable[Iterable[Sequence[object]]]
) -> Response:
    """Give the same bit by bit: each batch of rows is asked for when the one before was sent."""
    return _file(name, (_lines(rows) for rows in chain([[columns]], batches)))


def _file(name: str, pieces: Iterable[bytes]) -> Response:
    response = Response(app_iter=pieces, content_type="text/csv", charset="utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _harmless(cell: object) -> object:
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return cell
