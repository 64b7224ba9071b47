"""The number of a month by its name, in all languages of the Unicode CLDR.

months.toml has what people write in some fifty languages, and cldr_months.txt the names of all
others, as data.dates.renew_months writes them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from data.text.folding import fold_date

SHORTEST_STEM: Final = 5
"""Letters that a name of a month has without its case."""

MONTHS: Final = 12
CLDR_FILE: Final = files("data.dates").joinpath("cldr_months.txt")


def _numbers(months: Iterable[str]) -> Mapping[str, int]:
    """Twelve lines of names as the folded names and the number of the month of each."""
    return {
        fold_date(name.replace("·", " ")): number
        for number, names in enumerate(months, 1)
        for name in names.split()
    }


NAMES: Final[Mapping[str, Mapping[str, Sequence[str]]]] = tomllib.loads(
    files("data.dates").joinpath("months.toml").read_text("utf-8")
)
"""For each calendar and language a line of names for each month."""

GREGORIAN: Final = {language: _numbers(months) for language, months in NAMES["gregorian"].items()}
SOLAR_HIJRI: Final = _numbers(NAMES["solar_hijri"]["fa"])

ANY_LANGUAGE: Final = {
    name: number for names in reversed(GREGORIAN.values()) for name, number in names.items()
}
"""What each name means where no language is known: in the first of the table that has it."""

SHARED_SCRIPTS: Final = re.compile("[\u0000-\u052f\u0590-\u08ff\u1e00-\u1fff\ua640-\ua69f]")
"""Letters of the scripts whose short words mean something else in another language."""

PLAIN: Final = re.compile(r"(?:[^\W\d_]|[\u0900-\u109f]){2,20}")
"""A name that data.dates.patterns finds as a word."""

OTHER_TAGS: Final = {"tl": "fil", "iw": "he", "in": "id", "ji": "yi", "mo": "ro", "sh": "sr"}
"""Tags of languages that pages have, and those of the tables."""

EVERYWHERE: Final = ("vi",)
"""Languages whose names of several words are names of months in every text."""


@cache
def _lines() -> Mapping[str, str]:
    """The line of each language in cldr_months.txt."""
    text = CLDR_FILE.read_text("utf-8") if CLDR_FILE.is_file() else ""
    lines = (line.partition("\t") for line in text.splitlines() if not line.startswith("#"))
    return {language: names for language, _, names in lines}


@cache
def names_in(language: str) -> Mapping[str, int]:
    """The folded names of months in a language, by its tag without the region."""
    other = _numbers(_lines().get(language, "").split("|"))
    return MappingProxyType({**other, **GREGORIAN.get(language, {})})


@cache
def _own_scripts() -> Mapping[str, int]:
    """The names that no other language may use, by their script, unless two months share one."""
    found: dict[str, int] = {}
    for language in _lines():
        for name, number in names_in(language).items():
            if not SHARED_SCRIPTS.search(name):
                found[name] = 0 if found.get(name, number) != number else number
    return found


def base_of(tag: str) -> str:
    """The language of a tag, without script and region."""
    base = tag.replace("_", "-").partition("-")[0].lower()
    return OTHER_TAGS.get(base, base)


@lru_cache(maxsize=4096)
def month_of(name: str, languages: tuple[str, ...] = ()) -> int | None:
    """The number of the Gregorian month that a folded ``name`` means, or None."""
    for language in (*languages, *EVERYWHERE):
        found = names_in(base_of(language)).get(name)
        if found:
            return found
    if name in ANY_LANGUAGE:
        return ANY_LANGUAGE[name]
    if name[:1] in {"ב", "ל"}:  # Hebrew prefixes "in" and "to"
        return ANY_LANGUAGE.get(name[1:])
    if found := _own_scripts().get(name):
        return found
    # Turkic languages append cases: "noyabrda", "қарашасы".
    stems = [name[:-cut] for cut in range(1, 4) if len(name) - cut >= SHORTEST_STEM]
    tables = [ANY_LANGUAGE, *(names_in(base_of(language)) for language in languages)]
    return next((table[stem] for stem in stems for table in tables if stem in table), None)


@lru_cache(maxsize=256)
def phrases_in(languages: tuple[str, ...]) -> tuple[str, ...]:
    """The folded names of months of some languages that are no single words, the longest first."""
    names = {
        name
        for language in (*languages, *EVERYWHERE)
        for name in names_in(base_of(language))
        if not PLAIN.fullmatch(name)
    }
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


def jalali_month_of(name: str) -> int | None:
    """The number of the Solar Hijri month that a folded ``name`` means, or None."""
    return SOLAR_HIJRI.get(name)
