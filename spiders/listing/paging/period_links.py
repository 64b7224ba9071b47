"""Find the archives that a listing page links to: years, months, or all older releases."""

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from lxml import etree

from data.models import ArchiveLink
from data.text.folding import fold_date
from spiders.items import Listing, ListingItem
from spiders.listing.paging.archive_labels import MAX_LABEL, PARTS, is_word, period_in
from spiders.listing.paging.controls import Controls
from spiders.listing.paging.labels import MIN_STEM
from spiders.listing.paging.page_numbers import is_numbered
from spiders.page.class_hints import names_around
from spiders.page.links import url_pattern
from spiders.page.media_files import leads_to_file
from spiders.page.page import Page

MAX_ARCHIVES: Final = 600
"""Maximum number of archives per page: the monthly archives of fifty years."""

LAST_ROWS: Final = 3
"""Number of rows at the end of a listing page whose dates show the age of its oldest releases."""

YEAR_TOLERANCE: Final = 1
"""Maximum difference in years between a release's year and its archive's year. School years and
financial years span two calendar years."""

_LINKING_TAGS: Final = frozenset(("a", "option", "button"))
"""Tags of controls that may lead to an archive."""

_YEAR_IN_ADDRESS: Final = re.compile(
    r"(?:^|[/=._-])((?:19|20)\d\d)(?:[/._-]?(0[1-9]|1[0-2])(?!\d))?(?=$|[/?&#._-])"
)
_MONTH_IN_ADDRESS: Final = re.compile(
    r"(?:[?&](?:month|mon|monat|mois|mes|mese|maand|m)=|/(?:19|20)\d\d/)(\d{1,2})(?!\d)"
)
_CALENDAR: Final = re.compile(
    r"calendar|kalend|calendr|datepicker|event|agenda|termin|veranstalt", re.IGNORECASE
)
_ARCHIVE_NAME: Final = re.compile(
    r"archiv|arhiv|arkiv|arquiv|arsiv|arxiv|year|jahr|annee|rocnik|(?:^|[\s_-])(?:yil|god|anno|anos?)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_ARCHIVE_PATH: Final = re.compile(
    r"archiv|archyv|arhiv|arhiiv|arkiv|arkist|arquiv|arsiv|arxiv|arkhiv|older|previous|past"
)
_CATEGORY_URL: Final = re.compile(
    r"/(?:categor\w{1,5}|kategor\w{1,5}|tags?|topics?|authors?|autor\w{0,3}|themen?|rubri\w{1,5})/"
    r"|[?&](?:cat|tag|author|category|topic)=",
    re.IGNORECASE,
)
"""Pattern of URLs of listings by category, tag or author. Archives of the whole site do not belong
to such a listing."""

_ONLY_PERIOD: Final = re.compile(r"(/[\w-]{1,40}){0,2}?(?:/[a-z]{2})?/(?:19|20)\d\d(?:/\d{1,2})?/?")
_DIGITS: Final = re.compile(r"\d+")
_FILE_NAME: Final = re.compile(r"/(?:index|default|home)\.\w{2,5}$|\.\w{2,5}$")

_CLOSE, _RELATED = 2, 1


def archives_of(page: Page, controls: Controls | None = None) -> tuple[ArchiveLink, ...]:
    """Return the archives that a listing page links to, newest first.

    Archives without a period come last. An archive is a link or option with a URL on the same host.
    Its label is a year, a month, or words such as "News archive". Its URL must be related to the
    listing's URL. Pass ``controls`` to reuse the parsed controls of the page.
    """
    controls = controls or Controls(page)
    found: dict[str, ArchiveLink] = {}
    named: set[str] = set()
    for node in controls.nodes:
        if node.tag not in _LINKING_TAGS:
            continue
        for archive, is_named in _archive(node, page, controls):
            found.setdefault(archive.url, archive)
            if is_named:
                named.add(archive.url)
    periods = {one.period for one in found.values() if one.period}
    if len(periods) <= 1:
        found = {url: one for url, one in found.items() if url in named}
    return newest_first(found.values())[:MAX_ARCHIVES]


def reached_by(page: Listing) -> dt.date | None:
    """Return the date at the end of a listing page, or None if its last rows have no dates.

    This is the newest date in the last three rows, so that a single old release among newer ones is
    ignored.
    """
    days = [item.published.day for item in page.items if item.published]
    return max(days[-LAST_ROWS:], default=None)


def not_newer(archives: Iterable[ArchiveLink], day: dt.date | None) -> Iterator[ArchiveLink]:
    """Yield the archives that may list releases from ``day`` or earlier.

    Archives without a period are included, and all archives if ``day`` is None.
    """
    for archive in archives:
        if not (day and archive.period) or archive.period <= day.isoformat()[: len(archive.period)]:
            yield archive


def is_older(archive: ArchiveLink, than: ArchiveLink) -> bool:
    """Whether ``archive`` covers an earlier period than ``than``, or either period is unknown."""
    return not (archive.period and than.period) or _order(archive) < _order(than)


def newest_first(archives: Collection[ArchiveLink]) -> tuple[ArchiveLink, ...]:
    """Sort archives by period, newest first.

    A yearly archive comes before the months of the same year. Archives without a period come last.
    """
    return tuple(sorted(archives, key=_order, reverse=True))


def _order(archive: ArchiveLink) -> str:
    return archive.period if len(archive.period) != len("2026") else f"{archive.period}-13"


def _archive(
    node: etree._Element, page: Page, controls: Controls
) -> Iterator[tuple[ArchiveLink, bool]]:
    """Yield the archive that a control leads to, and whether it is valid on its own.

    If not, it is valid only together with other archives on the page.
    """
    label = controls.label(node)
    if not label or len(label) > MAX_LABEL or not (period := period_in(label)):
        return
    address = controls.target(node) or (period.when and period.month and controls.by_get(node))
    if not address or not _is_beside(page.url, address) or leads_to_file(address):
        return
    around = names_around(node, 4)
    if _CALENDAR.search(around) or is_numbered(address):
        return
    when = period.when
    if period.month and not when and not (when := _with_month(address, period.month)):
        return
    if period.is_whole and not _is_in_folder(page.url, address):
        return
    relation = _relation(page.url, address)
    is_below = relation == _CLOSE
    if is_below or (
        not _CATEGORY_URL.search(page.url) and (relation or (when and _ARCHIVE_NAME.search(around)))
    ):
        yield ArchiveLink(address, when, is_below), period.says_archive or is_below


def _with_month(address: str, month: int) -> str:
    """Return a month with the year in a URL, such as ``2026-03``.

    Returns an empty string if the URL contains no year or a different month.
    """
    year, stated = year_in_address(address), _MONTH_IN_ADDRESS.search(address)
    is_other = stated is not None and int(stated[1]) != month
    return f"{year}-{month:02}" if year and not is_other else ""


def year_in_address(address: str) -> str:
    """Return the first year in a URL, or an empty string."""
    parts = urlsplit(address)
    match = _YEAR_IN_ADDRESS.search(f"{parts.path}?{parts.query}")
    return match[1] if match else ""


def _is_beside(here: str, address: str) -> bool:
    """Whether ``address`` is on the same host as ``here`` but is a different page."""
    mine, other = urlsplit(here), urlsplit(address)
    if mine.netloc and other.netloc.lower() != mine.netloc.lower():
        return False
    same = (mine.path.rstrip("/") or "/") == (other.path.rstrip("/") or "/")
    return not (same and mine.query == other.query)


def _is_in_folder(here: str, address: str) -> bool:
    """Whether ``address`` is below ``here`` and has no query.

    Example: */press/all/* is below */press/*.
    """
    mine, other = (urlsplit(url) for url in (here, address))
    folder = _FILE_NAME.sub("", mine.path).rstrip("/")
    inside = other.path.rstrip("/").startswith(f"{folder}/")
    return bool(folder) and inside and not other.query


def _relation(here: str, address: str) -> int:
    """Return how closely an archive's URL is related to the listing's URL.

    The result is `_CLOSE`, `_RELATED`, or 0 (unrelated).
    """
    mine, other = (unquote(urlsplit(url).path) for url in (here, address))
    own = _FILE_NAME.sub("", mine).rstrip("/")
    if mine == other or (own and other.startswith(f"{own}/")):
        return _CLOSE
    undated = {_DIGITS.sub("0", _FILE_NAME.sub("", path)) for path in (mine, other)}
    if len(undated) == 1:
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
    """Whether one segment of a URL path consists of archive words, as in ``/news-archive/``."""
    return any(
        _ARCHIVE_PATH.search(part)
        and all(map(is_word, filter(None, PARTS.split(_DIGITS.sub(" ", part)))))
        for part in _FILE_NAME.sub("", fold_date(path)).split("/")
    )


def covers(archive: ArchiveLink, items: Collection[ListingItem]) -> bool | None:
    """Whether at least half of the items' dates are in the period of an archive.

    If no item has a date, the years in the items' URLs are used. Returns None if the archive has no
    period, or if no item has a date or year.
    """
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
    """Whether an archive page lists releases of the same listing.

    ``families`` contains the URL patterns (`url_pattern`) of the listing's releases found so far.
    If no URL on the page matches them, the dates of the items must be in the archive's period. If
    the archive has no period, at least half of the items must have a date.
    """
    if any(url_pattern(item.url) in families for item in page.items):
        return True
    covered = covers(archive, page.items)
    if covered is not None:
        return covered
    dated = sum(item.published is not None for item in page.items)
    return 2 * dated >= max(len(page.items), 1)
