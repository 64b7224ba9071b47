"""The number of a month by its name, in some fifty languages. The names are in months.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Final

from data.text.folding import fold_date

SHORTEST_STEM: Final = 5
"""Letters that a name of a month has without its case."""


def _numbers(months: Sequence[str]) -> Mapping[str, int]:
    """Twelve lines of names as the folded names and the number of the month of each."""
    return {
        fold_date(name.replace("·", " ")): number
        for number, names in enumerate(months, 1)
        for name in names.split()
    }


NAMES: Final = tomllib.loads(files("data.dates").joinpath("months.toml").read_text("utf-8"))
"""For each calendar and language a line of names for each month."""

GREGORIAN: Final = {language: _numbers(months) for language, months in NAMES["gregorian"].items()}
SOLAR_HIJRI: Final = _numbers(NAMES["solar_hijri"]["fa"])

ANY_LANGUAGE: Final = {
    name: number for names in reversed(GREGORIAN.values()) for name, number in names.items()
}
"""What each name means where no language is known: in the first of the table that has it."""


@lru_cache(maxsize=4096)
def month_of(name: str, languages: tuple[str, ...] = ()) -> int | None:
    """The number of the Gregorian month that a folded ``name`` means, or None."""
    for language in languages:
        found = GREGORIAN.get(language.partition("-")[0].lower(), {}).get(name)
        if found:
            return found
    if name in ANY_LANGUAGE:
        return ANY_LANGUAGE[name]
    if name[:1] in {"ב", "ל"}:  # Hebrew prefixes "in" and "to"
        return ANY_LANGUAGE.get(name[1:])
    # Turkic languages append cases: "noyabrda", "қарашасы".
    stems = (name[:-cut] for cut in range(1, 4) if len(name) - cut >= SHORTEST_STEM)
    return next((ANY_LANGUAGE[stem] for stem in stems if stem in ANY_LANGUAGE), None)


def jalali_month_of(name: str) -> int | None:
    """The number of the Solar Hijri month that a folded ``name`` means, or None."""
    return SOLAR_HIJRI.get(name)
