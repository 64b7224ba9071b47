"""Translations of a release, found by their addresses, and by shared figures and names.

Names keep their consonants in every alphabetic script. So words are compared by their consonants in
Latin letters. Consonants that some script does not distinguish are merged (k and g, t and d, p and
b). Words in most releases of a source, in either language, have no weight.
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

MIN_COSINE: Final = 0.07
"""Minimum cosine similarity of two translations."""

MIN_LEAD: Final = 1.3
"""Minimum ratio between the similarity of two translations and the similarity of either to any
other release of that day.
"""

MIN_BACKGROUND: Final = 12
"""Minimum number of releases per language from which it is known which words are common."""

RARE_FRACTION: Final = 0.001
COMMON_FRACTION: Final = 0.5
"""Fractions of releases that contain a word. Below the first fraction, the weight of the word is at
its maximum; from the second fraction on, it is zero."""

MIN_CONSONANTS: Final = 3
"""Minimum number of consonants of a word that is compared."""

MIN_DIGITS: Final = 2
"""Minimum number of digits of a figure that is compared."""

MAX_COMPARED_CHARACTERS: Final = 10_000
"""Maximum number of characters of a text that are compared."""

TAG: Final = re.compile(
    r"(?:ar|az|be|bg|bn|bs|ca|cs|cy|da|de|el|en|es|et|eu|fa|fi|fr|ga|gl|he|hi|hr|hu|hy|id|is|"
    r"it|ja|ka|kk|km|ko|ky|lo|lt|lv|mk|mn|ms|mt|my|ne|nl|no|pl|ps|pt|ro|ru|rw|si|sk|sl|so|"
    r"sq|sr|sv|sw|ta|te|tg|th|tk|tr|uk|ur|uz|vi|zh|cn|ua|kz|by|se|dk|jp|kr)"
    r"(?:[-_](?:[a-z]{2}|[a-z]{4}))?",
    re.IGNORECASE,
)
"""Pattern of a language in an address, optionally with a country, or of a country used for a
language by mistake."""

LANGUAGE_PARAMETERS: Final = frozenset(["lang", "language", "hl", "locale", "lng", "l", "langid"])
"""Query parameters with a language."""
SUFFIX: Final = re.compile(r"([._-])([a-z]{2})(?=\.[a-z]{3,5}$|$)", re.IGNORECASE)
NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
ASPIRATES: Final = (("ch", "s"), ("sh", "s"), ("ck", "k"), ("ph", "p"))
CLASSES: Final = str.maketrans("gqczjxdbfw", "kksssstppv", "haeiouy'")
DOUBLED: Final = re.compile(r"(.)\1+")
OTHER: Final = re.compile(r"[^a-z]")


@dataclass(frozen=True, slots=True)
class Translation:
    """A release to compare with others: ``marks`` are its figures and its words' consonants."""

    number: int
    language: str
    url: str
    marks: frozenset[str]


def marks_in(text: str) -> frozenset[str]:
    """Return the figures of a text and the consonants of its words."""
    text = text[:MAX_COMPARED_CHARACTERS]
    found = {figure.rstrip(".").replace(",", "") for figure in NUMBER.findall(text)}
    marks = {figure for figure in found if len(figure) >= MIN_DIGITS}
    marks.update(map(consonants, {word for word in tokens(text) if word[0].isalpha()}))
    return frozenset(mark for mark in marks if len(mark) >= MIN_CONSONANTS or mark.isdigit())


@lru_cache(maxsize=50_000)
def consonants(word: str) -> str:
    """Return the merged Latin consonants of a word."""
    latin = anyascii(word).lower()
    for pair, one in ASPIRATES:
        latin = latin.replace(pair, one)
    return DOUBLED.sub(r"\1", OTHER.sub("", latin.translate(CLASSES)))


def pattern(url: str) -> tuple[str, str]:
    """Return an address without its language, and the language, or an empty string without one."""
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
        if name.lower() not in LANGUAGE_PARAMETERS or not is_tag(value)
    ]
    return f"{host}{path}?{urlencode(query)}", " ".join(named)


def commonness(editions: Iterable[Translation]) -> Mapping[str, tuple[int, Counter[str]]]:
    """Return, by language, the number of releases and the number of releases per mark."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    totals: Counter[str] = Counter()
    for one in editions:
        totals[one.language] += 1
        counts[one.language].update(one.marks)
    return {language: (totals[language], counts[language]) for language in totals}


def translation_pairs(
    day: Sequence[Translation], background: Mapping[str, tuple[int, Counter[str]]]
) -> Iterator[tuple[Translation, Translation]]:
    """Yield the pairs of translations among the releases of one source and day.

    A pair has addresses that differ only in the language, or is clearly more similar than either is
    to other releases in these languages.
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
        elif score >= MIN_COSINE and all(side not in taken for side, _ in sides):
            rivals = (
                rival for side, own in sides for rival, other in nearest[side] if other != own
            )
            if score >= MIN_LEAD * max(rivals, default=0.0):
                yield day[a], day[b]


def _nearest(
    day: Sequence[Translation], scores: Mapping[tuple[int, int], float]
) -> Mapping[tuple[int, str], list[tuple[float, int]]]:
    """Return each release's two highest scores with releases of another language.

    The keys are the index of a release in ``day`` and the other language; the values contain the
    score and the other release's index.
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
    """Return the cosine similarity of two texts' marks, weighted by rarity."""
    left_total, left_counts = background[left.language]
    right_total, right_counts = background[right.language]
    if min(left_total, right_total) < MIN_BACKGROUND:
        return 0.0

    def weights(marks: Collection[str]) -> float:
        # A mark that is common in one language says nothing in the other either.
        parts = (
            max(left_counts[mark] / left_total, right_counts[mark] / right_total, RARE_FRACTION)
            for mark in marks
        )
        return sum(max(0.0, math.log(COMMON_FRACTION / part)) for part in parts)

    shared = weights(left.marks & right.marks)
    sizes = weights(left.marks) * weights(right.marks)
    return shared / math.sqrt(sizes) if sizes else 0.0
