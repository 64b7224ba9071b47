"""Our tables of months and of orders of day and month agree with the Unicode CLDR, as Babel has it.

What we leave out of it, or know better, is named here with the reason.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Iterator
from importlib.metadata import version

import pytest
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date
from babel.languages import get_official_languages
from babel.localedata import locale_identifiers

from data.dates import context
from data.dates.context import DateContext, order_of_host, order_of_place
from data.dates.months import CLDR_FILE
from data.dates.parse import parse_date
from data.languages.vocabulary import vocabulary
from docs.write_months import EDGES, PLACEHOLDER, renewed

SHORT_WORDS = {"ms": "Ogo Dis", "sq": "shk pri qer korr gush sht tet nën dhj", "ca": "ag"}
"""Short forms that we leave out: in a text of another language they are words of it."""

NOT_READ = {
    # Names that only marks tell apart, which folding drops, or that two months share.
    *("ccp", "cu", "dyo", "ff_Adlm"),
    # A point before each name; a script that Python counts among no letters.
    *("en_Shaw", "suz_Sunu"),
}
"""Locales of which some names of months are not read."""

OTHER_FORMATS = frozenset(
    "bo byn ccp ckb cu dz gez kgp kkj nnh prg rof syr tig tok tyv vo wal yo".split()  # noqa: SIM905 - words read better in a row
)
"""Languages whose dates have words of their own around the day, the month or the year."""

COUNTRIES = {"uk": "GB"}
"""Domains that are called otherwise than the country."""


OTHER_NAMES = {"ar_DZ", "ar_EG", "ar_IQ", "ar_LB", "ar_MA", "ar_SY", "fa_AF", "pt_PT"}
"""Regions where a language has other names besides its usual ones."""

LOCALES = OTHER_NAMES | {
    name for name in locale_identifiers() if len(name.partition("_")[2]) in {0, len("Latn")}
}
"""All languages of the CLDR, in all their scripts."""


def names_of(locale: Locale) -> Iterator[tuple[int, str]]:
    """The number of each month and a name of it, in full and short, alone and in a date."""
    for usage in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in locale.months[usage].get(width, {}).items():
                if not PLACEHOLDER.fullmatch(name):
                    yield number, name.strip(EDGES)


@pytest.mark.thorough
def test_every_month_that_the_cldr_names_is_read() -> None:
    for locale in sorted(LOCALES - NOT_READ):
        left_out = SHORT_WORDS.get(locale.partition("_")[0], "").split()
        context = DateContext("UTC", languages=(locale.replace("_", "-"),))
        for number, name in names_of(Locale.parse(locale)):
            if re.sub(r"^d(?:e |’)", "", name) in left_out:
                continue
            for text in (f"7 {name} 2021", f"{name} 7, 2021"):
                found = parse_date(text, context, "test")
                assert found is not None, (locale, text)
                assert found.iso == f"2021-{number:02}-07", (locale, text)


@pytest.mark.thorough
def test_a_date_that_the_cldr_writes_is_read() -> None:
    now = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    for locale in sorted({Locale.parse(name).language for name in LOCALES}):
        known = Locale.parse(locale)
        if locale in OTHER_FORMATS or PLACEHOLDER.fullmatch(known.months["format"]["wide"][1]):
            continue
        context = DateContext("UTC", languages=(locale,), now=now)
        for day in (dt.date(2021, 1, 7), dt.date(2021, 5, 23), dt.date(2020, 8, 19)):
            for width in ("long", "full"):
                text = format_date(day, width, locale=known)
                found = parse_date(text, context, "test")
                assert found is not None, (locale, text)
                assert found.day == day, (locale, text)


def test_the_names_of_other_languages_are_those_of_this_babel() -> None:
    text = CLDR_FILE.read_text("utf-8")
    if f"Babel {version('babel')}:" not in text:
        pytest.skip("cldr_months.txt was written by another version of Babel")
    assert text == renewed()


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


LANGUAGES = [tag for tag, one in vocabulary().items() if one.dates.order and tag != "fa"]
REGIONS = [
    f"{tag}-{region}"
    for tag, one in vocabulary().items()
    for region, order in one.dates.region_orders.items()
    if order != "uncertain"
]


def test_the_order_of_a_language_is_that_of_the_cldr() -> None:
    tags = [*LANGUAGES, *REGIONS]
    assert {tag: order_of_place((tag,), "UTC") for tag in tags} == {
        tag: order_in(Locale.parse(tag, sep="-")) for tag in tags
    }


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
    for domain in context.DAY_FIRST_HOSTS:
        assert order_of_host(f"press.{domain}") in orders_of(COUNTRIES.get(domain, domain.upper()))
