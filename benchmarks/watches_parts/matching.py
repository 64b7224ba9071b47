"""Time and memory for matching a release with 100,000 watches.

Words are distributed as in natural languages: the n-th word is n times rarer than the first (Zipf),
in releases and in queries, except that queries do not contain the hundred most frequent words.
Releases have 20 to 8,000 words, most of them a few hundred. A watch has one to four words. One
query in seven is a phrase that occurs in a release; some words are prefixes or excluded. A fifth of
the queries have alternatives, and some words are in a field. A third of the watches has sources, a
fifth topics, a tenth a language. Time is CPU time. Memory is that of a process that does nothing
else. For some releases, the matches are compared with those of every watch evaluated by itself.
"""

from __future__ import annotations

import multiprocessing
import random
import resource
import statistics
import time
from collections.abc import Mapping, Sequence
from itertools import accumulate
from multiprocessing.connection import Connection
from typing import Final

from data.models import Content
from data.search.folded_release import evaluator
from data.search.syntax import LANGUAGE_VERSION
from data.watches.matching import AlertEvent, WatchIndex, folded, rule_of
from data.watches.watch_file import Watch

WATCHES = 100_000
BAR_MS, BAR_MB = 20.0, 1000.0
SOURCES: Final = [f"source-{number}" for number in range(200)]
TOPICS: Final = [f"topic-{number}" for number in range(17)]
OF_SOURCES, OF_TOPICS, OF_A_LANGUAGE = 0.3, 0.2, 0.1
"""Shares of the watches that name these."""

ALTERNATIVES, OF_A_FIELD = 0.3, 0.05
"""Shares of the queries with OR, and of the words with a field."""

COMPARED_RELEASES = 10
"""Number of releases for which every watch is also evaluated by itself."""

COMMON = 100
"""Words that nobody looks for."""


def measure(*, few: bool = False) -> dict[str, object]:
    """The time of a release, in milliseconds, and the memory, in megabytes."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    work = multiprocessing.get_context("spawn").Process(
        target=matched, args=(there, 200 if few else 2000)
    )
    work.start()
    times, found, wrong, memory = here.recv()
    work.join()
    worst = statistics.quantiles(times, n=100)[98]
    return {
        "watches": WATCHES,
        "releases": len(times),
        "matches_of_a_release": round(found / len(times), 1),
        "wrong": wrong,
        "mean_ms": round(statistics.mean(times), 2),
        "median_ms": round(statistics.median(times), 2),
        "p99_ms": round(worst, 2),
        "memory_mb": round(memory),
        "reached": not wrong and worst <= BAR_MS and memory < BAR_MB,
    }


def matched(answer: Connection, releases: int) -> None:
    """Match the releases; send the times, the numbers of matches and errors, and the memory."""
    language = Language(random.Random(7))  # noqa: S311 - the same each time
    texts = [language.text() for _ in range(releases)]
    watches = {f"watch-{number}": language.watch(texts) for number in range(WATCHES)}
    index = WatchIndex(watches)
    chance = language.chance
    times, found = [], 0
    compared: list[tuple[AlertEvent, tuple[str, ...]]] = []
    for number, text in enumerate(texts):
        content = Content(
            text[:60],
            language=chance.choice(["en-GB", "de", "fr"]),
            topics=tuple(chance.sample(TOPICS, 2)),
            body_text=text,
        )
        event = AlertEvent("release", chance.choice(SOURCES), content)
        before = time.thread_time()
        names = index.matching(event)
        times.append(1000 * (time.thread_time() - before))
        found += len(names)
        if number % (releases // COMPARED_RELEASES) == 0:
            compared.append((event, names))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    answer.send((times, found, wrong_matches(watches, compared), memory))


def wrong_matches(
    watches: Mapping[str, Watch], compared: Sequence[tuple[AlertEvent, tuple[str, ...]]]
) -> int:
    """Count matches that are missing or surplus, compared with each watch evaluated by itself."""
    rules = [rule_of(name, watch, {}) for name, watch in watches.items()]
    evaluators = [(rule.id, evaluator(rule.expression)) for rule in rules]
    wrong = 0
    for event, names in compared:
        release = folded(event, frozenset((event.source,)))
        wrong += len({*names} ^ {name for name, is_match in evaluators if is_match(release)})
    return wrong


class Language:
    """An invented language: its words by how common they are."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        made = {self._word() for _ in range(30_000)}
        self._words = sorted(made, key=lambda word: (len(word), word))
        self._weights = [*accumulate(1 / (rank + 1) for rank in range(len(self._words)))]
        self._common = {*self._words[:COMMON]}

    def _word(self) -> str:
        chance = self.chance
        syllables = chance.choices([2, 3, 4, 5], [1, 4, 4, 2])[0]
        consonants, vowels = "bdfghklmnprstvw", "aeiou"
        return "".join(chance.choice(consonants) + chance.choice(vowels) for _ in range(syllables))

    def text(self) -> str:
        """The text of a release."""
        count = 20 + min(8000, int(self.chance.lognormvariate(6, 0.9)))
        return " ".join(self.chance.choices(self._words, cum_weights=self._weights, k=count))

    def watch(self, texts: list[str]) -> Watch:
        """What somebody looks for."""
        chance = self.chance
        count = chance.choice([1, 2, 2, 3, 4])
        terms = [self._term(texts, first=not number) for number in range(count)]
        query = " ".join(terms)
        if len(terms) > 1 and chance.random() < ALTERNATIVES:
            query = f"({terms[0]} OR {self._term(texts, first=True)}) {' '.join(terms[1:])}"
        return Watch(
            "Made",
            query=query,
            query_language=LANGUAGE_VERSION,
            sources=tuple(chance.sample(SOURCES, 3)) if chance.random() < OF_SOURCES else (),
            topics=tuple(chance.sample(TOPICS, 2)) if chance.random() < OF_TOPICS else (),
            languages=("en",) if chance.random() < OF_A_LANGUAGE else (),
        )

    def _term(self, texts: list[str], *, first: bool) -> str:
        chance, kind = self.chance, self.chance.random()
        if kind < 1 / 7:
            words = chance.choice(texts).split()
            start = chance.randrange(len(words) - 3)
            return f'"{" ".join(words[start : start + chance.choice([2, 3])])}"'
        word = self._words[0]
        while word in self._common:
            (word,) = chance.choices(self._words, cum_weights=self._weights)
        if kind < 2 / 7:
            return f"{word[:5]}*"
        if chance.random() < OF_A_FIELD:
            return f"{chance.choice(['title', 'body'])}:{word}"
        return word if first or kind < 6 / 7 else f"-{word}"
