"""Words of a language that determine the classes of an edited sentence, as patterns and sets."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from data.dates.months import base_of
from data.languages.vocabulary import EditWords, vocabulary
from data.text.folding import fold_keyword
from data.text.words import UNSPACED

LETTER: Final = (
    r"(?:[^\W\d_]|(?!\d)[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    r"\u0900-\u0963\u0970-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd\u102b-\u109f\u17b4-\u17d3\ufe20-\ufe2f])"
)
"""Pattern of a letter, or of a mark that belongs to the preceding letter."""

MIN_WEEKDAY_LETTERS: Final = 5
"""Weekday names with at least this many letters are also recognized without their last letter,
which depends on the sentence."""


class LanguageRules(NamedTuple):
    """Words of a language in the forms in which sentences are searched."""

    language: str
    negations: re.Pattern[str] | None
    reversals: re.Pattern[str] | None
    numbers: frozenset[str]
    before_names: frozenset[str]
    after_names: frozenset[str]
    titles: re.Pattern[str] | None
    weekdays: frozenset[str]


@cache
def rules_of(language: str) -> LanguageRules:
    """Return the rules of a language.

    The combined rules of all languages apply to a language without its own rules.
    """
    base = base_of(language) if language else ""
    known = vocabulary().get(base)
    has_words = known is not None and known.edits != EditWords()
    several = [known.edits] if known and has_words else [one.edits for one in vocabulary().values()]
    listed = [word for one in several for word in (*one.negation, *one.modality)]
    return LanguageRules(
        base,
        _pattern(listed),
        _pattern([word for one in several for word in one.negation]),
        frozenset(fold_keyword(word) for one in several for word in one.numbers),
        frozenset(fold_keyword(word) for one in several for word in one.before_names),
        frozenset(fold_keyword(word) for one in several for word in one.after_names),
        _pattern(
            [
                word
                for one in several
                for word in (*one.before_names, *one.after_names)
                if UNSPACED.match(word)
            ]
        ),
        _weekdays(base or "en"),
    )


def _pattern(words: Sequence[str]) -> re.Pattern[str] | None:
    """Return a pattern of complete words. A hyphen marks the beginning or end of words."""
    spaced = [one for one in words if not UNSPACED.search(one)]
    whole = [re.escape(one) for one in spaced if "-" not in {one[0], one[-1]}]
    starts = [re.escape(one[:-1]) for one in spaced if one[-1] == "-"]
    endings = [re.escape(one[1:]) for one in words if one[0] == "-"]
    parts = [re.escape(one) for one in words if UNSPACED.search(one)]
    found = []
    if whole or endings:
        ends = [rf"{LETTER}{{1,40}}(?:{'|'.join(endings)})"] if endings else []
        inner = "|".join([*sorted(whole, key=lambda one: -len(one)), *ends])
        found.append(rf"(?<!{LETTER})(?:{inner})(?!{LETTER})")
    if starts:
        found.append(rf"(?<!{LETTER})(?:{'|'.join(starts)})")
    if parts:
        found.append("|".join(sorted(parts, key=lambda one: -len(one))))
    return re.compile("|".join(found), re.IGNORECASE) if found else None


@cache
def _weekdays(language: str) -> frozenset[str]:
    """Return the folded names of weekdays in a language, or nothing if they are unknown."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - only needed for edits

    try:
        days = Locale.parse(language).days
    except (UnknownLocaleError, ValueError):
        return frozenset()
    names = {fold_keyword(name) for form in days.values() for name in form["wide"].values()}
    return frozenset((*names, *(name[:-1] for name in names if len(name) >= MIN_WEEKDAY_LETTERS)))
