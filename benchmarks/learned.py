"""Measure pages per CPU second with learned templates, as a ratio to trafilatura.

    python benchmarks/learned.py [SHARED] [--rounds N]

Templates are learned from the pages of sites that have five or more pages in SHARED (the folder of
real pages, by default the one beside the project), and from the bundled press rooms. Most of these
sites mix layouts of many years, or consist of many blogs, so few sites have three pages of one
layout. Then all pages that fit a template are read from their bytes, in turn with the template and
with trafilatura, with title, date, body and metadata. The benchmark also prints where reading with
templates spends its time.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import json
import tempfile
import time
import urllib.request
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import trafilatura

from data.dates.context import DateContext
from data.store.sqlite.store import SqliteStore
from scheduler.demo.rooms import showing
from scheduler.demo.server import rooms_served
from spiders.learning.excerpt import excerpt_of
from spiders.learning.source_templates import SourceTemplates
from spiders.learning.template import TemplateReader, decode_template
from spiders.page.embedded_metadata import read_metadata
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.sources.source_file import ReleaseRules

SHARED = Path(__file__).resolve().parents[2] / "shared"
LEAST = 5
"""Pages that a site must have."""

READING = DateContext("UTC", now=dt.datetime.now(dt.UTC))
RULES = ReleaseRules()
T = TypeVar("T")


class Shelf(SqliteStore):
    """Templates of a site whose pages are in no order: nothing is outdated."""

    def forget_template(self, source: str, layout: str) -> None:
        """Forget nothing."""


def real_pages(shared: Path) -> dict[str, list[Page]]:
    """The pages of the sites that have enough of them."""
    folder = shared / "corpora" / "dev"
    sites: dict[str, dict[str, Page]] = defaultdict(dict)
    if not folder.is_dir():
        return {}
    with (folder / "manifest.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["url"]:
                body = gzip.decompress((folder / row["html_path"]).read_bytes())
                sites[row["site"]][row["url"]] = Page(row["url"], body)
    return {site: list(pages.values()) for site, pages in sites.items() if len(pages) >= LEAST}


def demo_pages() -> dict[str, list[Page]]:
    """The release pages of the bundled press rooms on their first day."""
    found: dict[str, list[Page]] = {}
    with rooms_served() as rooms:
        rooms.show(1)
        for room, base in rooms.bases.items():
            shown = showing(room, 1)
            urls = [base.rstrip("/") + shown.room.address(one) for one in shown.releases]
            found[room] = list(fetched(urls))
    return found


def fetched(urls: Iterable[str]) -> Iterator[Page]:
    """The pages at addresses on loopback."""
    for url in urls:
        with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own server
            body = answer.read()
            if answer.headers["Content-Encoding"] == "gzip":
                body = gzip.decompress(body)
            yield Page(url, body, answer.headers["Content-Type"] or "")


def fitting(site: str, pages: list[Page]) -> Iterator[tuple[TemplateReader, Page]]:
    """The pages that a template fits, once one is learned from them."""
    with tempfile.TemporaryDirectory() as folder, closing(Shelf(Path(folder, "s.db"))) as shelf:
        learner = SourceTemplates(site, [RULES], shelf)
        for page in pages:
            learner.read(page, READING, RULES, None)
        templates = [*filter(None, map(decode_template, shelf.templates(site)))]
    readers = [TemplateReader(template) for template in templates]
    for page in pages:
        for reader in readers:
            if reader.read(page, READING):
                yield reader, page
                break


def timed(spent: dict[str, float], name: str, work: Callable[[], T]) -> T:
    """What ``work`` gives, its seconds of CPU added under ``name``."""
    start = time.process_time()
    result = work()
    spent[name] += time.process_time() - start
    return result


def parsed(reader: TemplateReader, page: Page) -> Page:
    """The part of a page that is read by a template, or all of it, decoded and parsed."""
    excerpt = reader.template.excerpt
    part = (excerpt_of(page, excerpt) if excerpt else None) or page
    assert len(part.tree)
    return part


def measure(pages: list[tuple[TemplateReader, Page]], rounds: int) -> dict[str, float]:
    """Seconds of CPU by what they were spent on."""
    spent: dict[str, float] = defaultdict(float)
    for _ in range(rounds):
        for reader, page in pages:
            url, body, kind = page.url, page.body, page.content_type
            timed(spent, "ours", lambda: reader.read(Page(url, body, kind), READING))  # noqa: B023 - called at once
            part = timed(spent, "parsing", lambda: parsed(reader, Page(url, body, kind)))  # noqa: B023 - as above
            timed(spent, "metadata", lambda: read_metadata(part))  # noqa: B023 - as above
            timed(spent, "detection", lambda: read_release(Page(url, body, kind), READING))  # noqa: B023 - as above
            timed(
                spent,
                "theirs",
                lambda: trafilatura.bare_extraction(body, url=url, with_metadata=True),  # noqa: B023 - as above
            )
    return spent


def main() -> None:
    """Print rates, ratios and where the time goes, for real pages and for the press rooms."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for name, sites in (("real pages", real_pages(options.shared)), ("demo rooms", demo_pages())):
        chosen = [one for site, pages in sites.items() for one in fitting(site, pages)]
        total = sum(map(len, sites.values()))
        if not chosen:
            print(f"{name}: no template fits any of {total} pages")
            continue
        spent = measure(chosen, options.rounds)
        count = len(chosen) * options.rounds
        size = sum(len(page.body) for _, page in chosen) / len(chosen) / 1000
        print(f"{name}: {len(chosen)} of {total} pages fit a template, {size:.0f} kB on average")
        for label, key in (("learned", "ours"), ("detected", "detection")):
            rate = count / spent[key]
            print(f"  {label:12} {rate:8.1f} pages/s of CPU, {spent['theirs'] / spent[key]:6.1f} x")
        print(f"  trafilatura  {count / spent['theirs']:8.1f} pages/s of CPU")
        rest = spent["ours"] - spent["parsing"] - spent["metadata"]
        for key, seconds in (*spent.items(), ("fields and body", rest)):
            if key in {"parsing", "metadata", "fields and body"}:
                print(f"  {key:16} {seconds / count * 1000:6.2f} ms, {seconds / spent['ours']:.0%}")


if __name__ == "__main__":
    main()
