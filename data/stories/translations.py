"""Find translations of a release by their URLs, or by figures and names in both texts.

Names keep their consonants in every alphabetic script, so words are compared by their consonants in
Latin letters. Consonants that some script does not distinguish are merged (k and g, t and d, p and
b). Words that occur in most of a source's releases in one language have no weight.
"""

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
"""Minimum cosine similarity between two translations of a release."""

MIN_LEAD: Final = 1.3
"""Minimum ratio between the similarity of two translations and the similarity of either of them to
any other release of the day."""

MIN_BACKGROUND: Final = 12
"""Minimum number of releases in a language for determining its common words."""

RARE_FRACTION: Final = 0.001
"""Maximum share of a source's releases that contain a word of full weight."""
COMMON_FRACTION: Final = 0.5
"""Minimum share of a source's releases that contain a word without any weight."""

MIN_CONSONANTS: Final = 3
"""Minimum number of consonants in a compared word."""

MIN_DIGITS: Final = 2
"""Minimum number of digits in a compared figure."""

MAX_COMPARED_CHARACTERS: Final = 10_000
"""Maximum number of characters of a text that are compared."""

TAG: Final = re.compile(
    r"(?:ar|az|be|bg|bn|bs|ca|cs|cy|da|de|el|en|es|et|eu|fa|fi|fr|ga|gl|he|hi|hr|hu|hy|id|is|"
    r"it|ja|ka|kk|km|ko|ky|lo|lt|lv|mk|mn|ms|mt|my|ne|nl|no|pl|ps|pt|ro|ru|rw|si|sk|sl|so|"
    r"sq|sr|sv|sw|ta|te|tg|th|tk|tr|uk|ur|uz|vi|zh|cn|ua|kz|by|se|dk|jp|kr)"
    r"(?:[-_](?:[a-z]{2}|[a-z]{4}))?",
    re.IGNORECASE,
)
"""Pattern of a language tag in an address, optionally with a country. Some sites use a country code
by mistake."""

LANGUAGE_PARAMETERS: Final = frozenset(["lang", "language", "hl", "locale", "lng", "l", "langid"])
"""Names of query parameters that contain a language."""
SUFFIX: Final = re.compile(r"([._-])([a-z]{2})(?=\.[a-z]{3,5}$|$)", re.IGNORECASE)
NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
ASPIRATES: Final = (("ch", "s"), ("sh", "s"), ("ck", "k"), ("ph", "p"))
CLASSES: Final = str.maketrans("gqczjxdbfw", "kksssstppv", "haeiouy'")
DOUBLED: Final = re.compile(r"(.)\1+")
NOT_A_LETTER: Final = re.compile(r"[^a-z]")


@dataclass(frozen=True, slots=True)
class Translation:
    """A release to compare with releases in other languages.

    ``marks`` are the figures in the release and the consonants of its words.
    """

    number: int
    language: str
    url: str
    marks: frozenset[str]


def marks_in(text: str) -> frozenset[str]:
    """Return the figures in a text, and the consonants of its words."""
    text = text[:MAX_COMPARED_CHARACTERS]
    found = {figure.rstrip(".").replace(",", "") for figure in NUMBER.findall(text)}
    marks = {figure for figure in found if len(figure) >= MIN_DIGITS}
    marks.update(map(consonants, {word for word in tokens(text) if word[0].isalpha()}))
    return frozenset(mark for mark in marks if len(mark) >= MIN_CONSONANTS or mark.isdigit())


@lru_cache(maxsize=50_000)
def consonants(word: str) -> str:
    """Return the consonants of a word in Latin letters. Similar consonants are merged."""
    latin = anyascii(word).lower()
    for pair, one in ASPIRATES:
        latin = latin.replace(pair, one)
    return DOUBLED.sub(r"\1", NOT_A_LETTER.sub("", latin.translate(CLASSES)))


def pattern(url: str) -> tuple[str, str]:
    """Return an address without its language, and the language, or "" if it contains none."""
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
    """Count how often figures and consonants occur in releases, by language.

    The result contains the number of releases, and the number of releases with each mark.
    """
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    totals: Counter[str] = Counter()
    for one in editions:
        totals[one.language] += 1
        counts[one.language].update(one.marks)
    return {language: (totals[language], counts[language]) for language in totals}


def translation_pairs(
    day: Sequence[Translation], background: Mapping[str, tuple[int, Counter[str]]]
) -> Iterator[tuple[Translation, Translation]]:
    """Yield the pairs of translations among the releases of one source on one day.

    The addresses of a pair differ only in the language, or the pair is clearly more similar than
    either release is to other releases in these languages. ``background`` comes from `commonness`.
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
        scores[a, b] = mark_similarity(left, right, background)
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
    """Return the two highest similarities of each release to releases in another language.

    The keys are the index of a release in ``day`` and the other language. The values contain the
    similarity and the other release's index.
    """
    found: defaultdict[tuple[int, str], list[tuple[float, int]]] = defaultdict(list)
    for pair, score in scores.items():
        for one, other in (pair, pair[::-1]):
            best = found[one, day[other].language]
            best.append((score, other))
            best.sort(reverse=True)
            del best[2:]
    return found


def mark_similarity(
    left: Translation, right: Translation, background: Mapping[str, tuple[int, Counter[str]]]
) -> float:
    """Return the cosine similarity of two releases' marks, weighted by rarity."""
    left_total, left_counts = background[left.language]
    right_total, right_counts = background[right.language]
    if min(left_total, right_total) < MIN_BACKGROUND:
        return 0.0

    def weights(marks: Collection[str]) -> float:
        # A mark that is common in one of both languages has no weight.
        parts = (
            max(left_counts[mark] / left_total, right_counts[mark] / right_total, RARE_FRACTION)
            for mark in marks
        )
        return sum(max(0.0, math.log(COMMON_FRACTION / part)) for part in parts)

    shared = weights(left.marks & right.marks)
    sizes = weights(left.marks) * weights(right.marks)
    return shared / math.sqrt(sizes) if sizes else 0.0
