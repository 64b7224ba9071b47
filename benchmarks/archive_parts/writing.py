"""Writing pages to the archive, as a ratio to FastWARC's own writer with the same records.

Our code hashes, looks up the payload in the index, compresses, appends, and adds leaf, line and
row. FastWARC compresses with GzipWriter at its default level and appends. Both are measured in CPU
time, and the best of several rounds in turn counts.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from fastwarc.stream_io import GzipWriter
from fastwarc.warc import WarcRecord, WarcRecordType

from benchmarks.crawl import room_sites
from data.archive.archive import Archive
from data.archive.warc.http_head import request_head, response_head
from data.models.capture import Exchange
from data.settings import ArchiveSettings as Settings

ROUNDS = 5
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
SERVED = (
    (b"Server", b"nginx"),
    (b"Date", b"Mon, 02 Mar 2026 12:00:00 GMT"),
    (b"Content-Type", b"text/html; charset=utf-8"),
    (b"Last-Modified", b"Mon, 02 Mar 2026 09:12:44 GMT"),
    (b"ETag", b'"5f3e-63d1a0c2b9d40"'),
    (b"Cache-Control", b"max-age=300"),
    (b"Vary", b"Accept-Encoding"),
)
ASKED = (
    (b"Accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    (b"Accept-Language", b"en"),
    (b"User-Agent", b"Communique/0.1 (+https://archive.example/bot)"),
    (b"Accept-Encoding", b"gzip, deflate, br, zstd"),
)


def exchanges(pages: list[bytes]) -> list[Exchange]:
    """The answers with these pages, each of an address of its own."""
    return [
        Exchange(
            f"https://www.acme.example/news/2026/acme-opens-a-plant-{number}",
            NOON,
            200,
            "OK",
            SERVED,
            page,
            request_headers=ASKED,
            ip="203.0.113.7",
        )
        for number, page in enumerate(pages)
    ]


def archived(made: list[Exchange], folder: Path) -> None:
    """Write these answers into a new archive."""
    archive = Archive(folder / "archive", Settings(), agent="Communique/0.1")
    for exchange in made:
        archive.exchange(exchange)
    archive.close()


def by_fastwarc(made: list[Exchange], folder: Path) -> None:
    """Write the same records by FastWARC alone."""
    with (folder / "fastwarc.warc.gz").open("wb") as file:
        for exchange in made:
            answer = response_head(exchange) + exchange.body
            request = request_head(exchange, exchange.url)
            for kind, block in (
                (WarcRecordType.request, request),
                (WarcRecordType.response, answer),
            ):
                record = WarcRecord()
                record.init_headers(kind, f"uuid:{uuid4()}".encode(), content_length=len(block))
                headers = record.headers
                headers["WARC-Date"] = "2026-03-02T12:00:00.000000Z"
                headers.append("WARC-Target-URI", exchange.url)
                headers.append("WARC-IP-Address", exchange.ip)
                headers.append("WARC-Protocol", "http/1.1")
                headers.append("WARC-Block-Digest", f"sha256:{hashlib.sha256(block).hexdigest()}")
                payload = hashlib.sha256(exchange.body).hexdigest()
                headers.append("WARC-Payload-Digest", f"sha256:{payload}")
                headers.append("Content-Type", "application/http")
                record.set_bytes_content(block)
                writer = GzipWriter(file)
                record.write(writer)
                writer.finish()


def seconds(write: Callable[[list[Exchange], Path], None], made: list[Exchange]) -> float:
    """The processor time that a way of writing takes."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        write(made, Path(folder))
        return time.process_time() - started


def compared(pages: list[bytes]) -> tuple[float, float]:
    """The processor time that a page takes by FastWARC alone, and by us."""
    made = exchanges(pages)
    rounds = [(seconds(by_fastwarc, made), seconds(archived, made)) for _ in range(ROUNDS)]
    theirs, ours = (min(times) for times in zip(*rounds, strict=True))
    return theirs / len(made), ours / len(made)


def measure(*, few: bool) -> dict[str, object]:
    """The ratio of the times, and MB of pages a second of processor time.

    The pages of the bundled press rooms have some 3 KB, ordinary ones ten times as much.
    """
    count = 200 if few else 2000
    small = [page for site in room_sites(count) for page in site.pages]
    ordinary = [b"".join(small[at : at + 10]) for at in range(0, count - 10, 3)]
    found: dict[str, object] = {"bar of the ratios": 0.8}
    for name, pages in (("small pages", small), ("ordinary pages", ordinary)):
        theirs, ours = compared(pages)
        size = sum(map(len, pages)) / len(pages)
        found |= {
            f"{name}, ratio": theirs / ours,
            f"{name}, bytes": round(size),
            f"{name}, MB/s": size / 1e6 / ours,
            f"{name}, microseconds": ours * 1e6,
        }
    return found
