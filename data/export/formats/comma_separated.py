"""CSV (RFC 4180), for spreadsheets and statistics."""

import csv
import io
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, ClassVar, Final

import msgspec

from data.export.formats.export_format import ExportFormat, Output
from data.interchange.release_fields import release_fields
from data.models import Release

FORMULA_PREFIXES: Final = (*"=+-@", *"\uff1d\uff0b\uff0d\uff20", "\t", "\r", "\n")
"""First characters that make spreadsheets treat a text as a formula, also in full width."""

MEDIA_TYPE: Final = "text/csv; charset=utf-8; header=present"


def csv_lines(rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> Iterable[bytes]:
    """Yield the header and each row as a line of CSV in UTF-8.

    A value that is a list or object becomes JSON text. A missing value is empty.
    """
    names = tuple(columns)
    yield csv_line(names)
    for row in rows:
        yield csv_line(map(cell, map(row.get, names)))


def csv_line(cells: Iterable[str]) -> bytes:
    """Return one line of CSV with its line break."""
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


def cell(value: Any) -> str:
    """Return a value as the text of a cell.

    A text that a spreadsheet would run as a formula is preceded by an apostrophe (OWASP, CSV
    injection).
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value}" if value.startswith(FORMULA_PREFIXES) else value
        case int() | float():
            return str(value)
        case _:
            return msgspec.json.encode(value).decode()


class CommaSeparated(ExportFormat):
    """One row per release.

    Lists and objects are JSON texts. Without releases, only the header is written.
    """

    name: ClassVar[str] = "csv"

    def write(self, releases: Iterable[Release], output: Output) -> None:
        """Write a header and one row per release."""
        rows = map(release_fields, releases)
        first = next(rows, None)
        if first is None:
            return
        for line in csv_lines(chain([first], rows), first):
            output.write(line)
