"""Our tables of months and of orders of day and month agree with the Unicode CLDR, as Babel has it.

What we leave out of it, or know better, is named here with the reason.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator

import pytest
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.languages import get_official_languages

from data.dates import day_order
from data.dates.context import DateContext
from data.dates.day_order import order_of_host, order_of_place
from data.dates.months import NAMES
from data.dates.parse import parse_date

OTHER_FORMS = {
    "ar": ("ar_DZ", "ar_EG", "ar_IQ", "ar_LB", "ar_MA", "ar_SY"),
    "fa": ("fa_AF",),
    "pt": ("pt_PT",),
    "sr": ("sr_Latn",),
    "uz": ("uz_Cyrl",),
}
"""Where and in which scripts a language has other names besides its usual ones."""

SHORT_WORDS = {"ms": "Ogo Dis", "sq": "shk pri qer korr gush sht tet nën dhj", "ca": "ag"}
"""Short forms that we leave out: in a text of another language they are words of it."""

COUNTRIES = {"uk": "GB"}
"""Domains that are called otherwise than the country."""


def names_of(language: str) -> Iterator[tuple[int, str]]:
    """The number of each month and a name of it, in full and short, alone and in a date."""
    for locale in map(Locale.parse, (language, *OTHER_FORMS.get(language, ()))):
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in locale.months[context][width].items():
                    yield number, name.strip(".׳॰")


@pytest.mark.parametrize("language", NAMES["gregorian"])
def test_every_month_that_the_cldr_names_is_read(language: str) -> None:
    left_out = SHORT_WORDS.get(language, "").split()
    for number, name in names_of(language):
        text = f"7 {name} 2021"
        if re.sub(r"^d(?:e |’)", "", name) not in left_out:
            found = parse_date(text, DateContext("UTC", languages=(language,)), "test")
            assert found is not None, text
            assert found.iso == f"2021-{number:02}-07", text


def order_in(locale: Locale) -> str:
    """The order of day, month and year in the short format of a locale: ``DMY``."""
    fields = re.sub(r"'[^']*'", "", locale.date_formats["short"].pattern)
    letters = (char.upper() for char in fields.replace("L", "M") if char in "dMy")
    return "".join(dict.fromkeys(letters))


def orders_of(country: str) -> set[str]:
    """The orders that the languages of a country have."""
    orders = set()
    for language in get_official_languages(country, de_facto=True):
        try:
            orders.add(order_in(Locale.parse(f"{language}_{country}")))
        except UnknownLocaleError:
            try:
                orders.add(order_in(Locale.parse(language)))
            except UnknownLocaleError:
                continue
    return orders


LANGUAGES = sorted(
    day_order.DAY_FIRST - {"fa"} | day_order.YEAR_FIRST | day_order.DAY_FIRST_ENGLISH
)


@pytest.mark.parametrize("language", [*LANGUAGES, "en-US", "en-PH"])
def test_the_order_of_a_language_is_that_of_the_cldr(language: str) -> None:
    assert order_of_place((language,), "UTC") == order_in(Locale.parse(language, sep="-"))


def test_the_order_of_a_zone_is_one_that_its_country_has() -> None:
    countries = get_global("zone_territories")
    known = [zone for zone in sorted(zoneinfo.available_timezones()) if zone in countries]
    assert len(known) > 300
    wrong = {
        zone: (order, orders)
        for zone in known
        if (order := order_of_place((), zone))
        and order not in (orders := orders_of(countries[zone]))
    }
    assert wrong == {}


def test_the_order_of_a_host_is_one_that_its_country_has() -> None:
    for domain in day_order.DAY_FIRST_HOSTS:
        assert order_of_host(f"press.{domain}") in orders_of(COUNTRIES.get(domain, domain.upper()))
