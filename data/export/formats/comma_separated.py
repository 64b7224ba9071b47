"""CSV, for spreadsheets and statistics."""

from collections.abc import Iterable
from itertools import chain
from typing import ClassVar

from data.export.formats.export_format import ExportFormat, Output
from data.export.table_rows import csv_lines
from data.interchange.release_fields import release_fields
from data.models import Release


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
