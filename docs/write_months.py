"""Write data/dates/cldr_months.txt: month names in all languages of the Unicode CLDR, from Babel.

python docs/write_months.py

Run this script after an upgrade of Babel. Each language has one line: its tag, a tab, and twelve
parts separated by ``|``, January first. A middle dot (·) represents a space.
"""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Final

from babel import Locale, localedata

from data.dates.months import CLDR_FILE
from data.languages.vocabulary import MONTHS, LanguageWords, vocabulary
from data.text.folding import fold_date

PLACEHOLDER: Final = re.compile(r"(?:M\d\d?|\d+)")
"""Pattern of placeholders for missing month names in the CLDR."""

ARTICLE_PREFIX: Final = re.compile(
    r"^(?:(?:de|di|da|dhen|mis|am|an)\s|[ad]['’])(?=\w{3})", re.IGNORECASE
)
"""Pattern of a word before the month name in a date, such as a preposition."""

EDGES: Final = " .·׳॰"
"""Characters that are stripped from both ends of a month name, such as the sign before Shavian
names."""


def month_names(language: str, locales: list[str]) -> list[list[str]]:
    """Return the month names of a language from these locales that its language file lacks."""
    ours = vocabulary().get(language, LanguageWords()).dates.months or [""] * MONTHS
    known = [{fold_date(name.replace("·", " ")) for name in line.split()} for line in ours]
    found: list[dict[str, str]] = [{} for _ in range(MONTHS)]
    for locale in map(Locale.parse, locales):
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in locale.months[context].get(width, {}).items():
                    add(name.strip(EDGES), found[number - 1], known[number - 1])
    every = [one for names in (*found, *known) for one in names]
    return [[name for folded, name in names.items() if every.count(folded) == 1] for names in found]


def add(name: str, found: dict[str, str], known: set[str]) -> None:
    """Add a month name with and without its prefix, unless it is known or a placeholder."""
    if not name or PLACEHOLDER.fullmatch(name):
        return
    for form in (name, ARTICLE_PREFIX.sub("", name).strip(EDGES)):
        folded = fold_date(form)
        if folded not in known:
            found.setdefault(folded, form)


def renewed() -> str:
    """Return the new content for cldr_months.txt."""
    languages: dict[str, list[str]] = {}
    for identifier in sorted(localedata.locale_identifiers()):
        languages.setdefault(Locale.parse(identifier).language, []).append(identifier)
    origin = f"the Unicode CLDR (Unicode License V3), by Babel {version('babel')}"
    lines = [f"# Names of months of {origin}: docs/write_months.py."]
    for language, locales in sorted(languages.items()):
        months = month_names(language, locales)
        if any(months):
            parts = (" ".join("·".join(name.split()) for name in names) for names in months)
            lines.append(f"{language}\t{'|'.join(parts)}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write cldr_months.txt."""
    Path(str(CLDR_FILE)).write_text(renewed(), "utf-8")


if __name__ == "__main__":
    main()
