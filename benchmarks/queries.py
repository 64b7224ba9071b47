"""Check that random queries select exactly the right releases, and measure searches with operators.

    python -m benchmarks.queries [--releases N] [--queries N] [--store FILE] [--few] [--postgresql]

The releases are those of benchmarks/search.py. Some are edited or retracted. Random queries combine
words, phrases, prefixes, fields, days and saved searches with AND, OR, NOT and brackets. A query is
right if the store returns exactly the releases that a brute-force evaluation selects. It searches
each term in each text, without an index, and combines the results as bits of integers. A few
releases are also evaluated as watches do, with the expression of the whole query. Then the mix of
benchmarks/search.py, which includes queries with OR and fields, is measured.

SQLite is checked, and with ``--postgresql`` a PostgreSQL that is started for this benchmark. Words
are in quotation marks or have a field, because PostgreSQL also finds other forms of plain words.
``--few`` checks few queries on few releases. The exit code is 1 if a query is wrong. The last line
is JSON.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
import random
import statistics
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Final
from unittest.mock import patch

from benchmarks.search import LANGUAGES, VOCABULARY, AnyStore, fill, measure
from benchmarks.store import SOURCES, TOPICS, drafts
from data.models import Facet, Release
from data.search.folded_release import Evaluator, FoldedRelease, evaluator
from data.search.query import Query
from data.store.postgres.store import PostgresStore
from data.store.sqlite.store import SqliteStore
from data.topics.facets import labels_of
from tests.postgres_server import postgres_running

TARGET_MS: Final = 100.0
CHANGED_RELEASES: Final = 300
"""Number of releases that are edited, and number of releases that are retracted."""

LEAF_COUNT: Final = 400
"""Number of different terms and labels in all queries. Each is searched in all texts."""

EVALUATED_RELEASES: Final = 200
"""Number of releases in which whole expressions are evaluated, as watches do."""

UNLIMITED: Final = 1_000_000
"""A limit that no query of this benchmark reaches: of rows, and of seconds."""

NEWS: Final = dt.datetime(2026, 3, 3, 12, tzinfo=dt.UTC)
SAVED_SEARCHES: Final = {
    "first": f'"{VOCABULARY[40]}" OR saved:second',
    "second": "topic:topic-3 after:2020",
}


def change(store: AnyStore) -> None:
    """Edit the first releases, and retract some releases."""
    ((count,),) = store._ask("SELECT count(*) FROM releases")  # noqa: SLF001 - the store has no method for this
    with store.transaction():
        for draft, _ in itertools.islice(drafts(count), CHANGED_RELEASES):
            content = replace(
                draft.content,
                language=LANGUAGES[int(draft.source.rpartition("-")[2]) % len(LANGUAGES)],
                body_text=f"{draft.content.body_text}\n\nba0 the text was corrected",
            )
            edited = replace(draft, content=content, digest=f"edited {draft.digest}")
            store.record(edited, seen=NEWS, since=NEWS)
    newest = "SELECT id FROM releases ORDER BY number DESC LIMIT ?"
    rows = store._ask(newest, [5 * CHANGED_RELEASES])  # noqa: SLF001 - as above
    with store.transaction():
        for (name,) in rows[::5]:
            store.retract(name, at=NEWS)
    store.update_search_index()


class Leaves:
    """Terms, labels and days, each with the releases that match it, as bits of an integer."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        made = {self._leaf() for _ in range(4 * LEAF_COUNT)}
        self.texts = sorted(made)[:: max(1, len(made) // LEAF_COUNT)]
        self.texts += ["saved:first", "saved:second"]
        self.bits = dict.fromkeys(self.texts, 0)

    def _word(self) -> str:
        # Rare and common words, as in texts.
        return VOCABULARY[int(30_000 ** self._chance.random()) - 1]

    def _leaf(self) -> str:
        chance, word = self._chance, self._word()
        year, month = chance.randrange(2016, 2027), chance.randrange(1, 13)
        return chance.choice(
            [
                f'"{word}"',
                f'"{word}"',
                f'"{VOCABULARY[chance.randrange(40)]} {VOCABULARY[chance.randrange(40)]}"',
                f"{word[:3]}*" if len(word) > 2 else f'"{word}"',  # noqa: PLR2004 - letters of a prefix
                f"title:{word}",
                f"body:{word}",
                f'title:"{VOCABULARY[chance.randrange(20)]} {VOCABULARY[chance.randrange(20)]}"',
                f"source:source-{chance.randrange(SOURCES)}",
                f"topic:topic-{chance.randrange(TOPICS)},topic-{chance.randrange(TOPICS)}",
                f"lang:{chance.choice(LANGUAGES)}",
                f"state:{chance.choice(['corrected', 'retracted'])}",
                f"{chance.choice(['after', 'before'])}:{year}",
                f"{chance.choice(['after', 'before'])}:{year}-{month:02}",
            ]
        )

    def add(self, number: int, release: FoldedRelease) -> None:
        """Evaluate all leaves in a release."""
        for text, is_match in self._evaluators:
            if is_match(release):
                self.bits[text] |= 1 << number

    @cached_property
    def _evaluators(self) -> list[tuple[str, Evaluator]]:
        found = ((text, Query(text, saved=SAVED_SEARCHES).expression) for text in self.texts)
        return [(text, evaluator(one)) for text, one in found if one is not None]

    def query(self, depth: int = 0) -> tuple[str, int]:
        """Return a random query, and the bits of the releases that match it."""
        chance = self._chance
        if depth > 2 or chance.random() < (0.1, 0.45, 0.7)[depth]:  # noqa: PLR2004 - brackets
            text = chance.choice(self.texts)
            return text, self.bits[text]
        parts = [self.query(depth + 1) for _ in range(chance.choice([2, 2, 3]))]
        kind = chance.choice(["and", "and", "AND", "or", "not", "-"])
        text, bits = parts[0]
        for other, others in parts[1:]:
            match kind:
                case "or":
                    text, bits = f"{text} OR {other}", bits | others
                case "not" | "-":
                    text += f" NOT ({other})" if kind == "not" else f" -({other})"
                    bits &= ~others
                case _:
                    text, bits = f"{text}{' AND ' if kind == 'AND' else ' '}{other}", bits & others
        return f"({text})", bits


def folded(release: Release) -> FoldedRelease:
    """Return a release for the evaluation in memory."""
    labels = labels_of(release.source, release.content, release.states)
    return FoldedRelease(release.content, labels, release.published.day)


def check(store: AnyStore, queries: int) -> dict[str, object]:
    """Compare random queries with their evaluation by brute force."""
    chance = random.Random(20261130)  # noqa: S311 - queries that repeat, no secret
    leaves = Leaves(chance)
    ids = {name: number for number, name in store._ask("SELECT number, id FROM releases")}  # noqa: SLF001 - as above
    some: list[tuple[int, FoldedRelease]] = []
    step = max(1, len(ids) // EVALUATED_RELEASES)
    for place, release in enumerate(store.releases(Facet(), limit=UNLIMITED)):
        made = folded(release)
        leaves.add(ids[release.id], made)
        if place % step == 0:
            some.append((ids[release.id], made))
    wrong: list[str] = []
    sizes: list[int] = []
    with patch("data.store.shared_sql.search.SEARCH_TIMEOUT_SECONDS", UNLIMITED):
        for _ in range(queries):
            text, bits = leaves.query()
            query = Query(text, saved=SAVED_SEARCHES)
            if query.is_empty:
                bits = 0
            found = sum(1 << number for (number,) in store._matching("s.release", query, UNLIMITED))  # noqa: SLF001 - all matches
            is_match = evaluator(query.condition)
            alike = all(is_match(one) == bool(bits >> number & 1) for number, one in some)
            sizes.append(bits.bit_count())
            if found != bits or not alike:
                wrong.append(text)
    for text in wrong[:5]:
        print(f"wrong: {text}")
    return {
        "queries": queries,
        "wrong": len(wrong),
        "median_matches": statistics.median(sizes),
        "without_matches": sizes.count(0),
    }


def main() -> int:
    """Check and measure, print the results and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--few", action="store_true")
    parser.add_argument("--postgresql", action="store_true")
    given = parser.parse_args()
    releases, queries = (2000, 300) if given.few else (given.releases, given.queries)
    result: dict[str, object] = {}
    with ExitStack() as held:
        folder = held.enter_context(tempfile.TemporaryDirectory())
        store: AnyStore
        if given.postgresql:
            server = held.enter_context(postgres_running())
            store = PostgresStore(server.url(server.create()))
        else:
            store = SqliteStore(given.store or Path(folder) / "communique.db")
        if not store._ask("SELECT 1 FROM releases LIMIT 1"):  # noqa: SLF001 - as above
            fill(store, releases)
        change(store)
        ((count,),) = store._ask("SELECT count(*) FROM releases")  # noqa: SLF001 - as above
        checked = check(store, queries)
        times = measure(store, 20 if given.few else 100)
        store.close()
        result = {
            "store": "postgresql" if given.postgresql else "sqlite",
            "releases": count,
            **checked,
            "all_p99_ms": times["all pages"][1],
            "all_p99_processor_ms": times["all pages"][3],
            "target_ms": TARGET_MS,
            "classes": times,
        }
    print(json.dumps(result))
    return 1 if result["wrong"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
