"""Pages use the language of the site, with its formats of dates, numbers and names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from data.models import Facet
from data.settings import SiteSettings
from feeds import translations
from feeds.catalog import Catalog
from feeds.pages.facet_page import facet_page
from feeds.pages.renderer import PageRenderer, environment
from feeds.translations import Texts, texts_of

AZ, EN = texts_of("az"), texts_of("en")

ROOT = Path(translations.__file__).parent
Language = get_type_hints(SiteSettings)["language"]


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
def test_a_period_is_formatted_for_people(texts: Texts, period: str, said: str) -> None:
    assert texts.format_period(period) == said


def test_numbers_and_names_of_languages_are_localized() -> None:
    assert (EN.number(1234567), AZ.number(1234567)) == ("1,234,567", "1.234.567")
    assert (EN.language_name("az"), AZ.language_name("az")) == ("Azerbaijani", "azərbaycan")
    assert EN.language_name("x-no such") == "x-no such"


def test_a_text_without_a_translation_is_shown_in_english() -> None:
    assert AZ.gettext("Of %(what)s", what="this") == "Of this"
    assert EN.ngettext("%(num)s thing", "%(num)s things", 1) == "1 thing"
    assert EN.ngettext("%(num)s thing", "%(num)s things", 1200) == "1,200 things"


def test_names_are_sorted_by_the_alphabet_of_the_language() -> None:
    names = ["Fəvqəladə", "Fəlakət", "Feyziyə", "Çay", "Cəmi", "Işıq", "İdman", "Xəbər", "Hava"]
    assert sorted(names, key=AZ.collation_key) == [
        *("Cəmi", "Çay", "Feyziyə", "Fəlakət", "Fəvqəladə", "Hava", "Xəbər", "Işıq", "İdman")
    ]
    assert sorted(["b", "A", "a", "C"], key=EN.collation_key) == ["A", "a", "b", "C"]


def test_the_setting_allows_every_catalogue() -> None:
    found = {one.name for one in (ROOT / "locale").iterdir() if one.is_dir()}
    assert {*get_args(Language)} == found | {"en"}


def test_pages_are_in_the_language_of_the_site() -> None:
    catalog = Catalog("https://site.example", "SiteSettings", {}, {}, language="az")
    page = facet_page(PageRenderer(catalog, {Facet(): 1}), Facet(period="2022-11-24"), []).decode()
    assert '<html lang="az" dir="ltr">' in page
    assert "24 noyabr 2022" in page


def test_templates_group_the_digits_of_counts() -> None:
    template = environment(EN).from_string(
        '{{ ngettext("%(num)s release", "%(num)s releases", 6054) }}'
    )
    assert template.render() == "6,054 releases"


def extracted() -> set[object]:
    """Return all texts of pages, as pybabel extracts them."""
    with (ROOT / "locale" / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    return {
        message
        for folder in (ROOT, ROOT.parent / "data" / "search")
        for _, _, message, _, _ in extract_from_dir(
            str(folder), methods, options, keywords=DEFAULT_KEYWORDS
        )
    }


@pytest.mark.parametrize("language", sorted({*get_args(Language)} - {"en"}))
def test_every_text_is_translated_with_all_placeholders(language: str) -> None:
    file = ROOT / "locale" / language / "LC_MESSAGES" / "messages.po"
    with file.open("rb") as text:
        catalogue = {one.id: one for one in read_po(text, locale=language) if one.id}
    assert extracted() - catalogue.keys() == set(), "docs/contributing.md says how to add them"
    assert catalogue.keys() - extracted() == set(), "nothing says these any more"
    for one in catalogue.values():
        said = one.string if isinstance(one.string, tuple) else (one.string,)
        meant = one.id if isinstance(one.id, tuple) else (one.id,)
        assert all(said), one.id
        assert filled(*said) <= filled(*meant), one.id
        assert filled(*meant) - filled(*said) <= {"%(num)s"}, one.id


def filled(*texts: str) -> set[str]:
    """Return the placeholders in some texts."""
    return {found for text in texts for found in re.findall(r"%\(\w+\)s", text)}
