"""Apache Parquet, for data frames and query engines. It needs the extra ``parquet``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from data.export.formats.export_format import ExportFormat, MissingLibrary, Output
from data.interchange.release_fields import release_fields
from data.models import Release

if TYPE_CHECKING:
    import pyarrow as pa

MAX_GROUP_ROWS: Final = 1000
"""Maximum number of rows per row group. The rows of a group are in memory at the same time."""

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
        schema = schema_of(pa)
        sink = pa.PythonFile(CountedOutput(output), mode="w")
        with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
            for rows in batches(releases, schema.names):
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def schema_of(pa: Any) -> pa.Schema:
    """Return the schema of the table. ``pa`` is the module pyarrow."""
    names = (
        *("id", "source", "url", "aliases", "title", "published", "precision", "updated"),
        *("first_seen", "last_seen", "language", "section", "topics", "publisher", "summary"),
        *("body_html", "body_text", "images", "attachments", "revision", "story", "retracted"),
        "provenance",
    )
    kinds = {
        **dict.fromkeys(INTEGER_COLUMNS, pa.int32()),
        **dict.fromkeys(LIST_COLUMNS, pa.list_(pa.string())),
        **dict.fromkeys(TIME_COLUMNS, pa.timestamp("us", tz="UTC")),
    }
    return pa.schema([(name, kinds.get(name, pa.string())) for name in names])


def batches(releases: Iterable[Release], names: list[str]) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of releases in batches."""
    left = iter(releases)
    while some := [*islice(left, MAX_GROUP_ROWS)]:
        yield [row_of(one, names) for one in some]


def row_of(release: Release, names: list[str]) -> dict[str, Any]:
    """Return a release as a row of the table."""
    fields = release_fields(release)
    values = {
        name: getattr(release, name) if name in TIME_COLUMNS else fields[name] for name in names
    }
    return {name: column_value(value, name) for name, value in values.items()}


def column_value(value: Any, name: str) -> Any:
    """Convert a field to a value of a column. Objects become JSON texts."""
    if name in (*INTEGER_COLUMNS, *TIME_COLUMNS):
        return value
    if name in LIST_COLUMNS:
        return list(value)
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


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
