"""Keyword rules found in a text: many languages, one pass over its words.

Words and rules are folded to one skeleton first: lower case, no accents, ``İ I ı i`` one letter,
``ß`` as ``ss``, Arabic and Persian variants of a letter joined. So a rule written with accents
finds a text typed without them, and none trips over Turkish capitals. Scripts without spaces
between words are not matched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from data.text.folding import fold_keyword
from data.text.normal_forms import normalized

WORDS = re.compile(r"\w+")
LONGEST_WORD = 60
"""Letters; what is longer begins no rule and is not remembered, and no more of it is compared."""

SHORTEST_STEM = 2
SHORT = 5
MEMORY = 50_000
"""Words whose rules are remembered: bounded, because texts are hostile."""


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A phrase of folded words that speaks for ``topic`` with the weight ``points``.

    A word that ends in ``*`` stands for all words that start so. ``level`` is 0 for a topic of the
    top level, 1 for one below. Two rules are never equal: they are counted often, and comparing
    them by what they say would cost more than finding them.
    """

    topic: str
    points: float
    words: tuple[str, ...]
    level: int = 0

    @property
    def long(self) -> bool:
        """Whether it is safe in a language that is not known, where short words mislead."""
        return len(" ".join(self.words)) > SHORT


def read_rule(topic: str, points: float, phrase: str, level: int = 0) -> Rule:
    """The rule that a phrase such as ``außenminister*`` or ``prime minister`` writes.

    Raises ValueError, which says what to mend, where there is no word, a star that doesn't end a
    word, or a stem of one letter, which would match nearly everything.
    """
    words = []
    for part in re.split(r"[\s'’-]+", phrase.strip()):
        stem = part.removesuffix("*")
        folded = fold_keyword(stem)
        if not WORDS.fullmatch(folded):
            raise ValueError(f"{phrase!r}: write words, each of letters with one * at its end")
        if stem != part and len(folded) < SHORTEST_STEM:
            raise ValueError(f"{phrase!r}: a stem before * needs two letters or more")
        words.append(folded + part[len(stem) :])
    return Rule(topic, points, tuple(words), level)


Word: TypeAlias = tuple[str, tuple[tuple[int, tuple[Rule, ...]], ...]]
"""A word folded, and the rules that may start at it, by level: for most words none."""


class Matcher(dict[str, Word]):
    """Rules by the words that they start with, so that a text costs one look-up a word.

    As a mapping it holds, for each word met so far, its folded form and the rules that may start
    there, the longest phrases of a level first.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        super().__init__()
        self._first: dict[str, list[Rule]] = {}
        for rule in rules:
            self._first.setdefault(rule.words[0], []).append(rule)
        self._lengths = sorted({len(word) for word in self._first if word.endswith("*")})

    def __missing__(self, word: str) -> Word:
        folded = fold_keyword(word[:LONGEST_WORD])
        if len(word) > LONGEST_WORD:
            return folded, ()
        found = list(self._first.get(folded, ()))
        for length in self._lengths:
            if length - 1 > len(folded):
                break
            found += self._first.get(folded[: length - 1] + "*", ())
        if len(self) >= MEMORY:
            self.clear()
        levels = sorted({rule.level for rule in found})
        rules = (
            (level, _once_a_topic(rule for rule in found if rule.level == level))
            for level in levels
        )
        self[word] = folded, tuple(rules)
        return self[word]

    def find(self, text: str) -> list[Rule]:
        """The rules that hold, once for each place; where several start, the longest of them.

        The words of a phrase speak for nothing else of its level: ``human rights court`` is no
        ``court``.
        """
        words = [*map(self.__getitem__, WORDS.findall(normalized("NFC", text)))]
        found: list[Rule] = []
        free = [0, 0]
        for place, (_, levels) in enumerate(words):
            for level, rules in levels:
                if place < free[level]:
                    continue
                length = len(rules[0].words)
                if length == 1:
                    found += rules
                    continue
                length = 0
                for rule in rules:
                    if len(rule.words) < length:
                        break
                    if _goes_on(rule.words, words, place):
                        length = len(rule.words)
                        found.append(rule)
                free[level] = place + length
        return found


def _once_a_topic(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Phrases, the longest first, then of the single words one a topic: the strongest."""
    ranked = sorted(rules, key=lambda rule: (-len(rule.words), -rule.points, -len(rule.words[0])))
    phrases = [rule for rule in ranked if len(rule.words) > 1]
    words = {rule.topic: rule for rule in reversed(ranked) if len(rule.words) == 1}
    return (*phrases, *words.values())


def _goes_on(phrase: Sequence[str], words: Sequence[Word], place: int) -> bool:
    """Whether the words of the phrase after its first follow the word at ``place``."""
    if place + len(phrase) > len(words):
        return False
    for ahead in range(1, len(phrase)):
        wanted, folded = phrase[ahead], words[place + ahead][0]
        if folded != wanted and not (wanted[-1] == "*" and folded.startswith(wanted[:-1])):
            return False
    return True
