"""Comparison of two texts by sentence: edited, added and removed sentences."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from data.revisions.sentence_facts import numbers_of
from data.text.folding import fold_keyword
from data.text.words import UNSPACED, tokens

END: Final = re.compile(
    "\n+|[.!?…؟۔।॥።။]{1,4}[\"'”’»)\\]]{0,3}(?:[ \t\u00a0]+|(?=\n)|$)"
    "|(?:[。！？]+|[!?]+(?=[\u3040-\u9fff]))[」』”）]*"
)
"""Pattern of the end of a line, or of a place where a sentence may end."""

MAX_ABBREVIATION: Final = 4
"""Maximum number of letters before the period of an abbreviation."""

VOWEL: Final = re.compile("[aeiouyаеёиоуыэюяіїєαειουηω]|[^a-zа-яієїα-ω]")
"""Pattern of a vowel. A word without vowels is an abbreviation, such as ``Dr``."""

ABBREVIATIONS: Final = frozenset(
    ["prof", "art", "sra", "dra", "dott", "fig", "no", "nos", "ca", "डॉ", "प्रो", "रु"]
)
"""Abbreviations with vowels before names and numbers."""

UNITS: Final = frozenset(["km", "kg", "cm", "mm", "kWh", "MWh"])
"""Units without vowels. A period after them ends the sentence."""

MAX_DAY_DIGITS: Final = 2
"""Maximum number of digits before the period of an ordinal number, as in ``3. März``."""

STEM_LETTERS: Final = 5
"""Number of equal first letters that make two words forms of the same word when sentences are
compared."""

MAX_POSTINGS: Final = 8
"""Maximum number of sentences that are compared with a sentence because of a common word.

This limits the comparisons to a constant number per word."""

MIN_SIMILARITY: Final = 0.34
"""Minimum similarity (Dice coefficient of the words) of two versions of a sentence."""

MIN_CONTAINED: Final = 0.75
"""A sentence is a part of a longer sentence that contains at least this share of its words."""

MIN_CONTAINED_WORDS: Final = 3
MIN_SENTENCE_WORDS: Final = 3
"""Minimum number of words in an added or removed sentence. Shorter sentences count as words."""


MAX_SENTENCE_LENGTH: Final = 2_000
"""Maximum length in characters of a sentence. Longer sentences, such as texts without punctuation,
are split."""

MAX_SPLIT: Final = 400_000
"""Maximum number of characters in changed lines that are split into sentences."""

MAX_CHARACTERS: Final = 100_000
"""Maximum total length, in characters, of the differing sentences of a text that are compared."""
MAX_SENTENCES: Final = 2_000
"""Maximum number of differing sentences of a text that are compared. Further sentences are ignored.
"""


class Sentence(NamedTuple):
    """A sentence, and the number of its line in the text."""

    text: str
    line: int


@dataclass(slots=True)
class EditedSentences:
    """One or more sentences before an edit, and the sentences after it."""

    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SentenceChanges:
    """Differences between two texts. Sentences that only moved are not included."""

    edited: tuple[EditedSentences, ...]
    added: tuple[Sentence, ...]
    removed: tuple[Sentence, ...]


def sentences(text: str) -> Iterator[Sentence]:
    """Yield the sentences of a text. The end of a line is also the end of a sentence."""
    start = line = 0
    for found in END.finditer(text):
        if _is_abbreviated(text, start, found):
            continue
        yield from _parts(text[start : found.end()], line)
        start = found.end()
        line += found[0][0] == "\n"
    yield from _parts(text[start:], line)


def _parts(text: str, line: int) -> Iterator[Sentence]:
    for start in range(0, len(text), MAX_SENTENCE_LENGTH):
        if part := text[start : start + MAX_SENTENCE_LENGTH].strip():
            yield Sentence(part, line)


def _is_abbreviated(text: str, start: int, found: re.Match[str]) -> bool:
    """Return whether a period belongs to an abbreviation or an ordinal number."""
    if found[0].rstrip() != "." or found.end() >= len(text):
        return False
    first = at = found.start()
    while first > max(start, at - MAX_ABBREVIATION - 1) and text[first - 1].isalnum():
        first -= 1
    word, following = text[first:at], text[found.end()]
    if word.isdecimal():
        return len(word) <= MAX_DAY_DIGITS and following.isalpha()
    if following.islower():
        return True
    if not word or len(word) > MAX_ABBREVIATION:
        return False
    if word in UNITS:
        return False
    is_short = word.casefold() in ABBREVIATIONS or not VOWEL.search(fold_keyword(word))
    return following.isdecimal() or is_short or len(word) == 1


def sentence_changes(old: str, new: str) -> SentenceChanges:
    """Compare the sentences of two texts. The time is linear in the length of the texts."""
    # Most lines are unchanged, and splitting them into sentences would take most of the time.
    lines = _other_lines(old, new), _other_lines(new, old)
    some, others = ([*sentences(text)] for text in lines)
    before, after = _others(some, others), _others(others, some)
    if has_same_letters([one.text for one in before], [one.text for one in after]):
        return SentenceChanges((), (), ())
    words = (
        [Counter(word[:STEM_LETTERS] for word in tokens(one.text)) for one in before],
        [Counter(word[:STEM_LETTERS] for word in tokens(one.text)) for one in after],
    )
    groups: dict[int, tuple[list[int], list[str]]] = {}
    partners = _partners(words[1], words[0])
    for number, one in enumerate(after):
        if (partner := partners.get(number)) is not None:
            groups.setdefault(partner, ([partner], []))[1].append(one.text)
    left = [number for number in range(len(before)) if number not in groups]
    later = _partners([words[0][number] for number in left], words[1])
    single = EditedSentences()
    removed, added = [], []
    for place, number in enumerate(left):
        partner = partners.get(later.get(place, -1))
        if partner is not None:
            groups[partner][0].append(number)
        elif _is_long(words[0][number]):
            removed.append(before[number])
        else:
            single.old.append(before[number].text)
    for number, one in enumerate(after):
        if number in partners:
            continue
        if _is_long(words[1][number]):
            added.append(one)
        else:
            single.new.append(one.text)
    paired = [
        EditedSentences([before[number].text for number in sorted(numbers)], new)
        for numbers, new in groups.values()
    ]
    edited = [*paired, *([single] if single.old or single.new else [])]
    return SentenceChanges(tuple(edited), tuple(added), tuple(removed))


def has_same_letters(old: Sequence[str], new: Sequence[str]) -> bool:
    """Return whether two texts have the same letters and numbers.

    Case, accents, spaces and punctuation outside of numbers are ignored.
    """
    return _letters_of(old) == _letters_of(new) and numbers_of(old) == numbers_of(new)


def _letters_of(texts: Iterable[str]) -> str:
    """Return the letters and digits of texts without case, accents, spaces and punctuation."""
    folded = "".join(fold_keyword(word) for text in texts for word in tokens(text))
    return "".join(_ascii_digit(one) for one in folded)


@lru_cache(maxsize=4096)
def _ascii_digit(char: str) -> str:
    return str(int(char)) if char.isdecimal() else char


def _other_lines(one: str, other: str) -> str:
    """Return the lines of a text that the other text does not have, up to `MAX_SPLIT`."""
    known = Counter(other.split("\n"))
    found = []
    left = MAX_SPLIT
    for line in one.split("\n"):
        if known[line]:
            known[line] -= 1
        elif left > 0:
            found.append(line[:left])
            left -= len(line)
    return "\n".join(found)


def _others(one: Sequence[Sentence], other: Sequence[Sentence]) -> list[Sentence]:
    """Return the sentences of a text that the other text does not have, in order."""
    known = Counter(sentence.text for sentence in other)
    found: list[Sentence] = []
    left = MAX_CHARACTERS
    for sentence in one:
        if known[sentence.text]:
            known[sentence.text] -= 1
        elif left > 0 and len(found) < MAX_SENTENCES:
            found.append(sentence)
            left -= len(sentence.text)
    return found


def _is_long(words: Counter[str]) -> bool:
    # A letter of a script without spaces counts as a word, but is only a part of one.
    letters = sum(count for word, count in words.items() if UNSPACED.match(word))
    return words.total() - letters + letters // 2 >= MIN_SENTENCE_WORDS


def _partners(wanted: Sequence[Counter[str]], others: Sequence[Counter[str]]) -> dict[int, int]:
    """Map the number of each sentence to the number of the most similar other sentence.

    Sentences without a similar sentence are omitted.
    """
    postings: defaultdict[str, list[int]] = defaultdict(list)
    for number, words in enumerate(others):
        for word in words:
            postings[word].append(number)
    totals = [words.total() for words in others]
    found = {}
    for number, words in enumerate(wanted):
        shared: Counter[int] = Counter()
        for word in words:
            if len(near := postings.get(word, ())) <= MAX_POSTINGS:
                shared.update(near)
        best = max(
            (
                (_similarity(words, others[one], totals[one]), -one)
                for one, _ in shared.most_common(MAX_POSTINGS)
            ),
            default=(0.0, 0),
        )
        if best[0]:
            found[number] = -best[1]
    return found


def _similarity(words: Counter[str], others: Counter[str], total: int) -> float:
    """Return the share of words in common, or 0 if two sentences are too different."""
    count = words.total()
    common = sum(min(number, others[word]) for word, number in words.items())
    dice = 2 * common / (count + total)
    least = min(count, total)
    is_part = least >= MIN_CONTAINED_WORDS and common >= MIN_CONTAINED * least
    return dice if dice >= MIN_SIMILARITY or is_part else 0.0
