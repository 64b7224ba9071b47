"""The archives that a listing page links to: of years, of months, or of everything older."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Final
from urllib.parse import unquote, urlsplit

from lxml import etree

from data.dates.months import month_of
from data.models import ArchiveLink
from data.text.folding import fold_date
from spiders.items import Listing, ListingItem
from spiders.listing.paging.archive_words import (
    ARCHIVES,
    LINKING,
    MAX_ENDING,
    NEWS,
    OLDER,
    YEARS,
)
from spiders.listing.paging.controls import Controls
from spiders.listing.paging.page_numbers import is_numbered
from spiders.page.class_hints import names_around
from spiders.page.links import url_pattern
from spiders.page.media_urls import leads_to_file
from spiders.page.page import Page

MAX_LINKS: Final = 10_000
"""Maximum links of a page that are checked."""

MAX_ARCHIVES: Final = 600
"""Maximum archives of one page: the months of fifty years."""

MAX_LABEL: Final = 60
"""Maximum characters of the label of an archive."""

MIN_STEM: Final = 3
"""Minimum letters of a word that may have an ending."""

LAST_ROWS: Final = 3
"""Rows at the end of a page that show how far back the page reaches."""

YEAR_TOLERANCE: Final = 1
"""Years by which a release may differ from its archive: school and financial years."""

_COUNT: Final = re.compile(r"\s{0,3}[\[(]\s?\d{1,5}\s?[\])]\s{0,3}$")
_PERIODS: Final = (
    re.compile(r"(?<!\d)(?P<y>\d{4})\s?[年년](?:度|도)?(?:\s?(?P<m>\d{1,2})\s?[月월])?"),
    re.compile(r"(?<!\d)(?P<y>\d{4})\s?[-/]\s?(?P<z>\d{4})(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>\d{4})\s?[-/.]\s?(?P<m>\d{1,2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<m>\d{1,2})\s?[-/.]\s?(?P<y>\d{4})(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>\d{4})(?!\d)"),
)
_PARTS: Final = re.compile(r"[\s()\[\]{}:;,./|•·–—\-_»«›‹><→←\"'’&+]{1,20}")
_YEAR_IN_ADDRESS: Final = re.compile(
    r"(?:^|[/=._-])((?:19|20)\d\d)(?:[/._-]?(0[1-9]|1[0-2])(?!\d))?(?=$|[/?&#._-])"
)
_MONTH_IN_ADDRESS: Final = re.compile(
    r"(?:[?&](?:month|mon|monat|mois|mes|mese|maand|m)=|/(?:19|20)\d\d/)(\d{1,2})(?!\d)"
)
_CALENDAR: Final = re.compile(
    r"calendar|kalend|calendr|datepicker|event|agenda|termin|veranstalt", re.IGNORECASE
)
_NAMED: Final = re.compile(
    r"archiv|arhiv|arkiv|arquiv|arsiv|arxiv|year|jahr|annee|rocnik|(?:^|[\s_-])(?:yil|god|anno|anos?)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_ARCHIVE_PATH: Final = re.compile(
    r"archiv|archyv|arhiv|arhiiv|arkiv|arkist|arquiv|arsiv|arxiv|arkhiv|older|previous|past"
)
_CATEGORY: Final = re.compile(
    r"/(?:categor\w{1,5}|kategor\w{1,5}|tags?|topics?|authors?|autor\w{0,3}|themen?|rubri\w{1,5})/"
    r"|[?&](?:cat|tag|author|category|topic)=",
    re.IGNORECASE,
)
"""Addresses of listings that are a part of a site's posts. The site's archives have all posts."""

_ONLY_PERIOD: Final = re.compile(r"(/[\w-]{1,40}){0,2}?(?:/[a-z]{2})?/(?:19|20)\d\d(?:/\d{1,2})?/?")
_FILE_NAME: Final = re.compile(r"/(?:index|default|home)\.\w{2,5}$|\.\w{2,5}$")
_DIGITS: Final = re.compile(r"\d+")
_STEMS: Final = ARCHIVES | OLDER | NEWS
_EXACT: Final = LINKING | YEARS
_PIECES: Final = LINKING | frozenset(word for word in YEARS if not word.isascii())
"""Words that may be pieces of a compound; a German *Jahresbericht* is a report."""


def archives_of(page: Page, controls: Controls | None = None) -> tuple[ArchiveLink, ...]:
    """The archives of the listing on a page, newest first; those without a period come last.

    An archive is a link or an option on the same host, labelled by a year, by a month, or by words
    such as "News archive" only. Its address must be related to the listing's. ``controls`` are
    those of the page, if the caller reads them for something else too.
    """
    controls = controls or Controls(page)
    found: dict[str, ArchiveLink] = {}
    named: set[str] = set()
    for node in islice(page.tree.iter("a", "option", "button"), MAX_LINKS):
        for archive, is_named in _archive(node, page, controls):
            found.setdefault(archive.url, archive)
            if is_named:
                named.add(archive.url)
    periods = {one.period for one in found.values() if one.period}
    if len(periods) <= 1:
        found = {url: one for url, one in found.items() if url in named}
    return newest_first(found.values())[:MAX_ARCHIVES]


def reached_by(page: Listing) -> dt.date | None:
    """The day that the end of a list reaches, or None if its rows have no dates.

    It is the newest day of the last three rows, so that an old release that is pinned among newer
    ones does not count.
    """
    days = [item.published.day for item in page.items if item.published]
    return max(days[-LAST_ROWS:], default=None)


def not_newer(archives: Iterable[ArchiveLink], day: dt.date | None) -> Iterator[ArchiveLink]:
    """The archives that may list releases older than ``day``."""
    for archive in archives:
        if not (day and archive.period) or archive.period <= day.isoformat()[: len(archive.period)]:
            yield archive


def is_older(archive: ArchiveLink, than: ArchiveLink) -> bool:
    """Whether an archive lies before another; one without a period lies before and after any."""
    return not (archive.period and than.period) or _order(archive) < _order(than)


def newest_first(archives: Collection[ArchiveLink]) -> tuple[ArchiveLink, ...]:
    """Archives in order of their periods, a year before its months; those without one come last."""
    return tuple(sorted(archives, key=_order, reverse=True))


def _order(archive: ArchiveLink) -> str:
    return archive.period if len(archive.period) != len("2026") else f"{archive.period}-13"


def _archive(
    node: etree._Element, page: Page, controls: Controls
) -> Iterator[tuple[ArchiveLink, bool]]:
    """The archive that a link leads to, and whether it is one without others beside it."""
    label = controls.label(node)
    if not label or len(label) > MAX_LABEL or not (period := period_in(label)):
        return
    address = controls.target(node)
    if not address or not _is_beside(page.url, address) or leads_to_file(address):
        return
    around = names_around(node, 4)
    if _CALENDAR.search(around) or is_numbered(address):
        return
    when, says_archive = period.when, period.says_archive
    if period.month and not when:
        when = _with_month(address, period.month)
        if not when:
            return
    relation = _relation(page.url, address)
    is_below = relation == _CLOSE
    if is_below or (
        not _CATEGORY.search(page.url) and (relation or (when and _NAMED.search(around)))
    ):
        yield ArchiveLink(address, when, is_below), says_archive or is_below


class _Period:
    """What the label of an archive says: a year or a month, and whether it is called an archive."""

    __slots__ = ("month", "says_archive", "when")

    def __init__(self, when: str, month: int, *, says_archive: bool) -> None:
        self.when = when
        self.month = month
        self.says_archive = says_archive


@lru_cache(maxsize=4096)  # the pages of one listing have the same archives
def period_in(label: str) -> _Period | None:
    """The period that a whole label names; None if it may be the label of something else."""
    text = fold_date(label[:MAX_LABEL]).strip()
    text = _COUNT.sub("", text) or text
    year = month = 0
    for pattern in _PERIODS:
        if (match := pattern.search(text)) and (year := gregorian_year(int(match["y"]))):
            groups = match.groupdict()
            month = int(groups.get("m") or 0)
            if month > 12 or (groups.get("z") and int(groups["z"]) != int(match["y"]) + 1):  # noqa: PLR2004 - months
                year = month = 0
                continue
            text = f"{text[: match.start()]} {text[match.end() :]}"
            break
    if _DIGITS.search(text):
        return None
    is_archive = is_older = is_news = False
    for part in filter(None, _PARTS.split(text)):
        word = part.removeprefix("ال") or part
        number = month_of(part)
        if number and not month:
            month = number
            continue
        if not _is_word(word):
            return None
        is_archive = is_archive or word in ARCHIVES or any(map(word.__contains__, _LONG_ARCHIVES))
        is_older = is_older or _is_stem(word, OLDER)
        is_news = is_news or _is_stem(word, NEWS)
    # "Older" alone is a link to the next page.
    says_archive = is_archive or (is_older and is_news)
    if not (year or month or says_archive):
        return None
    when = f"{year}-{month:02}" if year and month else str(year or "")
    return _Period(when, month, says_archive=says_archive)


_LONG_ARCHIVES: Final = frozenset(
    stem for stem in ARCHIVES if len(stem) > MIN_STEM or not stem.isascii()
)
"""Stems that are archives inside longer words too."""


def _is_stem(word: str, stems: Collection[str]) -> bool:
    """Whether a word is one of the stems, or one with an ending."""
    if word in stems:
        return True
    sizes = range(max(MIN_STEM, len(word) - MAX_ENDING), len(word))
    return any(word[:size] in stems for size in sizes)


def _is_made_of_words(word: str) -> bool:
    """Whether a compound, or a text without spaces, consists of words of archives alone."""
    reached = {0}
    for start in range(len(word)):
        if start in reached:
            reached.update(
                end
                for end in range(start + 1, min(len(word), start + 20) + 1)
                if word[start:end] in _STEMS
                or word[start:end] in _PIECES
                or (start and word[start:end] in {"s", "n", "en", "er", "e"})
            )
    return len(word) in reached


def gregorian_year(number: int) -> int:
    """The year that a number of four digits means in some calendar in use, or 0."""
    if 1950 <= number <= 2100:  # noqa: PLR2004 - years of press releases
        return number
    if 2440 <= number <= 2643:  # noqa: PLR2004 - the same in the Thai calendar
        return number - 543
    if 1330 <= number <= 1430:  # noqa: PLR2004 - the same in the Iranian calendar
        return number + 621
    return 0


def _with_month(address: str, month: int) -> str:
    """A month of the year that an address names, or empty."""
    year = year_in_address(address)
    stated = _MONTH_IN_ADDRESS.search(address)
    if stated and int(stated[1]) != month:
        return ""
    return f"{year}-{month:02}" if year else ""


def year_in_address(address: str) -> str:
    """The first year that an address names, or empty."""
    parts = urlsplit(address)
    match = _YEAR_IN_ADDRESS.search(f"{parts.path}?{parts.query}")
    return match[1] if match else ""


def _is_beside(here: str, address: str) -> bool:
    """Whether an address is another page of the same host."""
    mine, other = urlsplit(here), urlsplit(address)
    if mine.netloc and other.netloc.lower() != mine.netloc.lower():
        return False
    same = (mine.path.rstrip("/") or "/") == (other.path.rstrip("/") or "/")
    return not (same and mine.query == other.query)


_CLOSE, _RELATED = 2, 1


def _relation(here: str, address: str) -> int:
    """How closely the address of an archive is related to that of a listing; 0 if it is not."""
    mine, other = (unquote(urlsplit(url).path) for url in (here, address))
    own = _FILE_NAME.sub("", mine).rstrip("/")
    if mine == other or (own and other.startswith(f"{own}/")):
        return _CLOSE
    undated = (
        _DIGITS.sub("0", _FILE_NAME.sub("", mine)),
        _DIGITS.sub("0", _FILE_NAME.sub("", other)),
    )
    if undated[0] == undated[1] and mine != other:
        return _CLOSE
    stem = own.rstrip("0123456789-_/")
    if len(stem) > MIN_STEM and other.startswith(stem):
        return _CLOSE
    dated = _ONLY_PERIOD.fullmatch(other)
    if (dated and own.startswith(dated[1] or "")) or _is_archive_path(other):
        return _RELATED
    above = own.rpartition("/")[0]
    if above and year_in_address(own) and other.startswith(f"{above}/"):
        return _CLOSE
    return 0


def _is_archive_path(path: str) -> bool:
    """Whether a part of a path consists of the words of an archive: ``/news-archive/``."""
    return any(
        _ARCHIVE_PATH.search(part)
        and all(_is_word(word) for word in filter(None, _PARTS.split(_DIGITS.sub(" ", part))))
        for part in _FILE_NAME.sub("", fold_date(path)).split("/")
    )


def _is_word(word: str) -> bool:
    return word in _EXACT or _is_stem(word, _STEMS) or _is_made_of_words(word)


def covers(archive: ArchiveLink, items: Collection[ListingItem]) -> bool | None:
    """Whether the dates of a page's items lie in the period of an archive; None if none tells."""
    years = [str(item.published.day.year) for item in items if item.published]
    years = years or [year for item in items if (year := year_in_address(item.url))]
    if not (archive.period and years):
        return None
    wanted = int(archive.period[:4])
    near = sum(abs(int(year) - wanted) <= YEAR_TOLERANCE for year in years)
    return 2 * near >= len(years)


def lists_releases(
    archive: ArchiveLink, page: Listing, families: Collection[tuple[str, str, tuple[str, ...]]]
) -> bool:
    """Whether the page of an archive lists releases of the same list.

    ``families`` are the patterns of addresses that the list has had so far (url_pattern). A page
    with other addresses must have dates in the period of the archive.
    """
    if any(url_pattern(item.url) in families for item in page.items):
        return True
    told = covers(archive, page.items)
    if told is not None:
        return told
    dated = sum(item.published is not None for item in page.items)
    return 2 * dated >= max(len(page.items), 1)
