"""Dates that no pattern of ours knows: "yesterday", "3 hours ago", rare languages."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from functools import lru_cache
from typing import Any

from data.date_order import Order
from data.models import zone_of
from data.months import fold

_TODAY = (
    "today heute aujourd’hui aujourd'hui hoy hoje oggi vandaag dziś dzisiaj dnes сегодня "
    "сьогодні днес данас danas bugün bugun bu·gün бүгін اليوم امروز היום σήμερα ma tänään "
    "i·dag idag azi astăzi šiandien šodien täna დღეს այսօր आज আজ วันนี้ hari·ini hôm·nay "
    "今天 今日 本日 오늘 сёння avui sot danes"
)
_YESTERDAY = (
    "yesterday gestern hier ayer ontem ieri gisteren wczoraj včera вчера вчора јуче juče "
    "dün dünən кеше kecha أمس امس دیروز אתמול χθες χτες tegnap eilen i·går igår ieri vakar "
    "eile გუშინ երեկ গতকাল เมื่อวาน เมื่อวานนี้ kemarin hôm·qua 昨天 昨日 어제 ўчора ahir dje "
    "včeraj jučer"
)
_DAYS_AGO = {
    fold(word.replace("·", " ")): days
    for days, words in enumerate((_TODAY, _YESTERDAY))
    for word in words.split()
}
_LONGEST = 60
_CLOCK = re.compile(r"[\s,]{1,2}\D{0,8}\d{1,2}[:.h]\d\d.{0,12}")
_NO_SENSE = re.compile(r"[\d\W_]*$|.*\d\s?[-/.]\s?\d", re.DOTALL)


@lru_cache(maxsize=4096)
def parse_rest(
    text: str, zone: str, order: Order | None, languages: tuple[str, ...], now: dt.datetime
) -> dt.date | None:
    """The day that dateparser reads in a short text, in ``zone``, or None."""
    today = now.astimezone(zone_of(zone)).date()
    word = _CLOCK.sub("", fold(text)).strip(" .,:!|")
    if word in _DAYS_AGO:
        return today - dt.timedelta(days=_DAYS_AGO[word])
    if len(text) > _LONGEST or _NO_SENSE.match(text):
        return None
    return _dateparser(text, zone, order, languages, now)


def _dateparser(
    text: str, zone: str, order: Order | None, languages: tuple[str, ...], now: dt.datetime
) -> dt.date | None:
    import dateparser  # noqa: PLC0415 - takes a third of a second, and most pages never need it

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
    tags = sorted({tag.partition("-")[0].lower() for tag in languages}) or None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its own use of deprecated calls
            found = dateparser.parse(text, languages=tags, settings=settings)
    except Exception:  # noqa: BLE001 - a hostile text may meet any bug of a large parser
        return None
    return found.date() if found else None
