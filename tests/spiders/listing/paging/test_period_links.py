"""Archives of a listing are found by their labels and addresses, in many languages."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from data.models import ArchiveLink
from spiders.items import Listing, ListingItem
from spiders.listing.paging.archive_labels import period_in
from spiders.listing.paging.period_links import archives_of, lists_releases
from spiders.listing.read import read_listing
from spiders.page.links import url_pattern
from spiders.page.page import Page

URL = "https://quay.example/news/"
READING = DateContext(zone="UTC", now=dt.datetime(2026, 11, 25, tzinfo=dt.UTC))


def found(body: str, url: str = URL) -> dict[str, str]:
    """The periods of the archives on a page, by path and query, in order."""
    html = f"<html><meta charset=utf-8><body>{body}"
    archives = archives_of(Page(url, html.encode()))
    return {one.url.removeprefix("https://quay.example"): one.period for one in archives}


@pytest.mark.parametrize(
    ("label", "period"),
    [
        ("Spring 2019", "2019"), ("Herbst 2019", "2019"), ("2019年春", "2019"),
        ("осень 2019", "2019"), ("Winter 2019/20", "2019"), ("봄 2019", "2019"),
        ("KW 45/2019", "2019"), ("Week 5, 2019", "2019"), ("45. hét 2019", "2019"),
        ("2019-W45", "2019"), ("2019年第45周", "2019"), ("الأسبوع 45 2019", "2019"),
        ("04.11.2019 – 10.11.2019", "2019-11"),
        ("2019", "2019"), ("2019 (34)", "2019"), ("[2019]", "2019"), ("2019年", "2019"),
        ("2023年度", "2023"), ("2019년", "2019"), ("2019 год", "2019"), ("2019 рік", "2019"),
        ("Rok 2019", "2019"), ("Jahr 2019", "2019"), ("Año 2019", "2019"), ("٢٠١٩", "2019"),
        ("२०१९", "2019"), ("๒๕๖๒", "2019"), ("ปี 2562", "2019"), ("سال ۱۳۹۸", "2019"),
        ("Press releases 2019", "2019"), ("Communiqués de presse 2018", "2018"),
        ("Alle Meldungen 2021", "2021"), ("Всі новини за 2019 рік", "2019"), ("新闻 2019", "2019"),
        ("January 2024", "2024-01"), ("Januar 2024 (5)", "2024-01"), ("outubro de 2025", "2025-10"),
        ("2024年3月", "2024-03"), ("2024년 3월", "2024-03"), ("Ekim 2025", "2025-10"),
        ("03/2024", "2024-03"), ("2024-03", "2024-03"), ("2024. gada jūnijs", "2024-06"),
        ("News archive", ""), ("Nachrichtenarchiv", ""), ("Архів новин", ""), ("أرشيف الأخبار", ""),
        ("ニュースアーカイブ", ""), ("過去のお知らせ", ""), ("历史新闻", ""), ("지난 뉴스", ""),
        ("Haber Arşivi", ""), ("Αρχείο", ""), ("ארכיון חדשות", ""), ("Lưu trữ tin tức", ""),
        ("समाचार अभिलेख", ""), ("Starsze wiadomości", ""), ("Older news", ""), ("Uutisarkisto", ""),
        ("2024/25", "2024"), ("2024–25", "2024"), ("2024-2025", "2024"), ("FY2025", "2025"),
        ("令和8年", "2026"), ("令和元年度", "2019"), ("平成30年", "2018"),
        ("令和7年（2025年）", "2025"),
        ("民國114年", "2025"), ("114年", "2025"), ("Q1 2025", "2025"), ("2025 Q4", "2025"),
        ("4th quarter 2025", "2025"), ("1. Quartal 2025", "2025"), ("2025年第3季度", "2025"),
        ("4. čtvrtletí 2025", "2025"), ("III квартал 2025", "2025"), ("2. çeyrek 2025", "2025"),
        ("2. Halbjahr 2024", "2024"), ("July–December 2025", "2025"), ("2025: 34", "2025"),
        ("2025 – 34 releases", "2025"), ("2015–2019", ""), ("2010s", ""),
        ("Releases before 2020", ""), ("Meldungen bis 2019", ""), ("2019年以前", ""),
        ("View all press releases", ""), ("Alle Meldungen", ""),
        ("Hírarchívum", ""), ("Naujienų archyvas", ""), ("Previous press releases", ""),
    ],
)  # fmt: skip
def test_the_label_of_an_archive_names_its_period(label: str, period: str) -> None:
    read = period_in(label)
    assert read
    assert read.when == period


@pytest.mark.parametrize(
    "label",
    [
        "Annual report 2019", "Budget 2024", "2019 Meetings", "Past events", "Older", "News",
        "Contact", "Harbour plan 2019 adopted", "Jahresbericht 2019", "Конкурс 2019", "2019 3 4",
        "Q1", "January–June", "All events", "4 2019", "Strategy 2020–2024", "Before 9",
        "Spring", "Spring cleaning 2019", "Week 45", "Week of action 2019", "Fall of Rome 2019",
        "预算 2019", "Archives department of the town", "13/2024", "1789", "3",
    ],
)  # fmt: skip
def test_other_labels_are_not_archives(label: str) -> None:
    assert period_in(label) is None


YEARS = (2023, 2025, 2024)


@pytest.mark.parametrize(
    "address",
    [
        "/news/{}/", "/news/{}", "?year={}", "/news/?jahr={}", "/news/archive/{}.html",
        "/archiv/{}/", "/{}/", "/en/{}/", "/news-{}.html", "/news/list.php?y={}",
    ],
)  # fmt: skip
def test_years_are_found_in_addresses_beside_the_listing(address: str) -> None:
    links = "".join(f'<li><a href="{address.format(year)}">{year}</a></li>' for year in YEARS)
    assert [*found(f"<ul>{links}</ul>").values()] == ["2025", "2024", "2023"]


def test_a_drop_down_of_addresses_is_a_list_of_archives() -> None:
    options = "".join(f'<option value="/news/{year}/">{year}</option>' for year in YEARS)
    assert [*found(f"<select onchange=go()>{options}</select>")] == [
        "/news/2025/", "/news/2024/", "/news/2023/",
    ]  # fmt: skip


def test_years_are_visited_before_their_months() -> None:
    body = (
        '<a href="/news/2025/03/">March 2025</a><a href="/news/2025/">2025</a>'
        '<a href="/news/2025/11/">November 2025</a><a href="/news/old/">News archive</a>'
    )
    assert [*found(body).values()] == ["2025", "2025-11", "2025-03", ""]


def test_a_month_takes_its_year_from_the_address() -> None:
    names = ("ianuarie", "februarie", "martie")
    links = "".join(f'<a href="?y=2024&month={n}">{name}</a>' for n, name in enumerate(names, 1))
    assert [*found(links).values()] == ["2024-03", "2024-02", "2024-01"]


def test_any_address_is_accepted_in_a_control_that_is_named_for_years() -> None:
    links = "".join(f'<a href="/node/{553 + year}">{year}</a>' for year in YEARS)
    assert not found(f"<div>{links}</div>")
    assert len(found(f'<div class="year-tabs">{links}</div>')) == 3


def test_months_of_a_form_are_archives_at_the_addresses_that_it_requests() -> None:
    options = '<option value="2026-02">February 2026</option><option value="2026-01">January 2026'
    form = f'<form action="/news/"><select name="month" onchange="this.form.submit()">{options}'
    assert found(form) == {
        "/news/?month=2026-02": "2026-02",
        "/news/?month=2026-01": "2026-01",
    }


def test_the_whole_listing_is_an_archive_only_in_the_folder_of_the_page() -> None:
    link = '<a href="{}">All press releases</a>'
    assert found(link.format("/news/all/")) == {"/news/all/": ""}
    for address in ("/press/", "/news/?kind=all", "/news/all/?kind=3", "/"):
        assert not found(link.format(address))
    assert not found(link.format("/news/"), f"{URL}?category=3")


@pytest.mark.parametrize(
    "body",
    [
        '<a href="/reports/2025/">2025</a><a href="/reports/2024/">2024</a>',
        '<a href="/news/report-2025.pdf">2025</a><a href="/news/report-2024.pdf">2024</a>',
        '<a href="https://other.example/news/2025/">2025</a><a href="//b.example/2024/">2024</a>',
        '<a href="?page=2024">2024</a><a href="?page=2025">2025</a>',
        '<table class="calendar"><a href="/news/2026/10/">October 2026</a></table>',
        '<div class="event-nav"><a href="?m=10&year=2026">« October 2026</a></div>',
        '<a href="/archives-and-records/">Archives</a>',
        '<a href="#2025">2025</a><a href="#2024">2024</a>',
    ],
)  # fmt: skip
def test_years_of_something_else_are_not_archives_of_the_listing(body: str) -> None:
    assert not found(body, "https://quay.example/press/news/")


@pytest.mark.parametrize(
    ("language", "label"),
    [
        ("de", "Archiv"), ("cs", "Archiv zpráv"), ("uk", "Архів"), ("el", "Αρχείο νέων"),
        ("ar", "الأرشيف"), ("he", "ארכיון"), ("ja", "アーカイブ"), ("ko", "지난 소식"),
        ("th", "คลังข่าว"), ("ka", "არქივი"), ("hy", "Արխիվ"), ("hi", "समाचार अभिलेख"),
        ("tr", "Arşiv"), ("pt", "Arquivo de notícias"), ("zh", "往期新闻"), ("fa", "آرشیو اخبار"),
    ],
)  # fmt: skip
def test_a_link_to_the_archive_is_found_in_many_scripts(language: str, label: str) -> None:
    html = (
        f'<html lang="{language}"><meta charset="utf-8"><nav><a href="/">.</a></nav><main>'
        f'<p><a href="/news/archive/">{label}</a></p></main>'
    )
    archives = archives_of(Page(URL, html.encode()))
    assert archives == (ArchiveLink("https://quay.example/news/archive/"),)


def test_the_index_of_an_archive_lists_no_releases() -> None:
    rows = "".join(f'<li><a href="/arkhiv/{year}.html">{year} рік</a></li>' for year in YEARS)
    html = f'<html lang="uk"><meta charset=utf-8><h1>Архів новин</h1><ul>{rows}</ul>'
    listing = read_listing(Page("https://quay.example/arkhiv/", html.encode()), READING)
    assert listing.items == ()
    assert len(listing.archives) == 3


FRONT = "https://quay.example/news/2026/{}-lamp"


def item(url: str, year: int = 0) -> ListingItem:
    """A row of a listing, dated in a year."""
    html = f"<ul><li><a href='{url}'>The lamp on the mole is lit</a> 3 March {year}</ul>"
    dated = read_listing(Page(URL, html.encode()), READING).items
    return ListingItem(url, "The lamp on the mole is lit", dated[0].published if year else None)


@pytest.mark.parametrize(
    ("items", "belongs"),
    [
        ([item(FRONT.format(1))], True),
        (
            [item("https://quay.example/old/1.htm", 2019), item("https://quay.example/a", 2019)],
            True,
        ),
        ([item("https://quay.example/old/2019/1.htm")], True),
        ([item("https://quay.example/reports/1.htm", 2026)], False),
        ([item("https://quay.example/reports/1.htm")], False),
        ([], False),
    ],
)
def test_a_page_of_another_list_is_not_an_archive(
    items: list[ListingItem], *, belongs: bool
) -> None:
    families = {url_pattern(FRONT.format(2))}
    archive = ArchiveLink("https://quay.example/news/2019/", "2019")
    assert lists_releases(archive, Listing(URL, tuple(items)), families) is belongs
