"""Parse the labels of links to archives: a year, a month, several years, or a whole listing."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from data.dates.calendars import ERAS
from data.dates.months import month_of
from data.text.folding import fold_date
from spiders.listing.paging.labels import MIN_STEM, archive_labels

MAX_LABEL: Final = 60
"""Maximum length of the label of an archive link, in characters."""

MAX_ENDING: Final = 6
"""Maximum number of letters after the stem of an inflected word."""

_COUNT: Final = re.compile(
    r"\s{0,3}[\[(]\s?\d{1,5}\s?[\])]\s{0,3}$"
    r"|(?<=\d)(?:\s?:\s?\d{1,5}|\s[-–—]\s\d{1,5}(?=\s))(?=\s?[^\W\d]{0,20}$)"
)
"""Pattern that matches the number of releases in an archive's label: *2019 (34)*, *2019: 34*, *2019
– 34 releases*."""

_ERA: Final = re.compile(r"(令和|平成|昭和|民國|民国)\s?(\d{1,3}|元)(?=\s?年)")
_TAIWAN_YEAR: Final = re.compile(r"(?<!\d)(1[0-4]\d)(?=\s?年)")
"""Pattern of a year in Taiwan's calendar without the name of the era."""

_WEEK_DAYS: Final = re.compile(
    r"\d{1,2}[./-](?P<m>\d{1,2})[./-](?P<y>\d{4})\s?[-–—~]\s?\d{1,2}[./-]\d{1,2}[./-]\d{4}"
)
"""Pattern of the first and last day of a week: *02.11.2026 – 08.11.2026*."""

_DECADE: Final = re.compile(r"(?<!\d)(?:19|20)\d0['’]?s(?!\w)")
_YEARS: Final = re.compile(r"(?<!\d)(\d{4})\s?[-/–—~]\s?(\d{4})(?!\d)")
_PERIODS: Final = (
    _WEEK_DAYS,
    re.compile(r"(?<!\d)(?P<y>\d{4})\s?[年년](?:度|도)?(?:\s?(?P<m>\d{1,2})\s?[月월])?"),
    re.compile(r"(?<!\d)(?P<y>\d{4})\s?[-/]\s?(?P<z>\d{4})(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>\d{4})\s?[-/.]\s?(?P<m>\d{1,2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<m>\d{1,2})\s?[-/.]\s?(?P<y>\d{4})(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>\d{4})\s?[-/]\s?(?P<z>\d{2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>\d{4})(?!\d)"),
)
PARTS: Final = re.compile(r"[\s()\[\]{}:;,./|•·–—\-_»«›‹><→←\"'’&+]{1,20}")
"""Pattern of the characters between the words of an archive's label or URL."""

_DIGITS: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class ArchivePeriod:
    """The period that an archive link's label describes.

    ``when`` is a year or a month (ISO 8601), or empty if the label covers several years. ``month``
    is the number of the month, or 0. ``says_archive`` is true if the label contains a word for an
    archive, or several years. ``is_whole`` is true if the label means the whole listing, as in *All
    press releases*.
    """

    when: str
    month: int
    says_archive: bool
    is_whole: bool


@lru_cache(maxsize=4096)  # Cached because all pages of a listing link to the same archives.
def period_in(label: str) -> ArchivePeriod | None:
    """Parse the label of an archive link.

    Returns None if it has words unrelated to archives.
    """
    text = fold_date(label[:MAX_LABEL]).strip()
    text = _COUNT.sub("", text) or text
    text = _ERA.sub(_gregorian_of_era, text)
    text = _TAIWAN_YEAR.sub(lambda found: str(int(found[1]) + ERAS["民國"]), text)
    text, has_range = _without_range(text)
    without_part = _part_of_year().sub(" ", text)
    year, month, rest = _numbers_in(without_part)
    if _DIGITS.search(rest) or (without_part != text and not year):
        return None
    words = _words_in(rest, month)
    if words is None or (words.last_month and not year):
        return None
    is_open = has_range or (words.is_before and year > 0)
    month = 0 if words.last_month or is_open else words.month
    # A link labeled only "Older" leads to the next page, not to an archive.
    says_archive = words.is_archive or (words.is_older and words.is_news) or is_open
    is_whole = words.is_all and words.is_news and not (year or month or says_archive)
    if not (year or month or says_archive or is_whole):
        return None
    when = f"{year}-{month:02}" if year and month else str(year or "")
    return ArchivePeriod("" if is_open else when, month, says_archive or is_whole, is_whole)


def _numbers_in(text: str) -> tuple[int, int, str]:
    """Return the year and month in a label (0 if missing), and the label's text without them."""
    for pattern in _PERIODS:
        if (match := pattern.search(text)) and (year := gregorian_year(int(match["y"]))):
            groups = match.groupdict()
            month, second = int(groups.get("m") or 0), groups.get("z")
            if month > 12 or (second and not str(int(match["y"]) + 1).endswith(second)):  # noqa: PLR2004 - months
                continue
            rest = f"{text[: match.start()]} {text[match.end() :]}"
            return year, month, rest.replace(match["y"], " ")
    return 0, 0, text


@dataclass(slots=True)
class _Words:
    """The parsed words of an archive label. ``last_month`` is the second month of a range, or 0."""

    month: int
    last_month: int = 0
    is_before: bool = False
    is_archive: bool = False
    is_older: bool = False
    is_news: bool = False
    is_all: bool = False


def _words_in(text: str, month: int) -> _Words | None:
    """Parse the words of a label. Returns None if any word is unrelated to archives."""
    found, known = _Words(month), archive_labels()
    for part in filter(None, PARTS.split(text)):
        word = part.removeprefix("ال") or part
        number = month_of(part)
        if number and not found.month:
            found.month = number
        elif number and not found.last_month:
            found.last_month = number
        elif word in known.before:
            found.is_before = True
        elif is_word(word):
            is_long = any(map(word.__contains__, known.inner_archives))
            found.is_archive = found.is_archive or word in known.archives or is_long
            found.is_older = found.is_older or is_stem(word, known.older)
            found.is_news = found.is_news or is_stem(word, known.news)
            found.is_all = found.is_all or word in known.whole_listing
        else:
            return None
    return found


def _gregorian_of_era(found: re.Match[str]) -> str:
    year = 1 if found[2] == "元" else int(found[2])
    return str(ERAS[found[1]] + year)


def _without_range(text: str) -> tuple[str, bool]:
    """Remove a range of more than two years from a label.

    Returns the rest of the label's text, and whether a range was removed.
    """
    found = _DECADE.search(text) or _YEARS.search(text)
    if found is None:
        return text, False
    if found.re is _YEARS:
        first, last = (gregorian_year(int(year)) for year in found.groups())
        if not first or last <= first + 1:
            return text, False
    return f"{text[: found.start()]} {text[found.end() :]}", True


@cache
def _part_of_year() -> re.Pattern[str]:
    """Return the pattern of a quarter, half, season or week of a year."""
    known = archive_labels()
    stems = "|".join(sorted(known.parts_of_year))
    seasons = "|".join(sorted(known.seasons, key=len, reverse=True))
    weeks = "|".join(sorted(known.weeks, key=len, reverse=True))
    return re.compile(
        r"(?<!\w)(?:[qh][1-4]|[1-4][qh])(?!\w)"
        rf"|(?<!\w)(?:[1-4]|i{{1,3}}|iv)[\w.ºª°-]{{0,4}}\s?(?:{stems})\w{{0,6}}"
        r"|第?\s?[1-4一二三四上下]\s?(?:季度|四半期|분기|半期|半年)"
        rf"|(?<![^\W\d年년])(?:{seasons})(?![^\W\d])"
        rf"|(?<![^\W\d年년])(?:第\s?|{weeks})[\s.]{{0,2}}\d{{1,2}}(?!\d)(?:\s?(?:{weeks}))?"
        rf"|(?<!\d)\d{{1,2}}[.\s]{{0,2}}(?:{weeks})(?![^\W\d])"
        r"|(?<=\d{4}-)w\d\d(?!\d)"
    )


def is_stem(word: str, stems: Collection[str]) -> bool:
    """Whether a word is one of ``stems``, or one of them with an ending."""
    if word in stems:
        return True
    sizes = range(max(MIN_STEM, len(word) - MAX_ENDING), len(word))
    return any(word[:size] in stems for size in sizes)


def _is_made_of_words(word: str) -> bool:
    """Whether a compound word, or a text without spaces, consists only of archive words."""
    reached, known = {0}, archive_labels()
    for start in range(len(word)):
        if start in reached:
            reached.update(
                end
                for end in range(start + 1, min(len(word), start + 20) + 1)
                if word[start:end] in known.stems
                or word[start:end] in known.parts
                or (start and word[start:end] in {"s", "n", "en", "er", "e"})
            )
    return len(word) in reached


def gregorian_year(number: int) -> int:
    """Convert a four-digit Gregorian, Thai or Iranian year to a Gregorian year.

    Returns 0 for a year without press releases.
    """
    if 1950 <= number <= 2100:  # noqa: PLR2004 - years of press releases
        return number
    if 2440 <= number <= 2643:  # noqa: PLR2004 - the same in the Thai calendar
        return number - 543
    if 1330 <= number <= 1430:  # noqa: PLR2004 - the same in the Iranian calendar
        return number + 621
    return 0


@lru_cache(maxsize=4096)  # Cached because the labels of a site have many words in common.
def is_word(word: str) -> bool:
    """Whether a word may be in the label or URL of an archive."""
    known = archive_labels()
    return word in known.complete or is_stem(word, known.stems) or _is_made_of_words(word)
