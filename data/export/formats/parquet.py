"""Apache Parquet, for data frames and query engines. It needs the extra ``parquet``."""

from collections.abc import Iterable
from itertools import islice
from typing import Any, ClassVar, Final

import msgspec

from data.export.formats.export_format import ExportFormat, MissingLibrary, Output
from data.interchange.release_fields import release_fields
from data.models import Release

MAX_GROUP_ROWS: Final = 1000
"""Maximum number of rows per row group. The rows of a group are in memory at the same time."""

COLUMNS: Final = (
    *("id", "source", "url", "aliases", "title", "published", "precision", "updated"),
    *("first_seen", "last_seen", "language", "section", "topics", "publisher", "summary"),
    *("body_html", "body_text", "images", "attachments", "revision", "story", "retracted"),
    "provenance",
)
"""Names of all columns, in order."""

INTEGER_COLUMNS: Final = ("revision",)
"""Columns with whole numbers."""

LIST_COLUMNS: Final = ("aliases", "topics")
"""Columns with lists of texts."""

TIME_COLUMNS: Final = ("updated", "first_seen", "last_seen", "retracted")
"""Columns with times in UTC."""


class Parquet(ExportFormat):
    """One row per release, with the fields of the API as columns. Objects are JSON texts."""

    name: ClassVar[str] = "parquet"

    def write(self, releases: Iterable[Release], output: Output) -> None:
        """Write a table in row groups of `MAX_GROUP_ROWS` releases."""
        try:
            # Imported here because the library is optional and takes half a second to load.
            import pyarrow as pa  # noqa: PLC0415
            import pyarrow.parquet as pq  # noqa: PLC0415
        except ImportError as error:
            raise MissingLibrary(self.name, "parquet") from error
        kinds = {
            **dict.fromkeys(INTEGER_COLUMNS, pa.int32()),
            **dict.fromkeys(LIST_COLUMNS, pa.list_(pa.string())),
            **dict.fromkeys(TIME_COLUMNS, pa.timestamp("us", tz="UTC")),
        }
        schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
        sink = pa.PythonFile(CountedOutput(output), mode="w")
        left = iter(releases)
        with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
            while rows := [*map(row_of, islice(left, MAX_GROUP_ROWS))]:
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def row_of(release: Release) -> dict[str, Any]:
    """Return a release as a row of the table. Objects become JSON texts."""
    fields = release_fields(release)
    row: dict[str, Any] = {name: getattr(release, name) for name in TIME_COLUMNS}
    for name in COLUMNS:
        value = fields[name]
        if name in LIST_COLUMNS:
            row[name] = list(value)
        elif name not in row:
            is_plain = value is None or isinstance(value, str) or name in INTEGER_COLUMNS
            row[name] = value if is_plain else msgspec.json.encode(value).decode()
    return row


class CountedOutput:
    """Output that counts its bytes, because a pipe can't report the positions Parquet stores."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._count = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        """Write bytes, and return their number."""
        self._output.write(data)
        self._count += len(data)
        return len(data)

    def tell(self) -> int:
        """Return the number of bytes written."""
        return self._count

    def flush(self) -> None:
        """Do nothing: the caller flushes the output."""

    def close(self) -> None:
        """Do nothing: the caller closes the output."""
        self.closed = True
