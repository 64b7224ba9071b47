"""Export as a BagIt 1.0 bag (RFC 8493): a folder of records and releases with their digests."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from data.clock import utc_now
from data.export.chosen_records import (
    ArchiveRecords,
    Choice,
    CopiedRecords,
    Exported,
    PartsOf,
    chosen_records,
    release_lines,
)
from data.files import files_below, pieces_of
from data.store.core.store import Store
from data.text.clean import plain
from data.wording import OnProgress

DECLARATION: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

PUBLIC_LOG_FILES: Final = ("checkpoint", "checkpoints", "key", "tile", "witnesses")
"""Names of the public files and folders of the transparency log."""


def write_bag(
    store: Store,
    archive: Path,
    to: Path,
    choice: Choice,
    *,
    parts_of: PartsOf,
    title: str,
    software: str,
    on_progress: OnProgress,
) -> Exported:
    """Write the selected releases and their records as a bag to the new folder ``to``.

    The bag contains data/archive (WARC files and one index) and data/releases.jsonl. The archive
    includes the records that ``parts_of`` returns for the releases' captured pages. An export of
    all releases also contains data/log, the transparency log that proves the records. Raises
    StoreError and OSError.
    """
    bag = _Bag(to)
    records = ArchiveRecords(archive, chosen_records(store, archive, choice, parts_of), on_progress)
    copied = CopiedRecords(to / "lines", store.secrets())
    for name, found in records.files():
        bag.add(f"data/archive/{name}", copied.members(found))
    copied.write_index(to / "index")
    bag.add("data/archive/index.cdxj", pieces_of(to / "index"))
    (to / "index").unlink()
    lines = _Counted(release_lines(store, choice))
    bag.add("data/releases.jsonl", lines)
    if choice.is_all:
        for path in _log_files(archive / "log"):
            bag.add(f"data/{path.relative_to(archive).as_posix()}", pieces_of(path))
    summary = f"{lines.count} releases and {copied.count} records of server responses"
    bag.finish(
        {"External-Description": f"{plain(title)}: {summary}", "Bag-Software-Agent": software}
    )
    return Exported(lines.count, 0, copied.count, tuple(records.damaged), copied.with_secrets)


class _Counted:
    """Iterator that counts the lines it yields."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = lines
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.count += 1
            yield line


class _Bag:
    """A bag that is being written."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._payload: list[str] = []
        self._size = 0

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write a payload file (in the folder data) from the pieces of its content."""
        digest, size = self._write(name, pieces)
        self._size += size
        self._payload.append(_line(digest, name))

    def finish(self, info: dict[str, str]) -> None:
        """Write the bag's description (bag-info.txt) and its manifests."""
        info |= {
            "Bagging-Date": utc_now().date().isoformat(),
            "Payload-Oxum": f"{self._size}.{len(self._payload)}",
        }
        described = "".join(f"{name}: {value}\n" for name, value in info.items())
        tags = {
            "bagit.txt": DECLARATION,
            "bag-info.txt": described.encode(),
            "manifest-sha256.txt": "".join(sorted(self._payload)).encode(),
        }
        lines = [_line(self._write(name, [tag])[0], name) for name, tag in tags.items()]
        self._write("tagmanifest-sha256.txt", ["".join(lines).encode()])

    def _write(self, name: str, pieces: Iterable[bytes]) -> tuple[str, int]:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with path.open("xb") as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
        return digest.hexdigest(), size


def _line(digest: str, name: str) -> str:
    """Return a manifest line, with encoded line breaks in the name (RFC 8493, section 2.1.3)."""
    return f"{digest}  {quote(name, safe='/ ')}\n"


def _log_files(folder: Path) -> Iterator[Path]:
    """Yield the public files of the transparency log."""
    for name in PUBLIC_LOG_FILES:
        path = folder / name
        if path.is_file():
            yield path
        elif path.exists():
            yield from sorted(files_below(path))
