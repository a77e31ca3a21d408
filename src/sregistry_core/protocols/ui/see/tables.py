"""Tables as files for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence

from pyramid.response import Response

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_response(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Give a file of comma-separated values; `name` is its name, of letters, digits and dashes.

    A spreadsheet takes a text that begins like a formula for one, and would run it: such a text
    gets a mark in front of it. Source: OWASP, CSV injection.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    response = Response(text.getvalue(), content_type="text/csv", charset="utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _harmless(cell: object) -> object:
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return cell
