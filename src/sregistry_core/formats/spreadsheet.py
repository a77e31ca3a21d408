"""Writes lines of CSV that a spreadsheet takes for text, whatever stands in them."""

import csv
import io
from collections.abc import Sequence

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_line(cells: Sequence[str]) -> str:
    """Give a line as RFC 4180 has it; what a spreadsheet would calculate begins with `'`.

    Source: OWASP, CSV injection.
    """
    held = io.StringIO()
    csv.writer(held).writerow([_as_text(cell) for cell in cells])
    return held.getvalue()


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_BEGINS_A_FORMULA) else cell
