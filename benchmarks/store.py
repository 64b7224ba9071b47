"""Measure releases per second through the real write path, and the cost of queries.

    python benchmarks/store.py [--releases N] [--queries N]

Releases from invented sources over ten years, with bodies of about 3 KB, are recorded with
`Store.record_all` in transactions of 200, as `communique import` does: identity, revisions,
aliases, topics, stories, dirty marks of feeds. After each transaction, the rows of all tables that
it wrote are written to another file with the same schema by plain sqlite3 executemany, also in one
transaction. The ratio of the two times is printed. Then the newest 50 releases of a topic, of a
source and topic, and a search are queried, and SQLite explains its query plans.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from data.models import Content, Draft, Facet, Published, SeenDraft
from data.search.query import Query
from data.store.sqlite.store import SqliteStore

SOURCES, TOPICS, YEARS, WORDS = 200, 40, 10, 480
BATCH = 200
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
RATIO = 0.35
MILLION = 1_000_000


def drafts(count: int) -> Iterator[tuple[Draft, dt.datetime]]:
    """Releases and when each is first seen, in the order of publication."""
    chance = random.Random(20221124)  # noqa: S311 - data that repeats, no secret
    vocabulary = [f"{'bcdfghklmnprstvz'[n % 16]}{'aeiou'[n % 5]}{n:x}" for n in range(30_000)]
    weights = list(itertools.accumulate(1 / (n + 8) for n in range(len(vocabulary))))
    start = NOON - dt.timedelta(days=365 * YEARS)
    for number in range(count):
        at = start + dt.timedelta(days=365 * YEARS) * (number / count)
        words = chance.choices(vocabulary, cum_weights=weights, k=WORDS)
        paragraphs = [" ".join(words[n : n + 60]) for n in range(0, WORDS, 60)]
        source = f"source-{chance.randrange(SOURCES)}"
        url = f"https://{source}.example/news/{at:%Y/%m}/{number}"
        published = Published(at.replace(microsecond=0), "second", "UTC", f"{at:%c}", "json-ld")
        topics = tuple(sorted({f"topic-{min(chance.randrange(TOPICS) for _ in 'ab')}", "news"}))
        content = Content(
            title=" ".join(words[:9]),
            published=published,
            language="en",
            topics=topics,
            publisher=source,
            body_html="".join(f"<p>{text}</p>" for text in paragraphs),
            body_text="\n\n".join(paragraphs),
            title_rule="h1",
            body_rule="main",
        )
        yield Draft(source, url, content, aliases=(url,), digest=f"{number:064x}"), at


ROWS = {
    "releases": "number > ? ORDER BY number",
    "aliases": "release > ? ORDER BY key",
    "release_topics": "id IN (SELECT id FROM releases WHERE number > ?) ORDER BY topic",
    "release_sections": "id IN (SELECT id FROM releases WHERE number > ?) ORDER BY section",
    "lsh_bands": "release > ? ORDER BY release",
    "release_times": "release > ? ORDER BY release",
    "events": "release > ? ORDER BY number",
}
"""How the rows of one transaction are read back, by the number of the last release before it."""


class Plain:
    """An empty file of the same schema, into which rows are written as they are."""

    def __init__(self, path: Path) -> None:
        SqliteStore(path).close()
        self._db = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -65536"):
            self._db.execute(f"PRAGMA {pragma}")
        for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            self._db.execute(f"DROP TRIGGER {name}")
        self._places = {
            name: ",".join("?" * len(self._db.execute(f"PRAGMA table_info({name})").fetchall()))
            for name in (*ROWS, "facets")
        }

    def write(self, rows: dict[str, list[tuple[object, ...]]]) -> tuple[float, float]:
        """Seconds that executemany takes for the rows of each table, in one transaction."""
        started = now()
        self._db.execute("BEGIN IMMEDIATE")
        for name, some in rows.items():
            self._db.executemany(f"INSERT INTO {name} VALUES ({self._places[name]})", some)  # noqa: S608 - our own names
        self._db.execute("COMMIT")
        return since(started)


def now() -> tuple[float, float]:
    """The clock on the wall and that of the processor, in seconds."""
    return time.perf_counter(), time.process_time()


def since(started: tuple[float, float]) -> tuple[float, float]:
    """What went by on both."""
    wall, processor = now()
    return wall - started[0], processor - started[1]


def record(
    store: SqliteStore, path: Path, plain: Plain, count: int
) -> tuple[list[float], list[float]]:
    """Seconds that the real write path takes, and that the plain one takes for the same rows.

    Each on the wall and of the processor.
    """
    real, bare = [0.0, 0.0], [0.0, 0.0]
    made = drafts(count)
    step = max(count // 10, BATCH)
    read = sqlite3.connect(path)
    for number in range(0, count, BATCH):
        batch = list(itertools.islice(made, BATCH))
        started = now()
        store.record_all([SeenDraft(draft, seen, seen) for draft, seen in batch])
        real = [a + b for a, b in zip(real, since(started), strict=True)]
        rows = {
            name: read.execute(f"SELECT * FROM {name} WHERE {which}", [number]).fetchall()  # noqa: S608 - our own
            for name, which in ROWS.items()
        }
        bare = [a + b for a, b in zip(bare, plain.write(rows), strict=True)]
        if number % step == 0 and number:
            print(
                f"  {number:>9,}: {number / real[0]:,.0f} and {number / bare[0]:,.0f} a second",
                flush=True,
            )
    facets = {"facets": read.execute("SELECT * FROM facets").fetchall()}
    read.close()
    return real, [a + b for a, b in zip(bare, plain.write(facets), strict=True)]


def asked(name: str, ask: Callable[[int], object], times: int) -> None:
    """Print the median and the 99th percentile of a query, asked with other arguments each time."""
    seconds = []
    for number in range(times):
        started = time.perf_counter()
        ask(number)
        seconds.append(time.perf_counter() - started)
    cuts = statistics.quantiles(seconds, n=100)
    print(f"{name}: median {cuts[49] * 1000:.2f} ms, 99th percentile {cuts[98] * 1000:.2f} ms")


def plans(store: SqliteStore) -> bool:
    """Print how SQLite answers; whether it never walks a whole table or sorts."""
    said: list[str] = []
    db = sqlite3.connect(store._connection.path)  # noqa: SLF001 - to look over its shoulder
    db.set_trace_callback(said.append)
    store._connection.db.set_trace_callback(said.append)  # noqa: SLF001
    list(store.releases(Facet(topic="news"), limit=50))
    list(store.releases(Facet(source="source-1", topic="news"), limit=50))
    list(store.releases(Facet(source="source-1"), limit=50))
    list(store.releases(Facet(), limit=50))
    store.search(Query("ba1"), limit=1)
    store._connection.db.set_trace_callback(None)  # noqa: SLF001
    good = True
    for sql in dict.fromkeys(said):
        if not sql.startswith("SELECT"):
            continue
        steps = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")]
        walks = [step for step in steps if step.startswith("SCAN") and "INDEX" not in step]
        good = good and not walks
        print("  " + "; ".join(steps))
    return good


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=300)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "real.db"
        store = SqliteStore(path)
        count = given.releases
        seconds, bare = record(store, path, Plain(Path(folder) / "plain.db"), count)
        print(f"the real write path: {count / seconds[0]:,.0f} releases a second")
        print(f"plain executemany of the same rows: {count / bare[0]:,.0f} releases a second")
        print(f"ratio: {bare[0] / seconds[0]:.2f} (target {RATIO})")
        print(f"ratio of processor time alone: {bare[1] / seconds[1]:.2f}")
        started = time.perf_counter()
        store.update_search_index()
        print(f"search index: {count / (time.perf_counter() - started):,.0f} releases a second")
        store.maintain()
        topic = [f"topic-{n}" for n in range(TOPICS)]
        source = [f"source-{n}" for n in range(SOURCES)]
        words = [f"{'bcdfghklmnprstvz'[n % 16]}{'aeiou'[n % 5]}{n:x}" for n in range(30_000)]
        times = given.queries
        print(f"among {count:,} releases, {times} times each:")
        asked(
            "newest 50 of a topic",
            lambda n: list(store.releases(Facet(topic=topic[n % TOPICS]), limit=50)),
            times,
        )
        asked(
            "newest 50 of a source and topic",
            lambda n: list(
                store.releases(Facet(source=source[n % SOURCES], topic=topic[n % TOPICS]), limit=50)
            ),
            times,
        )
        asked(
            "search for a rare word",
            lambda n: store.search(Query(words[-1 - n * 31]), limit=20),
            times,
        )
        asked(
            "search for two words",
            lambda n: store.search(Query(f"{words[200 + n * 7]} {words[100 + n * 5]}"), limit=20),
            times,
        )
        asked(
            "search for a word in a source",
            lambda n: store.search(Query(words[300 + n * 7], source=source[n % SOURCES]), limit=20),
            times,
        )
        asked(
            "search for a very common word",
            lambda n: store.search(Query(words[n % 5]), limit=20),
            times,
        )
        asked(
            "search for words that begin alike",
            lambda n: store.search(Query(words[300 + n * 7][:4] + "*"), limit=20),
            times,
        )
        if not plans(store):
            sys.exit("a query walks a whole table")
        store.close()


if __name__ == "__main__":
    main()
