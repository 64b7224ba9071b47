"""Language editions of one release: told by their addresses, and by the figures and names in them.

Names keep their consonants in every script that has an alphabet: what is compared of a word are its
consonants in Latin letters, those joined that some script doesn't tell apart (k and g, t and d, p
and b). Words that most releases of a source have, in either language, weigh nothing.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from anyascii import anyascii

from data.text.urls import canonical_url
from data.text.words import tokens

ALIKE: Final = 0.07
"""Cosine of what two texts have in common, from which they may be editions of one."""

CLEARER: Final = 1.3
"""How much more alike two editions must be than either is like another release of that day."""

BACKGROUND: Final = 12
"""Releases of each language from which on it is known which words say nothing."""

RARE: Final = 0.001
COMMON: Final = 0.5
"""Parts of the releases below which a word weighs most, and from which on it weighs nothing."""

LEAST: Final = 3
"""Consonants of a word that is compared."""

FIGURE: Final = 2
"""Digits of a figure that is compared."""

READ: Final = 10_000
"""Characters of a text that are read."""

TAG: Final = re.compile(
    r"(?:ar|az|be|bg|bn|bs|ca|cs|cy|da|de|el|en|es|et|eu|fa|fi|fr|ga|gl|he|hi|hr|hu|hy|id|is|"
    r"it|ja|ka|kk|km|ko|ky|lo|lt|lv|mk|mn|ms|mt|my|ne|nl|no|pl|ps|pt|ro|ru|rw|si|sk|sl|so|"
    r"sq|sr|sv|sw|ta|te|tg|th|tk|tr|uk|ur|uz|vi|zh|cn|ua|kz|by|se|dk|jp|kr)"
    r"(?:[-_](?:[a-z]{2}|[a-z]{4}))?",
    re.IGNORECASE,
)
"""What stands for a language in addresses, also with its country, or the country by mistake."""

PARAMETERS: Final = frozenset(["lang", "language", "hl", "locale", "lng", "l", "langid"])
SUFFIX: Final = re.compile(r"([._-])([a-z]{2})(?=\.[a-z]{3,5}$|$)", re.IGNORECASE)
NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
ASPIRATES: Final = (("ch", "s"), ("sh", "s"), ("ck", "k"), ("ph", "p"))
CLASSES: Final = str.maketrans("gqczjxdbfw", "kksssstppv", "haeiouy'")
DOUBLED: Final = re.compile(r"(.)\1+")
OTHER: Final = re.compile(r"[^a-z]")


@dataclass(frozen=True, slots=True)
class Translation:
    """A release as it is compared: ``marks`` are its figures and the consonants of its words."""

    number: int
    language: str
    url: str
    marks: frozenset[str]


def marks_in(text: str) -> frozenset[str]:
    """The figures, and the consonants of the words, of a text."""
    text = text[:READ]
    found = {figure.rstrip(".").replace(",", "") for figure in NUMBER.findall(text)}
    marks = {figure for figure in found if len(figure) >= FIGURE}
    marks.update(map(consonants, {word for word in tokens(text) if word[0].isalpha()}))
    return frozenset(mark for mark in marks if len(mark) >= LEAST or mark.isdigit())


@lru_cache(maxsize=50_000)
def consonants(word: str) -> str:
    """What is left of a word in every script."""
    latin = anyascii(word).lower()
    for pair, one in ASPIRATES:
        latin = latin.replace(pair, one)
    return DOUBLED.sub(r"\1", OTHER.sub("", latin.translate(CLASSES)))


def pattern(url: str) -> tuple[str, str]:
    """An address without what names its language, and that name, empty where there is none."""
    parts = urlsplit(canonical_url(url))
    named: list[str] = []

    def is_tag(text: str) -> bool:
        if TAG.fullmatch(text):
            named.append(text.lower())
            return True
        return False

    host = ".".join(
        label for place, label in enumerate(parts.netloc.split(".")) if place or not is_tag(label)
    )
    path = "/".join(part for part in parts.path.split("/") if not is_tag(part))
    suffix = SUFFIX.search(path)
    if suffix and is_tag(suffix[2]):
        path = path[: suffix.start()] + path[suffix.end() :]
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query)
        if name.lower() not in PARAMETERS or not is_tag(value)
    ]
    return f"{host}{path}?{urlencode(query)}", " ".join(named)


def commonness(editions: Iterable[Translation]) -> Mapping[str, tuple[int, Counter[str]]]:
    """By language: how many releases there are, and in how many each mark is."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    totals: Counter[str] = Counter()
    for one in editions:
        totals[one.language] += 1
        counts[one.language].update(one.marks)
    return {language: (totals[language], counts[language]) for language in totals}


def same(
    day: Sequence[Translation], background: Mapping[str, tuple[int, Counter[str]]]
) -> Iterator[tuple[Translation, Translation]]:
    """The pairs of editions among the releases of one source and one day.

    Those whose addresses differ in the language only; and of others, those that are clearly more
    like each other than like any other of their languages.
    """
    by_address = set[tuple[int, int]]()
    scores: dict[tuple[int, int], float] = {}
    addresses = [pattern(one.url) for one in day]
    for a, b in combinations(range(len(day)), 2):
        left, right = day[a], day[b]
        if left.language == right.language:
            continue
        if addresses[a][0] == addresses[b][0] and addresses[a][1] != addresses[b][1]:
            by_address.add((a, b))
        scores[a, b] = likeness(left, right, background)
    taken = {(one, day[other].language) for pair in by_address for one, other in (pair, pair[::-1])}
    nearest = _nearest(day, scores)
    for (a, b), score in scores.items():
        sides = ((a, day[b].language), b), ((b, day[a].language), a)
        if (a, b) in by_address:
            yield day[a], day[b]
        elif score >= ALIKE and all(side not in taken for side, _ in sides):
            rivals = (
                rival for side, own in sides for rival, other in nearest[side] if other != own
            )
            if score >= CLEARER * max(rivals, default=0.0):
                yield day[a], day[b]


def _nearest(
    day: Sequence[Translation], scores: Mapping[tuple[int, int], float]
) -> Mapping[tuple[int, str], list[tuple[float, int]]]:
    """The two highest scores of each release with releases of another language, and those releases.

    The keys are the place of a release in ``day`` and the other language.
    """
    found: defaultdict[tuple[int, str], list[tuple[float, int]]] = defaultdict(list)
    for pair, score in scores.items():
        for one, other in (pair, pair[::-1]):
            best = found[one, day[other].language]
            best.append((score, other))
            best.sort(reverse=True)
            del best[2:]
    return found


def likeness(
    left: Translation, right: Translation, background: Mapping[str, tuple[int, Counter[str]]]
) -> float:
    """The cosine of the marks of two texts in different languages, each weighed by its rarity."""
    left_total, left_counts = background[left.language]
    right_total, right_counts = background[right.language]
    if min(left_total, right_total) < BACKGROUND:
        return 0.0

    def weights(marks: Collection[str]) -> float:
        # What is common in one language says nothing in the other either.
        parts = (
            max(left_counts[mark] / left_total, right_counts[mark] / right_total, RARE)
            for mark in marks
        )
        return sum(max(0.0, math.log(COMMON / part)) for part in parts)

    shared = weights(left.marks & right.marks)
    sizes = weights(left.marks) * weights(right.marks)
    return shared / math.sqrt(sizes) if sizes else 0.0
