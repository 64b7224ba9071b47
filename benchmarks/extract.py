"""Measure pages per CPU second for title, date and body, as a ratio to trafilatura.

    python benchmarks/extract.py [SHARED] [--pages N]

SHARED is the folder of real pages, by default the one beside the project. Our code and trafilatura
read the same bytes, page by page in turn, so that other work on the machine affects both equally.
Both collect garbage as rarely as our commands do.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import json
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import trafilatura

from data.dates.context import DateContext
from scheduler.children.page_limit import collect_garbage_rarely
from spiders.page.page import Page
from spiders.release.read import read_release

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pages(shared: Path, count: int) -> list[tuple[str, bytes]]:
    """The addresses and bytes of pages spread over the whole set."""
    folder = shared / "corpora" / "dev"
    with (folder / "manifest.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    step = max(1, len(rows) // count)
    return [
        (
            row["url"] or "http://page.example/",
            gzip.decompress((folder / row["html_path"]).read_bytes()),
        )
        for row in rows[::step][:count]
    ]


def ours(url: str, body: bytes) -> object:
    """Everything that Communique reads off a page, not only title, date and body."""
    context = DateContext("UTC", now=dt.datetime.now(dt.UTC))
    return read_release(Page(url, body), context)


def theirs(url: str, body: bytes) -> object:
    """What trafilatura reads: text and metadata."""
    return trafilatura.bare_extraction(body, url=url, with_metadata=True)


def timed(read: Callable[[str, bytes], object], url: str, body: bytes) -> float:
    """Seconds of CPU that one page takes."""
    start = time.process_time()
    read(url, body)
    return time.process_time() - start


def main() -> None:
    """Print both rates and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--pages", type=int, default=400)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    chosen = pages(options.shared, options.pages)
    for url, body in chosen[:5]:
        ours(url, body)
        theirs(url, body)
    collect_garbage_rarely()
    spent = [0.0, 0.0]
    for url, body in chosen:
        spent[0] += timed(ours, url, body)
        spent[1] += timed(theirs, url, body)
    mine, other = (len(chosen) / seconds for seconds in spent)
    print(f"pages                {len(chosen)}")
    print(f"communique           {mine:8.1f} pages/s of CPU")
    print(f"trafilatura {trafilatura.__version__:8} {other:8.1f} pages/s of CPU")
    print(f"ratio                {mine / other:8.1f}")


if __name__ == "__main__":
    main()
