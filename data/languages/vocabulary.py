"""Words for dates, pagination, headings and other page elements, in all languages.

``words/`` has one TOML file per language, named by its BCP 47 tag. Files are read on first use.
`words` and `pattern` combine the same table of all files, because the language of a page is often
unknown or wrong. docs/how-to/add-a-language.md explains the tables.
"""

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
"""Folder with one file of words per language."""

MONTHS: Final = 12
ETHIOPIAN_MONTHS: Final = 13
"""Number of months in an Ethiopian year. The last month has five or six days."""

DateOrder: TypeAlias = Literal["DMY", "MDY", "YMD"]
"""Order of day, month and year in a date such as 03/04/26."""


class DateWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words in dates: names of months, and words for recent days.

    ``order`` is the order of numbers in dates, and ``region_orders`` the order in single regions,
    such as ``US``. ``months``, ``solar_hijri_months`` and ``bikram_sambat_months`` (Nepal) have
    twelve texts, starting with the first month; ``ethiopian_months`` has thirteen. Each text
    contains names of the month, separated by spaces. A middle dot (·) represents a space within a
    name. ``ambiguous`` contains names that mean something else in other languages, and are
    recognized only on pages in this language. ``relative`` contains regular expressions for
    relative times, such as "3 hours ago".
    """

    order: DateOrder | None = None
    region_orders: dict[str, DateOrder | Literal["uncertain"]] = {}
    months: tuple[str, ...] = ()
    solar_hijri_months: tuple[str, ...] = ()
    ethiopian_months: tuple[str, ...] = ()
    bikram_sambat_months: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    today: tuple[str, ...] = ()
    yesterday: tuple[str, ...] = ()
    relative: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError if a list of months does not have a text for each month."""
        for months, count in (
            (self.months, MONTHS),
            (self.solar_hijri_months, MONTHS),
            (self.ethiopian_months, ETHIOPIAN_MONTHS),
            (self.bikram_sambat_months, MONTHS),
        ):
            if len(months) not in {0, count}:
                raise ValueError(
                    f"a year has {count} months; write {count} month names, not {len(months)}"
                )


class DateLabels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Regular expressions for labels before dates. They ignore case.

    ``changed``: the last change. ``published``: the publication. ``as_of``: the day up to which a
    text is valid. ``event``: an event or deadline. ``other``: other dates that are not the
    publication. ``site``: words for "website", which identify a line about the whole site.
    """

    published: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    as_of: tuple[str, ...] = ()
    event: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    site: tuple[str, ...] = ()


class PageLabels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Labels of table cells on release pages, as complete texts.

    ``title`` contains labels for the headline. Words that also label a person's title or an
    office's address are excluded.
    """

    title: tuple[str, ...] = ()


class PagerWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Labels of pagination controls, as complete phrases.

    ``older`` contains labels of links to older releases. ``page`` contains words before a page
    number, and ``page_ending`` words after it. ``of`` contains words between two numbers. ``total``
    contains words before the number of all results, and ``result`` words after it.
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
    """Words in the labels of links to archive pages.

    ``archive``, ``older`` and ``news`` are stems, which may have an ending, and ``part_of_year``
    contains stems for a quarter or half of a year. ``whole_listing`` contains words for all
    releases, and ``before`` words next to the first or last year of an archive. ``period`` contains
    words for years and months. ``season`` contains words for seasons, and ``week`` words next to
    the number of a week, both without endings. ``linking`` contains verbs, articles and other words
    in such labels.
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
    """Headings of lists that are not the main list of releases on a page.

    ``related`` contains headings for other news, and ``beside`` headings for other lists, as
    complete lines. ``events`` contains words for events, and ``joining`` words that join two nouns
    ("and"). For scripts without spaces, ``event_parts`` and ``news_parts`` are also found within
    words.
    """

    related: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    joining: tuple[str, ...] = ()
    event_parts: tuple[str, ...] = ()
    news_parts: tuple[str, ...] = ()


class BarrierWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Regular expressions for pages that replace the requested page. They ignore case.

    ``login`` contains complete titles of login pages, ``missing`` complete titles of pages that
    report a missing page. ``error`` contains words before a status code. ``challenge``,
    ``maintenance`` and ``paywall`` contain parts of titles and headings.
    """

    login: tuple[str, ...] = ()
    challenge: tuple[str, ...] = ()
    maintenance: tuple[str, ...] = ()
    paywall: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    error: tuple[str, ...] = ()


class CounterWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Regular expressions for the labels of view counters, before or after a number."""

    labels: tuple[str, ...] = ()


class PressLinkWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Regular expressions for links to a press room, which ignore case.

    ``releases`` contains words for a page of releases, or for a press room that leads to one.
    ``news`` contains words for a news page, on which many institutions list their releases.
    ``media`` contains words for a page for journalists, which may only lead to the list. ``other``
    contains words for other pages, such as "newsletter".
    """

    releases: tuple[str, ...] = ()
    news: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


class PostWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Regular expressions for lines next to the text of a blog post. They ignore case.

    ``sentences`` contains beginnings of sentences about the publication of a post, and ``filing``
    words about its category, tags or comments. ``labels`` contains beginnings of lines that only
    label a post. ``beside`` contains the same beginnings, and the beginnings of bylines and links
    to other pages.
    """

    sentences: tuple[str, ...] = ()
    filing: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


class LinkWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Regular expressions for words in texts and addresses of links. They ignore case.

    ``more`` contains beginnings of texts such as "Read more", and ``documents`` words that do not
    describe the linked document, such as "download". ``terms`` contains folder names in addresses
    of pages about an author, a tag or a category, and ``events`` folder names of pages about
    events.
    """

    more: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


class EditWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words that decide how much the edit of a sentence matters.

    ``negation`` and ``modality`` ("may", "must", "only") contain complete words or phrases. A
    hyphen marks the end (``-n't``) or the beginning of words. ``numbers`` contains written numbers
    and units such as "million". ``before_names`` and ``after_names`` contain titles and other words
    directly beside names. ``correction_labels`` contains regular expressions for words that begin a
    correction note, before punctuation or a date. ``corrections`` contains regular expressions for
    other parts of correction notes. Both ignore case.
    """

    negation: tuple[str, ...] = ()
    modality: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    before_names: tuple[str, ...] = ()
    after_names: tuple[str, ...] = ()
    correction_labels: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()


class LanguageWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one language. Every table and key is optional."""

    dates: DateWords = DateWords()
    date_labels: DateLabels = DateLabels()
    pager: PagerWords = PagerWords()
    archive: ArchiveWords = ArchiveWords()
    headings: Headings = Headings()
    page_labels: PageLabels = PageLabels()
    barriers: BarrierWords = BarrierWords()
    counters: CounterWords = CounterWords()
    press_links: PressLinkWords = PressLinkWords()
    posts: PostWords = PostWords()
    links: LinkWords = LinkWords()
    edits: EditWords = EditWords()


@cache
def vocabulary() -> Mapping[str, LanguageWords]:
    """Return the words of each language by tag, sorted by tag.

    Raises LanguageError if a file is invalid.
    """
    files = sorted(WORDS_FOLDER.glob("*.toml"))
    read = {file.stem: file.read_text("utf-8") for file in files}
    return MappingProxyType(
        {tag: decode(text, LanguageWords, _name(tag), LanguageError) for tag, text in read.items()}
    )


def words(key: str) -> tuple[str, ...]:
    """Return the texts under a key such as ``pager.next`` in all languages, without duplicates."""
    wanted = attrgetter(key)
    return tuple(dict.fromkeys(text for one in vocabulary().values() for text in wanted(one)))


@cache
def pattern(key: str, frame: str = "{}") -> re.Pattern[str]:
    """Combine the regular expressions under a key in all languages into one that ignores case.

    ``frame`` is a regular expression in which the alternatives replace ``{}``. Raises LanguageError
    if a regular expression is invalid.
    """
    try:
        return re.compile(frame.replace("{}", alternatives(words(key))), re.IGNORECASE)
    except re.error:
        texts = ((tag, text) for tag, one in vocabulary().items() for text in attrgetter(key)(one))
        for tag, text in texts:
            try:
                re.compile(text)
            except re.error as cause:
                reason = f"{text!r} is not a regular expression ({cause})"
                raise LanguageError(_name(tag), key, reason) from cause
        raise


def alternatives(expressions: Sequence[str]) -> str:
    r"""Join regular expressions to one group. Expressions that start with ``\b`` share one test."""
    at_word = [one.removeprefix(r"\b") for one in expressions if one.startswith(r"\b")]
    others = [one for one in expressions if not one.startswith(r"\b")]
    shared = [rf"\b(?:{'|'.join(at_word)})"] if at_word else []
    return f"(?:{'|'.join((*shared, *others))})"


def _name(tag: str) -> str:
    return str(WORDS_FOLDER / f"{tag}.toml")
