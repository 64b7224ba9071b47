"""Words of all languages, such as those of dates, pagers and headings.

``words/`` has one TOML file per language; its name is the BCP 47 tag of the language. Files are
read at the first use. `words` and `pattern` join one table of all files, because the language of a
page is often unknown or wrong. docs/how-to/add-a-language.md explains the tables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import msgspec

from data.errors import LanguageError
from data.toml_files import decode

WORDS_FOLDER = Path(__file__).parent / "words"
"""The folder with one file per language."""

MONTHS: Final = 12

DateOrder: TypeAlias = Literal["DMY", "MDY", "YMD"]
"""Order of day, month and year in a date such as 03/04/26."""


class DateWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words in dates: names of months, and words for recent days.

    ``order`` is the order of numbers in dates. ``region_orders`` has the order of single regions,
    such as ``US``. ``months`` and ``solar_hijri_months`` have twelve texts, the first month first:
    names of a month, separated by spaces. A middle dot (·) represents a space in a name.
    ``ambiguous`` has names that mean another month or day, or something else, in other languages.
    They are read only on pages of this language. ``relative`` has regular expressions for relative
    times, such as "3 hours ago".
    """

    order: DateOrder | None = None
    region_orders: dict[str, DateOrder | Literal["uncertain"]] = {}
    months: tuple[str, ...] = ()
    solar_hijri_months: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    today: tuple[str, ...] = ()
    yesterday: tuple[str, ...] = ()
    relative: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError if a list of months does not have twelve texts."""
        for months in (self.months, self.solar_hijri_months):
            if len(months) not in {0, MONTHS}:
                raise ValueError(
                    f"a year has twelve months; write {MONTHS} texts, not {len(months)}"
                )


class DateLabels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Regular expressions for labels before dates, compared without case.

    ``changed``: the last change. ``published``: the publication. ``as_of``: the day up to which a
    text is valid. ``event``: an event or deadline. ``other``: not a publication. ``site``: words
    for "website", which mark a line about the whole site.
    """

    published: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    as_of: tuple[str, ...] = ()
    event: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    site: tuple[str, ...] = ()


class PageLabels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Labels of table cells on the page of a release, as complete texts.

    ``title`` is a label of the headline. A word that also labels the title of a person, or the
    address of an office, is excluded.
    """

    title: tuple[str, ...] = ()


class PagerWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Labels of pagination controls, as complete phrases.

    ``older`` has labels of links to older releases. ``page`` is a word before a page number, and
    ``page_ending`` a word after it. ``of`` is a word between two numbers. ``result`` is a word
    after the number of all results, and ``total`` a word before this number.
    """

    next: tuple[str, ...] = ()
    older: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    previous: tuple[str, ...] = ()
    page: tuple[str, ...] = ()
    page_ending: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    result: tuple[str, ...] = ()
    total: tuple[str, ...] = ()


class ArchiveWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words in labels of links to archives.

    ``archive``, ``older`` and ``news`` are stems, which may have an ending, and ``part_of_year`` is
    a stem for a quarter or half of a year. ``whole_listing`` has words for all releases, and
    ``before`` words at the first or last year of an archive. ``period`` has words for years and
    months. ``season`` has words for seasons, and ``week`` words beside the number of a week, both
    without endings. ``linking`` has verbs, articles and other words of such labels.
    """

    archive: tuple[str, ...] = ()
    older: tuple[str, ...] = ()
    news: tuple[str, ...] = ()
    whole_listing: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    period: tuple[str, ...] = ()
    part_of_year: tuple[str, ...] = ()
    season: tuple[str, ...] = ()
    week: tuple[str, ...] = ()
    linking: tuple[str, ...] = ()


class Headings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Headings of lists that are not the releases of a page.

    ``related`` has headings of other news, ``beside`` headings of other lists, as complete lines.
    ``events`` has words for events, and ``joining`` words that join two nouns ("and"). Scripts
    without spaces use ``event_parts`` and ``news_parts``, which are found inside words.
    """

    related: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    joining: tuple[str, ...] = ()
    event_parts: tuple[str, ...] = ()
    news_parts: tuple[str, ...] = ()


class BarrierWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Regular expressions for pages that are shown in place of others, compared without case.

    ``login`` has complete titles of login pages, ``missing`` complete titles of pages that report
    the requested page as missing. ``challenge``, ``maintenance`` and ``paywall`` have parts of
    titles and headings.
    """

    login: tuple[str, ...] = ()
    challenge: tuple[str, ...] = ()
    maintenance: tuple[str, ...] = ()
    paywall: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class CounterWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Regular expressions for ``labels`` of view counters, before or after a number."""

    labels: tuple[str, ...] = ()


class LanguageWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one language; every table and key is optional."""

    dates: DateWords = DateWords()
    date_labels: DateLabels = DateLabels()
    pager: PagerWords = PagerWords()
    archive: ArchiveWords = ArchiveWords()
    headings: Headings = Headings()
    page_labels: PageLabels = PageLabels()
    barriers: BarrierWords = BarrierWords()
    counters: CounterWords = CounterWords()


@cache
def vocabulary() -> Mapping[str, LanguageWords]:
    """Return the words of each language by its tag, in the order of the tags.

    Raises LanguageError if a file is invalid.
    """
    files = sorted(WORDS_FOLDER.glob("*.toml"))
    read = {file.stem: file.read_text("utf-8") for file in files}
    return MappingProxyType(
        {tag: decode(text, LanguageWords, _name(tag), LanguageError) for tag, text in read.items()}
    )


def words(key: str) -> tuple[str, ...]:
    """Return the texts for a key such as ``pager.next`` in all languages, without duplicates."""
    wanted = attrgetter(key)
    return tuple(dict.fromkeys(text for one in vocabulary().values() for text in wanted(one)))


@cache
def pattern(key: str, frame: str = "{}") -> re.Pattern[str]:
    """Compile the regular expressions for a key in all languages to one, which ignores case.

    ``frame`` is a regular expression around the alternatives, which replace ``{}``. Raises
    LanguageError if a regular expression is invalid.
    """
    try:
        return re.compile(frame.replace("{}", alternatives(words(key))), re.IGNORECASE)
    except re.error:
        for tag, one in vocabulary().items():
            for text in attrgetter(key)(one):
                _check(text, tag, key)
        raise


def alternatives(expressions: Sequence[str]) -> str:
    r"""Join regular expressions to a group. Those that start with ``\b`` share one test."""
    at_word = [one.removeprefix(r"\b") for one in expressions if one.startswith(r"\b")]
    others = [one for one in expressions if not one.startswith(r"\b")]
    shared = [rf"\b(?:{'|'.join(at_word)})"] if at_word else []
    return f"(?:{'|'.join((*shared, *others))})"


def _check(expression: str, tag: str, key: str) -> None:
    try:
        re.compile(expression)
    except re.error as cause:
        reason = f"{expression!r} is not a regular expression ({cause})"
        raise LanguageError(_name(tag), key, reason) from cause


def _name(tag: str) -> str:
    return str(WORDS_FOLDER / f"{tag}.toml")
