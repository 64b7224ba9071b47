"""Releases that are sections of a page, and pages whose sections are none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from urllib.parse import quote

import pytest

from data.dates.context import DateContext
from spiders.listing.read import PAGE_PARTS, read_listing
from spiders.page.page import Page
from spiders.page_parts.find_parts import FoundPart, find_parts
from spiders.release.read import read_release
from tests.spiders.page_parts.pages import (
    SITES,
    Said,
    Site,
    anchored,
    article,
    bootstrap,
    chapter,
    definition,
    details,
    entry,
    flat,
    modal,
    panel,
    row,
)

READING = DateContext("Europe/Oslo", now=dt.datetime(2026, 7, 1, tzinfo=dt.UTC))
URL = "https://weir.example/news"


def found(html: str) -> tuple[FoundPart, ...]:
    """The sections of a page."""
    return find_parts(Page(URL, html.encode()), READING)


CASES: list[tuple[str, Callable[[Said, int], str], str]] = [
    ("en", bootstrap, "c{}"),
    ("ar", bootstrap, "c{}"),
    ("ja", bootstrap, "c{}"),
    ("de", details, "n-{}"),
    ("hi", details, "n-{}"),
    ("th", details, "n-{}"),
    ("ru", modal, "m{}"),
    ("ko", modal, "m{}"),
    ("fr", anchored, "item{}"),
    ("el", anchored, "item{}"),
    ("he", article, "press-{}"),
    ("zh", article, "press-{}"),
    ("tr", definition, ""),
]


@pytest.mark.parametrize(
    ("lang", "markup", "anchor"), CASES, ids=[f"{lang}-{one.__name__}" for lang, one, _ in CASES]
)
def test_each_section_with_heading_date_and_text_is_a_release_at_its_fragment(
    lang: str, markup: Callable[[Said, int], str], anchor: str
) -> None:
    site = SITES[lang]
    html = site.page([markup(one, 7 + 3 * place) for place, one in enumerate(site.said)])
    listing = read_listing(Page(URL, html.encode()), READING)
    assert listing.rule == PAGE_PARTS
    assert [
        (item.title, item.published.iso if item.published else "") for item in listing.items
    ] == [(one.title, one.day) for one in site.said]
    for place, (item, said) in enumerate(zip(listing.items, site.said, strict=True)):
        text = quote(said.title, safe="").replace("-", "%2D")
        fragment = anchor.format(7 + 3 * place) if anchor else f":~:text={text}"
        assert item.url == f"{URL}#{fragment}"
        read = read_release(Page(item.url, html.encode()), READING).content
        assert (read.title, read.published and read.published.iso) == (said.title, said.day)
        assert said.text in read.body_text
        others = [one.title for one in site.said if one is not said]
        assert not any(title in read.body_text for title in others)
        files = [f"https://weir.example/files/{7 + 3 * place}.pdf"] if anchor else []
        assert [file.url for file in read.attachments] == files


def test_the_id_of_a_section_takes_precedence_over_that_of_its_control() -> None:
    site = SITES["en"]
    sections = [
        f'<section id="r{place}">{bootstrap(one, place)}</section>'
        for place, one in enumerate(site.said)
    ]
    assert [one.url for one in found(site.page(sections))] == [f"{URL}#r{n}" for n in range(3)]


def test_an_id_shared_by_two_sections_identifies_neither() -> None:
    site = SITES["en"]
    urls = [one.url for one in found(site.page([details(one, 1) for one in site.said]))]
    assert len(set(urls)) == 3
    assert all("#:~:text=" in url for url in urls)


def test_panels_of_years_are_not_releases_and_those_in_them_are() -> None:
    site = SITES["en"]
    inner = "".join(bootstrap(one, place) for place, one in enumerate(site.said))
    year = (
        '<h2><button data-bs-toggle="collapse" data-bs-target="#y2026">2026</button></h2>'
        f'<div id="y2026" class="collapse">{inner}</div>'
    )
    assert [one.title for one in found(site.page([year]))] == [one.title for one in site.said]


def test_short_sections_are_releases_if_a_table_of_contents_lists_them() -> None:
    site = SITES["fr"]
    contents = "".join(f'<li><a href="#k{n}">{one.title}</a>' for n, one in enumerate(site.said))
    sections = [
        f'<h2 id="k{n}">{one.title}</h2><p>{one.date}</p><p>{one.text}</p>'
        for n, one in enumerate(site.said)
    ]
    assert len(found(site.page(sections, f"<ul>{contents}</ul>"))) == 2
    assert not found(site.page(sections))


@pytest.mark.parametrize("lang", [*SITES])
def test_headings_within_a_text_are_not_its_title_and_do_not_end_it(lang: str) -> None:
    site = SITES[lang]
    for markup in (panel, chapter):
        sections = found(site.page([markup(one, n) for n, one in enumerate(site.said)]))
        assert [one.title for one in sections] == [one.title for one in site.said]
        assert [one.published.iso for one in sections] == [one.day for one in site.said]
        for section, said in zip(sections, site.said, strict=True):
            text = "".join(map(str, section.content.itertext()))
            assert text.count(said.text) == (2 if markup is panel else 3)
            assert said.text[:9] in [node.text for node in section.content.iter("h2")]


@pytest.mark.parametrize("lang", ["en", "zh", "ar"])
def test_a_heading_without_an_anchor_between_two_with_one_does_not_end_a_section(lang: str) -> None:
    site = SITES[lang]
    end = "<h2>Contact</h2><p>The desk is open from nine to noon.</p>"
    sections = found(site.page([*(flat(one, n) for n, one in enumerate(site.said)), end]))
    texts = ["".join(map(str, one.content.itertext())) for one in sections]
    for place, said in enumerate(site.said[:-1]):
        assert texts[place].count(said.text) == 3
    assert not any("noon" in text for text in texts)


@pytest.mark.parametrize("lang", ["en", "ru", "ja"])
def test_the_label_that_all_buttons_share_is_not_a_title(lang: str) -> None:
    site = SITES[lang]
    rows = "".join(row(one, n) for n, one in enumerate(site.said))
    sections = found(site.page([f"<table>{rows}</table>"]))
    assert [one.title for one in sections] == [one.title for one in site.said]


@pytest.mark.parametrize("lang", [*SITES])
def test_entries_below_headings_with_their_days_have_their_permanent_addresses(lang: str) -> None:
    site = SITES[lang]
    html = site.page([entry(one, n) for n, one in enumerate(site.said)])
    listing = read_listing(Page(URL, html.encode()), READING)
    assert [
        (item.url, item.title, item.published and item.published.iso) for item in listing.items
    ] == [
        (f"https://weir.example/log/{one.day.replace('-', '/')}#e{n}", one.title, one.day)
        for n, one in enumerate(site.said)
    ]
    sections = found(html)
    assert all("9:30" not in "".join(map(str, one.content.itertext())) for one in sections)
    # The page of the permanent address has one entry.
    item = listing.items[0]
    alone = site.page([entry(site.said[0], 0)]).encode()
    (again,) = read_listing(Page(item.url.partition("#")[0], alone), READING).items
    assert (again.url, again.title) == (item.url, item.title)


def test_entries_of_one_day_and_of_the_days_after_it_have_their_own_days() -> None:
    site = SITES["de"]
    first, *rest = site.said
    same = entry(rest[0], 1).removeprefix(f"<h2>{rest[0].date}</h2>")
    sections = found(site.page([entry(first, 0), same, entry(rest[1], 2)]))
    assert [one.published.iso for one in sections] == [first.day, first.day, rest[1].day]


def test_the_parts_of_minutes_and_of_lists_of_changes_are_not_releases() -> None:
    site = SITES["en"]
    days = [
        f"<h2>{one.date}</h2>"
        + "".join(
            f'<h3 id="{name}-{place}">{name}</h3><p>{one.text} {one.text} {one.text}</p>'
            for name in ("Attendance", "Decisions", "Questions")
        )
        for place, one in enumerate(site.said)
    ]
    assert not found(site.page(days))


def question(said: Said, number: int) -> str:
    """A question with its answer, which has no date."""
    return details(said, number).replace(f'<span class="date">{said.date}</span> |', "")


def teaser(said: Said, number: int) -> str:
    """The beginning of a release that has a page of its own."""
    return (
        f'<article id="post-{number}"><h2><a href="/2026/{number}/">{said.title}</a></h2><p>'
        f"{said.date}</p><p>{said.text}</p><p>{said.text}</p></article>"
    )


def card(said: Said, number: int) -> str:
    """The same, with the link below."""
    return (
        f'<div id="post-{number}"><h3>{said.title}</h3><p>{said.date}</p><p>{said.text * 3}</p>'
        f'<a href="/2026/{number}/">…</a></div>'
    )


def documents(said: Said, number: int) -> str:
    """A row of a list of documents, which says little more than its title."""
    return (
        f'<li id="doc-{number}"><h3>{said.title}</h3><span>{said.date}</span>'
        f'<a href="/files/{number}.pdf">PDF, 2 MB</a></li>'
    )


@pytest.mark.parametrize("markup", [question, teaser, card, documents])
@pytest.mark.parametrize("lang", ["en", "ru", "zh"])
def test_questions_teasers_and_documents_are_not_sections(
    lang: str, markup: Callable[[Said, int], str]
) -> None:
    site = SITES[lang]
    html = site.page([markup(one, place) for place, one in enumerate(site.said)])
    assert not found(html)
    assert read_listing(Page(URL, html.encode()), READING).rule != PAGE_PARTS


def test_panels_that_contain_lists_of_documents_are_not_releases() -> None:
    site = SITES["en"]
    rows = "".join(
        f'<li>{one.date} <a href="/files/{n}.pdf">{one.title}</a>'
        for n, one in enumerate(site.said)
    )
    panels = [
        f'<h2><button data-bs-toggle="collapse" data-bs-target="#p{name}">Minutes {name}</button>'
        f'</h2><div id="p{name}" class="collapse"><p>{site.said[0].text}</p><ul>{rows}</ul></div>'
        for name in ("north", "south")
    ]
    assert not found(site.page(panels))


def test_a_visible_list_of_dated_pages_is_preferred_to_sections() -> None:
    site: Site = SITES["de"]
    rows = "".join(
        f'<li><span>{30 - n}.06.2026</span> <a href="/presse/{n}">Pegel an Wehr {n}</a></li>'
        for n in range(10)
    )
    sections = [details(one, n) for n, one in enumerate(site.said)]
    html = site.page(sections, f'<ul class="news">{rows}</ul>')
    assert len(read_listing(Page(URL, html.encode()), READING).items) == 10
