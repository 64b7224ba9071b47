"""Export as WACZ 1.1.1: a ZIP file with records, their index and a list of pages.

https://specs.webrecorder.net/wacz/1.1.1/
"""

import datetime as dt
import hashlib
import struct
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Final

import msgspec

from data.archive.log.notes import SigningKey
from data.clock import utc_now
from data.export.chosen_records import (
    ArchiveRecords,
    Choice,
    CopiedRecords,
    Exported,
    PartsOf,
    chosen_records,
)
from data.export.wacz_signature import signed_data
from data.files import pieces_of
from data.store.core.store import Store
from data.wording import OnProgress

VERSION: Final = "1.1.1"
INDEX: Final = "indexes/index.cdx"
PAGES: Final = "pages/pages.jsonl"
PAGES_HEAD: Final = b'{"format":"json-pages-1.0","id":"pages","title":"Releases","hasText":true}\n'


def write_wacz(
    store: Store,
    archive: Path,
    to: Path,
    choice: Choice,
    *,
    parts_of: PartsOf,
    title: str,
    software: str,
    on_progress: OnProgress,
    key: SigningKey | None = None,
) -> Exported:
    """Write the records of the selected releases to a new WACZ file at ``to``.

    The file also contains the records that ``parts_of`` returns for the captured pages of these
    releases. It is signed if ``key``, the key of the log, is given. Raises StoreError and OSError.
    """
    records = ArchiveRecords(archive, chosen_records(store, archive, choice, parts_of), on_progress)
    with (
        tempfile.TemporaryDirectory(prefix=".wacz-", dir=to.parent) as work,
        closing(_Package(to, utc_now())) as package,
    ):
        copied = CopiedRecords(Path(work) / "lines", store.secrets())
        for name, found in records.files():
            package.add(f"archive/{name}", copied.members(found))
        copied.write_index(Path(work) / "index")
        package.add(INDEX, pieces_of(Path(work) / "index"), deflate=True)
        pages = _Pages(store.public_view(), choice, copied.places)
        package.add(PAGES, pages.lines(), deflate=True)
        package.describe(title, software, key)
    return Exported(
        pages.releases, pages.count, copied.count, tuple(records.damaged), copied.with_secrets
    )


class _Pages:
    """List of the selected releases whose captured page was exported."""

    def __init__(
        self, store: Store, choice: Choice, places: dict[str, tuple[str, dt.datetime]]
    ) -> None:
        self._store = store
        self._choice = choice
        self._places = places
        self.releases = self.count = 0

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of this list."""
        yield PAGES_HEAD
        for release in self._choice.releases(self._store):
            self.releases += 1
            capture = release.capture
            place = self._places.get(capture.record_id) if capture else None
            if place:
                self.count += 1
                url, at = place
                content = release.content
                page = {"id": release.id, "url": url, "ts": _time(at), "title": content.title}
                yield msgspec.json.encode({**page, "text": content.body_text}) + b"\n"


class _Package:
    """A ZIP file that is written sequentially, with a digest of each file."""

    def __init__(self, path: Path, created: dt.datetime) -> None:
        self._zip = zipfile.ZipFile(path, "w", allowZip64=True)
        self._created = created
        self.close = self._zip.close
        self._resources: list[dict[str, object]] = []

    def add(self, name: str, pieces: Iterable[bytes], *, deflate: bool = False) -> None:
        """Write a file to the ZIP file. Set ``deflate`` for files that are not compressed yet.

        WACZ requires that compressed files are stored without a second compression.
        """
        digest, size = hashlib.sha256(), 0
        with self._opened(name, deflate=deflate) as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
        hashed = f"sha256:{digest.hexdigest()}"
        listed = {"name": name.rpartition("/")[2], "path": name, "hash": hashed, "bytes": size}
        self._resources.append(listed)

    def describe(self, title: str, software: str, key: SigningKey | None) -> None:
        """Write datapackage.json, and a file with its digest, signed if ``key`` is given."""
        created = _time(self._created)
        described = {
            "profile": "data-package",
            "wacz_version": VERSION,
            "title": title,
            "created": created,
            "modified": created,
            "software": software,
            "resources": self._resources,
        }
        body = msgspec.json.format(msgspec.json.encode(described), indent=2)
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        with self._opened("datapackage.json", deflate=True) as file:
            file.write(body)
        signed: dict[str, object] = {"path": "datapackage.json", "hash": digest}
        if key is not None:
            signed["signedData"] = signed_data(digest, created, software, key)
        with self._opened("datapackage-digest.json", deflate=True) as file:
            file.write(msgspec.json.encode(signed))

    def _opened(self, name: str, *, deflate: bool) -> IO[bytes]:
        info = zipfile.ZipInfo(name, self._created.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        # ReplayWeb.page reads the extra fields before a file, where zipfile writes its sizes, only
        # if the central directory has such fields, too. The extended timestamp is in both.
        info.extra = struct.pack("<HHBL", 0x5455, 5, 1, int(self._created.timestamp()))
        return self._zip.open(info, "w", force_zip64=True)


def _time(at: dt.datetime) -> str:
    """Format a time as RFC 3339 in UTC, with whole seconds."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S}Z"
