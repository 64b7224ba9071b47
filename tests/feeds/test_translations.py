"""Pages speak the language of the site, with dates, numbers and names as it writes them."""

from __future__ import annotations

from importlib.resources import files
from typing import get_args, get_type_hints

import pytest

from data.models import Facet
from data.settings import Site
from feeds.catalog import Catalog
from feeds.pages.facet_page import facet_page
from feeds.pages.renderer import PageRenderer
from feeds.translations import Texts, texts_of

AZ, EN = texts_of("az"), texts_of("en")


@pytest.mark.parametrize(
    ("texts", "period", "said"),
    [
        (EN, "2022-11-24", "24 November 2022"),
        (EN, "2022-11", "November 2022"),
        (EN, "2022", "2022"),
        (AZ, "2022-11-24", "24 noyabr 2022"),
        (AZ, "2022-11", "noyabr 2022"),
        (EN, "2022-13-99", "2022-13-99"),
        (EN, "", ""),
        (EN, "<b>", "<b>"),
    ],
)
def test_a_period_is_told_as_people_say_it(texts: Texts, period: str, said: str) -> None:
    assert texts.spoken(period) == said


def test_numbers_and_languages_are_named() -> None:
    assert (EN.number(1234567), AZ.number(1234567)) == ("1,234,567", "1.234.567")
    assert (EN.language_name("az"), AZ.language_name("az")) == ("Azerbaijani", "azərbaycan")
    assert EN.language_name("x-no such") == "x-no such"


def test_a_text_without_a_translation_is_said_in_english() -> None:
    assert AZ.gettext("Of %(what)s", what="this") == "Of this"
    assert EN.ngettext("%(num)s thing", "%(num)s things", 1) == "1 thing"
    assert EN.ngettext("%(num)s thing", "%(num)s things", 1200) == "1,200 things"


def test_the_setting_knows_every_catalogue() -> None:
    found = {one.name for one in (files("feeds") / "locale").iterdir() if one.is_dir()}
    hint = get_type_hints(Site, include_extras=True)["language"]
    assert {*get_args(get_args(hint)[0])} == found | {"en"}


def test_pages_are_in_the_language_of_the_site() -> None:
    catalog = Catalog("https://site.example", "Site", {}, {}, language="az")
    page = facet_page(PageRenderer(catalog, {Facet(): 1}), Facet(period="2022-11-24"), []).decode()
    assert '<html lang="az" dir="ltr">' in page
    assert "24 noyabr 2022" in page
