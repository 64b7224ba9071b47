"""Lines of JSON, which `communique import` can read."""

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from data.export.formats.export_format import ExportFormat, Output
from data.interchange.release_fields import release_fields
from data.models import Release


class JsonLines(ExportFormat):
    """One JSON object per line, with the same fields as in the API."""

    name: ClassVar[str] = "jsonl"

    def write(self, releases: Iterable[Release], output: Output) -> None:
        """Write one line per release."""
        encoder = msgspec.json.Encoder()
        line = bytearray()
        for release in releases:
            encoder.encode_into(release_fields(release), line)
            line += b"\n"
            output.write(line)
