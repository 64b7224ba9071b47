"""Parsing of dates without a fixed pattern: "yesterday", "3 hours ago", and rare languages."""

import datetime as dt
import re
import warnings
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from data.clock import zone_of
from data.dates.context import Order
from data.languages.vocabulary import alternatives, vocabulary, words
from data.text.folding import fold_date

# Languages that dateparser tries if the language is unknown. Each one takes time for every text.
_COMMON = (
    "en", "de", "fr", "es", "pt", "it", "nl", "pl", "cs", "ru", "uk", "tr", "ar", "fa",
    "he", "el", "sv", "da", "nb", "fi", "hu", "ro", "bg", "id", "vi", "zh", "ja", "ko",
)  # fmt: skip
_MAX_TEXT_LENGTH = 60
_CLOCK = re.compile(r"[\s,]{1,2}\D{0,8}\d{1,2}[:.h]\d\d.{0,12}")
_YEAR = re.compile(r"(?<!\d)(?:1[3489]|2[056])\d\d(?!\d)")
_DAY = re.compile(r"(?<!\d)\d\d?(?!\d)")
_NO_SENSE = re.compile(r"[\d\W_]*$|.*\d\s?[-/.]\s?\d", re.DOTALL)


@cache
def _days_ago() -> Mapping[str, int]:
    """Map folded words for today and yesterday in all languages to 0 and 1."""
    today = {fold_date(word): 0 for word in words("dates.today")}
    return today | {fold_date(word): 1 for word in words("dates.yesterday")}


@cache
def _own_languages() -> Mapping[str, str]:
    """Map words for today or yesterday that mean something else elsewhere to their language.

    The words are folded. For example, French "hier" means "here" in German.
    """
    return {
        fold_date(word): tag for tag, one in vocabulary().items() for word in one.dates.ambiguous
    }


@cache
def _hint() -> re.Pattern[str]:
    """Return the pattern for folded texts that may be relative dates."""
    return re.compile(alternatives([*map(fold_date, words("dates.relative"))]))


def near_day(text: str, zone: str, languages: tuple[str, ...], now: dt.datetime) -> dt.date | None:
    """Return the day in ``zone`` that a word for today or yesterday means, or None."""
    word = _CLOCK.sub("", fold_date(text)).strip(" .,:!|")
    needed = _own_languages().get(word)
    days_ago = _days_ago().get(word)
    if days_ago is not None and (not needed or any(tag.startswith(needed) for tag in languages)):
        today = now.astimezone(zone_of(zone)).date()
        return today - dt.timedelta(days=days_ago)
    return None


def may_be_date(text: str) -> bool:
    """Return whether a short text contains a year and a day, or may be a relative date."""
    if len(text) > _MAX_TEXT_LENGTH or _NO_SENSE.match(text):
        return False
    folded = fold_date(text)
    return bool(_YEAR.search(folded) and _DAY.search(folded)) or is_relative(text)


def is_relative(text: str) -> bool:
    """Return whether a short text may be a relative date, such as "3 hours ago"."""
    folded = fold_date(text)
    return _CLOCK.sub("", folded).strip(" .,:!|") in _days_ago() or bool(_hint().search(folded))


@lru_cache(maxsize=4096)
def parse_slowly(
    text: str, zone: str, order: Order | None, languages: tuple[str, ...], now: dt.datetime
) -> dt.date | None:
    """Return the day that dateparser finds in a short text, or None. ``zone`` is the time zone.

    This takes up to 10 ms per text, so call this function only for texts that `may_be_date`
    accepts.
    """
    # Loading dateparser takes a third of a second, and few pages need it.
    import dateparser  # noqa: PLC0415
    from dateparser.data import languages_info  # noqa: PLC0415

    base = now.astimezone(zone_of(zone)).replace(tzinfo=None)
    settings: dict[str, Any] = {
        "RELATIVE_BASE": base,
        "REQUIRE_PARTS": ["day", "month", "year"],
        "PARSERS": ["relative-time", "absolute-time"],
        "RETURN_AS_TIMEZONE_AWARE": False,
        "NORMALIZE": True,
    }
    if order:
        settings["DATE_ORDER"] = order
    if not languages and not re.search(r"\d", text):
        return None
    known = languages_info.language_order
    tags = sorted({tag.partition("-")[0].lower() for tag in languages} & set(known))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # dateparser calls deprecated functions
            found = dateparser.parse(text, languages=tags or list(_COMMON), settings=settings)
    except Exception:  # noqa: BLE001 - a hostile text may trigger any bug in a large parser
        return None
    return found.date() if found else None
