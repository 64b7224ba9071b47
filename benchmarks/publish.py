"""What publishing costs, as a ratio to rendering the same feeds with plain feedgen in the same run.

    python benchmarks/publish.py [--releases 20000]

A store of 40 sources, 17 topics and five years is made up. Then, in fresh processes: everything is
published; ten new releases are published; everything is published again. Plain feedgen renders
Atom and RSS of the same releases in the same feeds (it has no JSON Feed), without and with gzip;
of the full rebuild it renders every tenth feed, and is counted ten times. Ours makes Atom, RSS and
JSON Feed, plain and gzipped. Feeds are timed up to their bytes on both sides; the line "whole"
adds, on our side alone, the pages for people and writing all of it durably.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from feedgen.feed import FeedGenerator

from data.models import Content, Draft, Facet, Media, Published, Source
from data.settings import Site
from data.store import Store, open_store
from feeds import writing
from feeds.documents import Documents
from feeds.pages import Pages
from feeds.publish import publish

SOURCES, TOPICS, YEARS, NEW = 40, 17, 5, 10
END = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
SAMPLE = 10
SITE = Site(url="https://press.example")


def main() -> None:
    """Make a store, publish it, and compare."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--releases", type=int, default=20_000)
    options.add_argument("--publish", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--all", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.publish:
        print(json.dumps(published(chosen.publish, everything=chosen.all)))
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), chosen.releases)


def compare(home: Path, count: int) -> None:
    """Print the ratios."""
    chance = random.Random(5)  # noqa: S311 - the same releases in every run
    store = opened(home)
    words = vocabulary(chance)
    for number in range(SOURCES):
        store.register(
            Source(f"source-{number}", f"Source {number}", f"https://s{number}.example/")
        )
    started = time.perf_counter()
    record(store, (draft(chance, words, number, count) for number in range(count)))
    print(f"{count} releases recorded in {time.perf_counter() - started:.0f} s")
    cold = run(home)
    total = sum(store.facets().values())
    facets = sorted(store.facets(), key=str)
    report("first publication", cold)
    record(store, (draft(chance, words, count + number, count) for number in range(NEW)))
    touched = sorted(store.marks(), key=str)
    update = run(home)
    report(f"{NEW} new releases", update)
    ours = update["feeds"]
    plain, packed = feedgen(store, touched, SITE.entries)
    print(f"  plain feedgen, {len(touched)} feeds: {plain:.2f} s, with gzip {plain + packed:.2f} s")
    print(f"  ratio {plain / ours:.1f}, with gzip {(plain + packed) / ours:.1f}")
    whole = update["whole"]
    print(f"  whole: ratio {plain / whole:.1f}, with gzip {(plain + packed) / whole:.1f}")
    warm = run(home, "--all")
    report("everything again", warm)
    chance.shuffle(facets)
    sample = facets[: len(facets) // SAMPLE]
    share = total / sum(store.facets()[facet] for facet in sample)
    plain, packed = (seconds * share for seconds in feedgen(store, sample, None))
    print(
        f"  plain feedgen, {len(facets)} feeds with all {total} entries: {plain:.0f} s,"
        f" with gzip {plain + packed:.0f} s"
    )
    for name, run_ in (("first", cold), ("again", warm)):
        print(
            f"  ratio ({name}) {plain / run_['feeds']:.1f}, with gzip"
            f" {(plain + packed) / run_['feeds']:.1f}; whole {plain / run_['whole']:.1f},"
            f" {(plain + packed) / run_['whole']:.1f}"
        )


def published(home: Path, *, everything: bool) -> dict[str, float]:
    """Publish a HOME; seconds for the feeds up to their bytes, for all of it, and memory in MB."""
    spent = {"feeds": 0.0, "writing": 0.0}
    documents, write, page = Documents.write, writing.Writer.write, Pages.facet

    def timed(*arguments: Any, **named: Any) -> None:
        before, written = time.perf_counter(), spent["writing"]
        documents(*arguments, **named)
        spent["feeds"] += time.perf_counter() - before - (spent["writing"] - written)

    def timed_page(*arguments: Any) -> bytes:
        before = time.perf_counter()
        answer = page(*arguments)
        spent["writing"] += time.perf_counter() - before
        return answer

    def timed_write(*arguments: Any) -> bool:
        before = time.perf_counter()
        answer = write(*arguments)
        spent["writing"] += time.perf_counter() - before
        return answer

    Documents.write, writing.Writer.write = timed, timed_write  # type: ignore[method-assign, assignment]  # timed
    Pages.facet = timed_page  # type: ignore[method-assign, assignment]  # timed
    store = opened(home)
    done = publish(store, home / "site", SITE, all=everything, kept=home / "rendered.db")
    assert not done.errors, done.errors[:3]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "feeds": spent["feeds"],
        "whole": done.seconds,
        "memory": memory,
        "written": done.written,
    }


def run(home: Path, *options: str) -> dict[str, float]:
    """Publish in a process of its own."""
    command = [sys.executable, __file__, "--publish", str(home), *options]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(answer.stdout)
    return result


def report(name: str, result: dict[str, float]) -> None:
    """Print one run of ours."""
    print(
        f"{name}: feeds {result['feeds']:.3f} s, whole {result['whole']:.3f} s,"
        f" {result['written']:.0f} feeds written, peak {result['memory']:.0f} MB"
    )


def feedgen(store: Store, facets: Iterable[Facet], limit: int | None) -> tuple[float, float]:
    """Seconds that plain feedgen takes for Atom and RSS of facets, and gzip for its bytes."""
    names = store.sources()
    plain = packed = 0.0
    for facet in facets:
        started = time.perf_counter()
        made = FeedGenerator()
        made.id(f"urn:{facet}")
        made.title(str(facet))
        made.link(href="https://press.example/", rel="alternate")
        made.description("Releases")
        for release in store.releases(facet, limit=limit):
            content = release.content
            entry = made.add_entry(order="append")
            entry.id(f"urn:uuid:{release.id}")
            entry.title(content.title)
            entry.link(href=release.url)
            entry.published(release.published.local)
            entry.updated(release.updated)
            entry.author(name=names[release.source].name)
            entry.summary(content.summary)
            entry.content(content.body_html, type="html")
            entry.category([{"term": topic, "label": topic} for topic in content.topics])
            for media in content.attachments:
                entry.enclosure(media.url, str(media.length), media.type)
        texts = made.atom_str(), made.rss_str()
        middle = time.perf_counter()
        for text in texts:
            gzip.compress(text, 6)
        plain += middle - started
        packed += time.perf_counter() - middle
    return plain, packed


def opened(home: Path) -> Store:
    """The store of a HOME."""
    return open_store(f"sqlite:{home / 'communique.db'}")


def vocabulary(chance: random.Random) -> list[str]:
    """Words as long and as frequent as those of a language."""
    letters = "eeeeetttaaaooiinnsshhrrddlucmwfgypbvkxjqz"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 11))) for _ in range(8000)]
    return [word for rank, word in enumerate(words) for _ in range(1 + 2000 // (rank + 1))]


def draft(chance: random.Random, words: list[str], number: int, count: int) -> Draft:
    """A release of 3 KB, one of an even stream over all years."""
    age = dt.timedelta(days=365 * YEARS) * max(count - number, 0) / count
    source = chance.randrange(SOURCES)
    paragraphs = [" ".join(chance.choices(words, k=60)).capitalize() + "." for _ in range(8)]
    title = " ".join(chance.choices(words, k=9)).capitalize()
    at = END - age
    return Draft(
        source=f"source-{source}",
        url=f"https://s{source}.example/news/{number}",
        content=Content(
            title=title,
            published=Published(at, "second", "UTC", at.isoformat(), "meta"),
            language="en",
            topics=tuple(sorted({f"topic-{chance.randrange(TOPICS)}" for _ in range(2)})),
            summary=paragraphs[0][:200],
            body_html="".join(f"<p>{one}</p>" for one in paragraphs),
            body_text="\n\n".join(paragraphs),
            attachments=(
                Media(f"https://s{source}.example/{number}.pdf", "application/pdf", 9999),
            ),
        ),
    )


def record(store: Store, drafts: Iterator[Draft]) -> None:
    """Take in drafts as a crawl does."""
    for made in drafts:
        assert made.content.published
        seen = made.content.published.at + dt.timedelta(minutes=5)
        store.record(made, seen=seen, since=seen)


if __name__ == "__main__":
    main()
