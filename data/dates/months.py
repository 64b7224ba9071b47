"""Recognition of month names in all languages of the Unicode CLDR.

Language files (data.languages.vocabulary) contain the names in some fifty languages.
cldr_months.txt, which docs/write_months.py creates, contains the names in all other languages.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from data.languages.vocabulary import LanguageWords, vocabulary
from data.text.folding import fold_date

MIN_STEM_LETTERS: Final = 5
"""Minimum number of letters of a month name after its case ending is removed."""

CLDR_FILE: Final = files("data.dates").joinpath("cldr_months.txt")

SHARED_SCRIPTS: Final = re.compile("[\u0000-\u052f\u0590-\u08ff\u1e00-\u1fff\ua640-\ua69f]")
"""Pattern of letters in scripts that several languages use. A short word in such a script may mean
something else in another language."""

PLAIN: Final = re.compile(r"(?:[^\W\d_]|[\u0900-\u109f]){2,20}")
"""Pattern of month names that data.dates.patterns recognizes as a single word."""

OTHER_TAGS: Final = {"tl": "fil", "iw": "he", "in": "id", "ji": "yi", "mo": "ro", "sh": "sr"}
"""Map from old or regional language tags to the equivalent tags in the tables."""

LANGUAGES_WITH_PHRASES: Final = ("vi",)
"""Languages whose month names of several words are recognized on pages in any language."""

Calendar: TypeAlias = Literal["solar_hijri", "ethiopian", "bikram_sambat"]
"""A calendar other than the Gregorian one. Language files contain its months
(``solar_hijri_months``)."""


def _numbers(months: Iterable[str]) -> Mapping[str, int]:
    """Map folded month names to numbers.

    ``months`` has twelve items, January first, with one or more names each.
    """
    return {
        fold_date(name.replace("·", " ")): number
        for number, names in enumerate(months, 1)
        for name in names.split()
    }


@cache
def _lines() -> Mapping[str, str]:
    """Map each language in cldr_months.txt to its line in the file."""
    text = CLDR_FILE.read_text("utf-8") if CLDR_FILE.is_file() else ""
    lines = (line.partition("\t") for line in text.splitlines() if not line.startswith("#"))
    return {language: names for language, _, names in lines}


@cache
def names_in(language: str) -> Mapping[str, int]:
    """Map the folded month names in a language to their numbers. The tag has no region."""
    other = _numbers(_lines().get(language, "").split("|"))
    own = vocabulary().get(language, LanguageWords()).dates.months
    return MappingProxyType({**other, **_numbers(own)})


@cache
def _any_language() -> Mapping[str, int]:
    """Map all unambiguous month names in the language files to their numbers."""
    tables = [one.dates for one in vocabulary().values()]
    return {
        name: number
        for dates in tables
        for name, number in _numbers(dates.months).items()
        if name not in map(fold_date, dates.ambiguous)
    }


@cache
def _own_scripts() -> Mapping[str, int]:
    """Map month names in scripts of a single language to their numbers.

    The number is 0 if several months have the same name.
    """
    found: dict[str, int] = {}
    for language in _lines():
        for name, number in names_in(language).items():
            if not SHARED_SCRIPTS.search(name):
                found[name] = 0 if found.get(name, number) != number else number
    return found


def base_of(tag: str) -> str:
    """Return the language of a language tag, without its script and region."""
    base = tag.replace("_", "-").partition("-")[0].lower()
    return OTHER_TAGS.get(base, base)


@lru_cache(maxsize=4096)
def month_of(name: str, languages: tuple[str, ...] = ()) -> int | None:
    """Return the number of the Gregorian month with this folded name, or None."""
    for language in (*languages, *LANGUAGES_WITH_PHRASES):
        found = names_in(base_of(language)).get(name)
        if found:
            return found
    any_language = _any_language()
    if name in any_language:
        return any_language[name]
    if name[:1] in {"ב", "ל", "ខ"}:  # Hebrew prefixes "in" and "to", and "month" in Khmer
        found = any_language.get(name[1:]) or _own_scripts().get(name[1:])
        if found:
            return found
    if not SHARED_SCRIPTS.search(name) and (found := _own_scripts().get(name)):
        return found
    # Turkic languages append case endings: "noyabrda", "қарашасы".
    stems = [name[:-cut] for cut in range(1, 4) if len(name) - cut >= MIN_STEM_LETTERS]
    tables = [any_language, *(names_in(base_of(language)) for language in languages)]
    return next((table[stem] for stem in stems for table in tables if stem in table), None)


@lru_cache(maxsize=256)
def phrases_in(languages: tuple[str, ...]) -> tuple[str, ...]:
    """Return folded month names that consist of several words, longest first."""
    names = {
        name
        for language in (*languages, *LANGUAGES_WITH_PHRASES)
        for name in names_in(base_of(language))
        if not PLAIN.fullmatch(name)
    }
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


def month_in(calendar: Calendar, name: str) -> int | None:
    """Return the number of the month with this folded name in another calendar, or None."""
    return _names_in_calendar(calendar).get(name)


@cache
def _names_in_calendar(calendar: Calendar) -> Mapping[str, int]:
    """Map folded names of a calendar's months in all languages to their numbers."""
    lists = (getattr(one.dates, f"{calendar}_months") for one in vocabulary().values())
    return {name: number for months in lists for name, number in _numbers(months).items()}
