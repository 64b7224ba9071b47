"""Matching of keyword rules in many languages, in one pass over the words of a text.

Words and rules are folded first: to lower case, without accents, with ``ß`` as ``ss``, and with ``İ
I ı i`` and Arabic and Persian letter variants merged. So rules with accents match texts without
accents, and Turkish capitals match. Scripts without spaces between words are not supported.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from data.text.folding import fold_keyword, normalized

WORDS = re.compile(r"\w+")
MAX_WORD_LENGTH = 60
"""Maximum number of letters of a word that are matched and cached. The rest is ignored."""

MIN_STEM_LENGTH = 2
"""Minimum number of letters before ``*`` in a rule."""
SHORT_RULE_LENGTH = 5
"""Maximum length in characters of a short rule. Short rules are not used for texts in an unknown
language."""
MAX_CACHED_WORDS = 50_000
"""Maximum number of cached words, so that hostile texts can't fill the memory."""


@dataclass(frozen=True, slots=True, eq=False)
class KeywordRule:
    """A phrase of folded words that gives ``points`` to a topic.

    A word that ends with ``*`` matches all words with this beginning. ``level`` is 0 for a
    top-level topic, else 1. Rules are compared by identity, which makes counting faster.
    """

    topic: str
    points: float
    words: tuple[str, ...]
    level: int = 0

    @property
    def long(self) -> bool:
        """Return whether the rule is long enough for texts in an unknown language.

        Short words mean different things in different languages.
        """
        return len(" ".join(self.words)) > SHORT_RULE_LENGTH


def read_rule(topic: str, points: float, phrase: str, level: int = 0) -> KeywordRule:
    """Parse a phrase such as ``außenminister*`` or ``prime minister``.

    Raises ValueError, with the fix, if the phrase has no word, if a star is not at the end of a
    word, or if a stem has only one letter. Such a stem would match almost everything.
    """
    words = []
    for part in re.split(r"[\s'’-]+", phrase.strip()):
        stem = part.removesuffix("*")
        folded = fold_keyword(stem)
        if not WORDS.fullmatch(folded):
            raise ValueError(
                f"{phrase!r} is not a keyword: write words of letters; a word may end in *"
            )
        if stem != part and len(folded) < MIN_STEM_LENGTH:
            raise ValueError(f"{phrase!r} is not a keyword: write at least two letters before *")
        words.append(folded + part[len(stem) :])
    return KeywordRule(topic, points, tuple(words), level)


Word: TypeAlias = tuple[str, tuple[tuple[int, tuple[KeywordRule, ...]], ...]]
"""A folded word with the rules that begin with it, by level. Most words have no rules."""


class KeywordMatcher(dict[str, Word]):
    """Keyword rules indexed by their first word, so that each word of a text needs only one lookup.

    As a mapping, it caches the folded form of each word and the rules that may begin with this
    word. Within a level, rules with longer phrases come first.
    """

    def __init__(self, rules: Iterable[KeywordRule]) -> None:
        super().__init__()
        self._first: dict[str, list[KeywordRule]] = {}
        for rule in rules:
            self._first.setdefault(rule.words[0], []).append(rule)
        self._lengths = sorted({len(word) for word in self._first if word.endswith("*")})

    def __missing__(self, word: str) -> Word:
        folded = fold_keyword(word[:MAX_WORD_LENGTH])
        if len(word) > MAX_WORD_LENGTH:
            return folded, ()
        found = list(self._first.get(folded, ()))
        for length in self._lengths:
            if length - 1 > len(folded):
                break
            found += self._first.get(folded[: length - 1] + "*", ())
        if len(self) >= MAX_CACHED_WORDS:
            self.clear()
        levels = sorted({rule.level for rule in found})
        rules = (
            (level, _strongest_per_topic(rule for rule in found if rule.level == level))
            for level in levels
        )
        self[word] = folded, tuple(rules)
        return self[word]

    def find(self, text: str) -> list[KeywordRule]:
        """Return the rules that match a text, once per occurrence.

        Of several rules that match at the same position, the longest is used. The words of a
        matched phrase match no other rule of its level: ``human rights court`` does not match
        ``court``.
        """
        words = [*map(self.__getitem__, WORDS.findall(normalized("NFC", text)))]
        found: list[KeywordRule] = []
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
                    if _matches_rest(rule.words, words, place):
                        length = len(rule.words)
                        found.append(rule)
                free[level] = place + length
        return found


def _strongest_per_topic(rules: Iterable[KeywordRule]) -> tuple[KeywordRule, ...]:
    """Return the phrases, longest first, and then the strongest single word per topic."""
    ranked = sorted(rules, key=lambda rule: (-len(rule.words), -rule.points, -len(rule.words[0])))
    phrases = [rule for rule in ranked if len(rule.words) > 1]
    words = {rule.topic: rule for rule in reversed(ranked) if len(rule.words) == 1}
    return (*phrases, *words.values())


def _matches_rest(phrase: Sequence[str], words: Sequence[Word], place: int) -> bool:
    """Return whether the words after position ``place`` continue the phrase."""
    if place + len(phrase) > len(words):
        return False
    for ahead in range(1, len(phrase)):
        wanted, folded = phrase[ahead], words[place + ahead][0]
        if folded != wanted and not (wanted[-1] == "*" and folded.startswith(wanted[:-1])):
            return False
    return True
