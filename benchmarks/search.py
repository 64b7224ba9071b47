"""Measure the cost of a search page among very many releases: its hits, and counts by facet.

    python benchmarks/search.py [--releases N] [--store FILE|--postgresql] [--queries N]

The releases are those of benchmarks/store.py, recorded through the real write path. With
``--store``, they are stored in a file that is kept, or read from a file of an earlier run. With
``--postgresql``, they are in a PostgreSQL that is started for this benchmark; its time is included
only in elapsed time. A search page counts at most 10,000 matches and selects the newest 30. The
queries are fixed and printed: rare and common words, two words, phrases that occur in a release,
prefixes, exclusions, alternatives, groups, fields and days. Each is searched alone and with one
facet (a source, a topic, a language or a year in turn), by day and, without counts, best first. The
benchmark prints the median and the 99th percentile of each kind and of all, in elapsed time and in
CPU time (other programs may use the machine). It also prints what the home page needs from the
store, and a figure for the speed of this machine. The last line is JSON.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from benchmarks.store import BATCH, SOURCES, TOPICS, drafts
from data.models import Facet, SeenDraft
from data.search.query import Query
from data.store.postgres.store import PostgresStore
from data.store.sqlite.store import SqliteStore
from tests.postgres_server import postgres_running

PAGE = 30
TARGET, HOME_TARGET = 100.0, 10.0
"""Milliseconds."""

VOCABULARY = [f"{'bcdfghklmnprstvz'[n % 16]}{'aeiou'[n % 5]}{n:x}" for n in range(30_000)]
"""The words of the releases, the commonest first: the word at N comes 1 / (N + 8) as often."""

LANGUAGES = ("en", "de", "fr", "az", "ru")


AnyStore: TypeAlias = SqliteStore | PostgresStore

Times: TypeAlias = tuple[float, float]
"""Milliseconds on the wall, and of the processor."""


def fill(store: AnyStore, count: int) -> None:
    """Record the releases, each in the language of its source, and enter them for search."""
    made = drafts(count)
    for _ in range(0, count, BATCH):
        batch = []
        for draft, seen in itertools.islice(made, BATCH):
            language = LANGUAGES[int(draft.source.rpartition("-")[2]) % len(LANGUAGES)]
            content = replace(draft.content, language=language)
            batch.append(SeenDraft(replace(draft, content=content), seen, seen))
        store.record_all(batch)
    store.maintain()


def classes(store: AnyStore, times: int) -> dict[str, list[str]]:
    """The texts of all queries, by class."""
    chance = random.Random(20261126)  # noqa: S311 - queries that repeat, no secret

    def word(first: int, last: int) -> str:
        return VOCABULARY[chance.randrange(first, last)]

    ids = [row[0] for row in store._ask("SELECT max(number) FROM releases")]  # noqa: SLF001 - to find phrases
    phrases: list[str] = []
    while len(phrases) < times:
        number = chance.randrange(1, ids[0] + 1)
        ((title,),) = store._ask("SELECT title FROM releases WHERE number = ?", [number])  # noqa: SLF001
        first, second = title.split()[1:3]
        # What stands for "of the" is no phrase that people look for.
        if VOCABULARY.index(first) >= COMMON and VOCABULARY.index(second) >= COMMON:
            phrases.append(f'"{first} {second}"')
    return {
        "rare word": [word(10_000, 30_000) for _ in range(times)],
        "common word": [word(0, 5) for _ in range(times)],
        "two words": [f"{word(50, 2000)} {word(50, 2000)}" for _ in range(times)],
        "phrase": phrases,
        "beginning": [f"{word(300, 30_000)[: 3 + n % 2]}*" for n in range(times)],
        "exclusion": [f"{word(0, 5)} -{word(50, 2000)}" for _ in range(times)],
        "either": [f"{word(50, 2000)} OR {word(300, 30_000)}" for _ in range(times)],
        "group": [
            f"({word(0, 50)} OR {word(50, 2000)}) {word(50, 2000)} -{word(50, 2000)}"
            for _ in range(times)
        ],
        "field": [f"title:{word(20, 2000)} OR body:{word(300, 30_000)}" for _ in range(times)],
        "days": [
            f"({word(50, 2000)} after:{2018 + n % 7}) OR ({word(50, 2000)} before:{2018 + n % 7})"
            for n in range(times)
        ],
    }


COMMON = 20
"""Words that stand for those of grammar: each of them is in nearly every release."""


def facets() -> Iterator[Callable[[str], Query]]:
    """Queries with one facet in turn, for ever."""
    for n in itertools.count():
        year = dt.date(2017 + n % 9, 1, 1)
        yield from (
            lambda text, n=n: Query(text, source=f"source-{n * 7 % SOURCES}"),
            lambda text, n=n: Query(text, topic=f"topic-{n * 3 % (TOPICS // 2)}"),
            lambda text, n=n: Query(text, language=LANGUAGES[n % len(LANGUAGES)]),
            lambda text, year=year: Query(text, since=year, until=year.replace(month=12, day=31)),
        )


def milliseconds(ask: Callable[[], object]) -> Times:
    """How long something takes, on the wall and of the processor."""
    wall, processor = time.perf_counter(), time.thread_time()
    ask()
    return (time.perf_counter() - wall) * 1000, (time.thread_time() - processor) * 1000


def calibration() -> float:
    """Milliseconds of the processor for a fixed work of SQLite, the least of five."""
    db = sqlite3.connect(":memory:")
    count = (
        "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000000)"
        " SELECT sum(n) FROM c"
    )
    return min(milliseconds(lambda: db.execute(count).fetchall())[1] for _ in range(5))


def percentiles(found: list[Times]) -> list[float]:
    """The median and the 99th percentile on the wall, and of the processor."""
    kinds = (statistics.quantiles(kind, n=100) for kind in zip(*found, strict=True))
    return [round(cuts[place], 2) for cuts in kinds for place in (49, 98)]


def measure(store: AnyStore, times: int) -> dict[str, list[float]]:
    """Ask all queries, and print and give the figures of each class."""
    found: dict[str, list[float]] = {}
    every: list[Times] = []
    with_facet = facets()

    def page(query: Query) -> Times:
        return milliseconds(lambda: store.count_and_search(query, limit=PAGE))

    def best(query: Query) -> Times:
        return milliseconds(lambda: store.search(query, limit=PAGE))

    for name, texts in classes(store, times).items():
        print(f"{name}: {', '.join(texts[:3])} …", flush=True)
        plain = [page(Query(text)) for text in texts]
        narrowed = [page(next(with_facet)(text)) for text in texts]
        every += plain + narrowed
        found[name] = percentiles(plain)
        found[f"{name} with a facet"] = percentiles(narrowed)
        found[f"{name}, best first"] = percentiles([best(Query(text)) for text in texts])
    found["all pages"] = percentiles(every)
    home = [milliseconds(lambda: list(store.releases(Facet(), limit=40))) for _ in range(times)]
    found["home: the newest 40"] = percentiles(home)
    print("milliseconds: median and 99th percentile on the wall; of the processor")
    for name, (median, last, own, own_last) in found.items():
        print(f"{name:28} {median:8.2f} {last:8.2f}; {own:8.2f} {own_last:8.2f}")
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--postgresql", action="store_true")
    given = parser.parse_args()
    with ExitStack() as held:
        store: AnyStore
        if given.postgresql:
            server = held.enter_context(postgres_running())
            store = PostgresStore(server.url(server.create()))
        else:
            folder = held.enter_context(tempfile.TemporaryDirectory())
            store = SqliteStore(given.store or Path(folder) / "communique.db")
        if not store._ask("SELECT 1 FROM releases LIMIT 1"):  # noqa: SLF001 - of that there is no verb
            fill(store, given.releases)
        started = time.perf_counter()
        if entered := sum(store.enter_queued()):
            print(f"search index: {entered / (time.perf_counter() - started):,.0f} a second")
        ((count,),) = store._ask("SELECT count(*) FROM releases")  # noqa: SLF001 - to tell it
        print(f"among {count:,} releases, {given.queries} queries of each class:")
        before = calibration()
        found = measure(store, given.queries)
        after = calibration()
        print(f"counting to a million in SQLite: {before:.1f} ms before, {after:.1f} ms after")
        store.close()
        told = {
            "store": "postgresql" if given.postgresql else "sqlite",
            "releases": count,
            "all_p99_ms": found["all pages"][1],
            "all_p99_processor_ms": found["all pages"][3],
            "home_p99_ms": found["home: the newest 40"][1],
            "home_p99_processor_ms": found["home: the newest 40"][3],
            "target_ms": TARGET,
            "home_target_ms": HOME_TARGET,
            "calibration_ms": round(before, 1),
            "classes": found,
        }
        print(json.dumps(told))


if __name__ == "__main__":
    main()
