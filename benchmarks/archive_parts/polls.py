"""Bytes by which the archive grows when an unchanged page is requested again.

Some pages are archived. Then each page is requested several times, and the response is 304. The
growth of each part of the archive is reported, after the log contains all leaves. The goal is 1,000
bytes in all. Then one page is requested 10,000 times: the last thousand requests must not take
longer.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.archive_parts.writing import ASKED, SERVED, exchanges
from data.archive.archive import Archive
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.reader import read_file
from data.archive.warc.warc_file import cdxj_path, own_files
from data.models.capture import Exchange
from data.settings import ArchiveSettings as Settings

PAGES, TIMES, ONE = 256, 8, 10_000
CONDITIONS = (
    (b"If-None-Match", b'"5f3e-63d1a0c2b9d40"'),
    (b"If-Modified-Since", b"Mon, 02 Mar 2026 09:12:44 GMT"),
)
KEPT = frozenset([b"Server", b"Date", b"ETag", b"Cache-Control", b"Vary"])
"""What a 304 has of the fields of a 200 (RFC 9110, section 15.4.5)."""


def unchanged(exchange: Exchange) -> Exchange:
    """The answer that a page is what it was."""
    return replace(
        exchange,
        status=304,
        reason="Not Modified",
        headers=tuple(field for field in SERVED if field[0] in KEPT),
        body=b"",
        request_headers=(*ASKED, *CONDITIONS),
    )


def sizes(folder: Path) -> dict[str, int]:
    """The bytes of each part of an archive."""
    (path,) = own_files(folder)
    records = [one for one in read_file(path) if isinstance(one, ArchiveRecord)]
    log = folder / "log"
    return {
        "response records": sum(one.length for one in records if one.kind != "request"),
        "request records": sum(one.length for one in records if one.kind == "request"),
        "CDXJ": cdxj_path(path).stat().st_size,
        "index": (folder / "index.db").stat().st_size,
        "log entries": tree_size(log / "tile" / "entries"),
        "log hashes": tree_size(log / "tile") - tree_size(log / "tile" / "entries"),
    }


def tree_size(folder: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def bytes_a_poll(folder: Path, times: int) -> dict[str, object]:
    """What each part grew by for each answer that nothing changed."""
    made = exchanges([b"<p>%d" % number for number in range(PAGES)])
    archive = Archive(folder, Settings())
    for exchange in made:
        archive.exchange(exchange)
    archive.close()
    before = sizes(folder)
    archive = Archive(folder, Settings())
    for _ in range(times):
        for exchange in made:
            archive.exchange(unchanged(exchange))
    archive.close()
    after = sizes(folder)
    grown = {part: (after[part] - before[part]) / (PAGES * times) for part in after}
    return {"bytes": sum(grown.values()), "goal": 1000, **{f"bytes, {k}": grown[k] for k in grown}}


def slowing(folder: Path, count: int) -> float:
    """The time of the last tenth of many records of one page as a ratio to that of the first."""
    (exchange,) = exchanges([b"<p>"])
    archive = Archive(folder, Settings())
    archive.exchange(exchange)
    tenths = []
    for _ in range(10):
        started = time.process_time()
        for _ in range(count // 10):
            archive.exchange(unchanged(exchange))
        tenths.append(time.process_time() - started)
    archive.close()
    return tenths[-1] / tenths[0]


def measure(*, few: bool) -> dict[str, object]:
    """Bytes a poll, and how much slower the ten-thousandth record of a page is than the first."""
    count = ONE // 10 if few else ONE
    with tempfile.TemporaryDirectory() as folder:
        found = bytes_a_poll(Path(folder, "home", "archive"), 2 if few else TIMES)
        ratio = slowing(Path(folder, "other", "archive"), count)
    return {**found, "records of one page": count, "time, last tenth to first": ratio}
