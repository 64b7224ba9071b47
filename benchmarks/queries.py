"""Check that random queries select exactly the right releases, and measure searches with operators.

    python -m benchmarks.queries [--releases N] [--queries N] [--store FILE] [--few] [--postgresql]

The releases are those of benchmarks/search.py. Some are edited or retracted. Random queries combine
words, phrases, prefixes, fields, days and saved searches with AND, OR, NOT and brackets. A query is
right if the store returns exactly the releases that a brute-force evaluation selects. It looks for
each term in the words of each release with its own code, and combines the results as bits of
integers. A few releases are also evaluated as watches do, with the expression of the whole query.
Then the mix of benchmarks/search.py, which includes queries with OR and fields, is measured.

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
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeAlias
from unittest.mock import patch

from benchmarks.search import LANGUAGES, VOCABULARY, AnyStore, fill, measure
from benchmarks.store import SOURCES, TOPICS, drafts
from data.models import Facet, Release
from data.search.folded_release import FoldedRelease, evaluator
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


class Words:
    """What a leaf can match in a release: its words, adjacent words and beginnings, and labels."""

    def __init__(self, release: Release) -> None:
        content = release.content
        title, body = content.title.split(), content.body_text.split()
        self.title, self.body = set(title), set(body)
        self.all = self.title | self.body
        self.title_pairs = {*pairwise(title)}
        self.pairs = self.title_pairs | {*pairwise(body)}
        self.beginnings = {word[:3] for word in self.all}
        self.source, self.topics, self.language = release.source, content.topics, content.language
        self.states, self.day = release.states, release.day


Leaf: TypeAlias = Callable[[Words], bool]


class Leaves:
    """Terms, labels and days, each with the releases that match it, as bits of an integer."""

    def __init__(self, chance: random.Random, releases: int) -> None:
        self._chance = chance
        made = dict(self._leaf() for _ in range(4 * LEAF_COUNT))
        self.texts = sorted(made)[:: max(1, len(made) // LEAF_COUNT)]
        self._leaves = {text: made[text] for text in self.texts}
        self._leaves["saved:second"] = lambda one: (
            "topic-3" in one.topics and one.day > "2020-12-31"
        )
        self._leaves["saved:first"] = lambda one: (
            VOCABULARY[40] in one.all or self._leaves["saved:second"](one)
        )
        self.texts = [*self._leaves]
        self._matches = {text: bytearray(releases // 8 + 1) for text in self.texts}

    def _word(self) -> str:
        # Rare and common words, as in texts.
        return VOCABULARY[int(30_000 ** self._chance.random()) - 1]

    def _leaf(self) -> tuple[str, Leaf]:
        """Return a random leaf as text, and whether it matches a release."""
        chance, word = self._chance, self._word()
        pair = VOCABULARY[chance.randrange(40)], VOCABULARY[chance.randrange(40)]
        source = f"source-{chance.randrange(SOURCES)}"
        topics = {f"topic-{chance.randrange(TOPICS)}", f"topic-{chance.randrange(TOPICS)}"}
        language = chance.choice(LANGUAGES)
        state = chance.choice(["corrected", "retracted"])
        month = chance.choice(["", f"-{chance.randrange(1, 13):02}"])
        date = f"{chance.randrange(2016, 2027)}{month}"
        beginning = word[:3]
        leaves: list[tuple[str, Leaf]] = [
            (f'"{word}"', lambda one: word in one.all),
            (f'"{word}"', lambda one: word in one.all),
            (f'"{" ".join(pair)}"', lambda one: pair in one.pairs),
            (f'title:"{" ".join(pair)}"', lambda one: pair in one.title_pairs),
            (f"title:{word}", lambda one: word in one.title),
            (f"body:{word}", lambda one: word in one.body),
            (f"source:{source}", lambda one: one.source == source),
            (f"topic:{','.join(sorted(topics))}", lambda one: not topics.isdisjoint(one.topics)),
            (f"lang:{language}", lambda one: one.language == language),
            (f"state:{state}", lambda one: state in one.states),
            # A year or month is before each of its days.
            (f"after:{date}", lambda one: one.day > f"{date}~"),
            (f"before:{date}", lambda one: "" < one.day < date),
        ]
        if len(beginning) > 2:  # noqa: PLR2004 - letters of a prefix
            leaves.append((f"{beginning}*", lambda one: beginning in one.beginnings))
        return chance.choice(leaves)

    def add(self, number: int, words: Words) -> None:
        """Evaluate all leaves in a release."""
        place, bit = number >> 3, 1 << (number & 7)
        for text, is_match in self._leaves.items():
            if is_match(words):
                self._matches[text][place] |= bit

    @cached_property
    def bits(self) -> dict[str, int]:
        """Return the releases that match each leaf, after all have been added."""
        return {text: int.from_bytes(found, "little") for text, found in self._matches.items()}

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
    ids = {name: number for number, name in store._ask("SELECT number, id FROM releases")}  # noqa: SLF001 - as above
    last = max(ids.values())
    leaves = Leaves(chance, last)
    some: list[tuple[int, FoldedRelease]] = []
    step = max(1, len(ids) // EVALUATED_RELEASES)
    for place, release in enumerate(store.releases(Facet(), limit=UNLIMITED)):
        leaves.add(ids[release.id], Words(release))
        if place % step == 0:
            some.append((ids[release.id], folded(release)))
    wrong: list[str] = []
    sizes: list[int] = []
    with patch("data.store.shared_sql.search.SEARCH_TIMEOUT_SECONDS", UNLIMITED):
        for _ in range(queries):
            text, bits = leaves.query()
            query = Query(text, saved=SAVED_SEARCHES)
            if query.is_empty:
                bits = 0
            matches = bytearray(last // 8 + 1)
            for (number,) in store._matching("s.release", query, UNLIMITED):  # noqa: SLF001 - all matches
                matches[number >> 3] |= 1 << (number & 7)
            found = int.from_bytes(matches, "little")
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
