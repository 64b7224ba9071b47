"""Parse the labels of links to archives: a year, a month, several years, or a whole listing."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from data.dates.calendars import ERAS
from data.dates.months import month_of
from data.text.folding import fold_date
from spiders.listing.paging.labels import MIN_STEM, label_words

MAX_LABEL: Final = 60
"""Maximum length of the label of an archive link, in characters."""

STEMS: Final = ("archive.archive", "archive.older", "archive.news")
"""Keys of words that may have endings. Words with other keys take no endings."""

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

_DECADE: Final = re.compile(r"(?<!\d)(?:19|20)\d0['’]?s(?!\w)")
_YEARS: Final = re.compile(r"(?<!\d)(\d{4})\s?[-/–—~]\s?(\d{4})(?!\d)")
_PERIODS: Final = (
    # The first and last day of a week: "02.11.2026 – 08.11.2026".
    re.compile(
        r"\d{1,2}[./-](?P<m>\d{1,2})[./-](?P<y>\d{4})\s?[-–—~]\s?\d{1,2}[./-]\d{1,2}[./-]\d{4}"
    ),
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
    text = _ERA.sub(lambda era: str(ERAS[era[1]] + (1 if era[2] == "元" else int(era[2]))), text)
    text = _TAIWAN_YEAR.sub(lambda found: str(int(found[1]) + ERAS["民國"]), text)
    text, has_range = _without_range(text)
    without_part = _part_of_year().sub(" ", text)
    year, month, rest = _numbers_in(without_part)
    if _DIGITS.search(rest) or (without_part != text and not year):
        return None
    months = [month] if month else []
    kinds = _words_in(rest, months)
    if kinds is None or (len(months) > 1 and not year):
        return None
    is_open = has_range or ("before" in kinds and year > 0)
    month = months[0] if len(months) == 1 and not is_open else 0
    # A link labeled only "Older" leads to the next page, not to an archive.
    says_archive = "archive" in kinds or {"older", "news"} <= kinds or is_open
    is_whole = {"all", "news"} <= kinds and not (year or month or says_archive)
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


def _words_in(text: str, months: list[int]) -> set[str] | None:
    """Return the kinds of words in a label, or None if any word is unrelated to archives.

    Kinds are "archive", "older", "news", "all" (the whole listing) and "before". Up to two months
    are added to ``months``.
    """
    kinds: set[str] = set()
    for part in filter(None, PARTS.split(text)):
        word = part.removeprefix("ال") or part
        number = month_of(part)
        if number and len(months) < 2:  # noqa: PLR2004 - the first and last month of a range
            months.append(number)
        elif word in label_words("archive.before"):
            kinds.add("before")
        elif is_word(word):
            # Long words and words in other scripts mean an archive even inside longer words.
            archives = label_words("archive.archive")
            inner = (stem for stem in archives if len(stem) > MIN_STEM or not stem.isascii())
            if word in archives or any(map(word.__contains__, inner)):
                kinds.add("archive")
            kinds.update(
                kind for kind in ("older", "news") if is_stem(word, label_words(f"archive.{kind}"))
            )
            if word in label_words("archive.whole_listing"):
                kinds.add("all")
        else:
            return None
    return kinds


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
    stems = "|".join(sorted(label_words("archive.part_of_year")))
    seasons = "|".join(sorted(label_words("archive.season"), key=len, reverse=True))
    weeks = "|".join(sorted(label_words("archive.week"), key=len, reverse=True))
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
    reached, stems, linking = {0}, label_words(*STEMS), label_words("archive.linking")
    periods = label_words("archive.period")
    for start in range(len(word)):
        if start in reached:
            reached.update(
                end
                for end in range(start + 1, min(len(word), start + 20) + 1)
                if (part := word[start:end]) in stems
                or part in linking
                # The German "Jahresbericht" is a report, not an archive.
                or (part in periods and not part.isascii())
                or (start and part in {"s", "n", "en", "er", "e"})
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
    complete = label_words("archive.linking", "archive.period")
    return word in complete or is_stem(word, label_words(*STEMS)) or _is_made_of_words(word)
