"""A listing page gives its releases: the right links, titles and dates, and nothing else."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from data.dates.context import DateContext
from spiders.items import Listing
from spiders.listing.paging.labels import label_of
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.sources.source_file import ListingRules
from tests.examples import examples, thorough

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
URL = "http://press.example/news/"
MENU = "".join(f'<li><a href="/menu/{n}">Department of matters {n}</a></li>' for n in range(30))
FRAME = """<html><body><div class="top"><ul>{menu}</ul></div><div id="main">{body}</div>
<div class="box"><a href="/a">Annual report of the year</a> <a href="/b">Plan of the coming year</a>
</div><div id="footer"><a href="/imprint">Imprint of this site</a> 2022</div></body></html>"""
TITLES = ("New bridge opened in the north", "Minister meets port authority", "Budget adopted")


def read(body: str, rules: ListingRules | None = None, zone: str = "UTC") -> Listing:
    html = FRAME.format(menu=MENU, body=body)
    return read_listing(
        Page(URL, html.encode(), "text/html"), DateContext(zone=zone, now=NOW), rules
    )


def rows(page: Listing) -> list[tuple[str, str, str | None]]:
    return [
        (
            item.url.removeprefix("http://press.example"),
            item.title,
            item.published.iso if item.published else None,
        )
        for item in page.items
    ]


EXPECTED = [
    ("/r/1", TITLES[0], "2022-11-24"),
    ("/r/2", TITLES[1], "2022-11-20"),
    ("/r/3", TITLES[2], "2022-11-18"),
]
DAYS = ("24", "20", "18")

LIST = "".join(
    f'<div class="card"><a href="/r/{n}">{title}</a> {day}.11.2022</div>'
    for n, (title, day) in enumerate(zip(TITLES, DAYS, strict=True), 1)
)

LAYOUTS = {
    "cards": '<div class="card"><h3><a href="/r/{n}">{title}</a></h3><i>{day}.11.2022</i></div>',
    "a card that is one link": '<a class="card" href="/r/{n}"><p>{day} November 2022</p>'
    "<h3>{title}</h3>"
    "<p>It was a long day for all who took part in it, the office said on Monday.</p></a>",
    "definition list": '<dt>{day}.11.2022</dt><dd><a href="/r/{n}">{title}</a></dd>',
    "breaks": '{day}.11.2022 <a href="/r/{n}">{title}</a><br>',
    "date after the link": '<p><a href="/r/{n}">{title}</a></p><p>{day} noyabr 2022</p>',
    "table": '<tr class="row{n}"><td>{day}.11.2022</td><td><a href="/r/{n}">{title}</a></td></tr>',
    "alternating rows": '<tr class="shade{n}"><td>{day}/11/2022</td><td>Press</td>'
    '<td><a href="/r/{n}">{title}</a></td></tr>',
    "calendar leaf": '<li><b>{day}</b><i>Nov</i><u>2022</u><a href="/r/{n}">{title}</a></li>',
    "time element": '<article><a href="/r/{n}">{title}</a><time datetime="2022-11-{day}">…</time>'
    "</article>",
    "title beside a generic link": '<div class="r"><h4>{title}</h4><em>{day} ноября 2022</em>'
    '<a href="/r/{n}">Read more</a></div>',
    "several links": '<div class="r"><a href="/r/{n}"><img alt="" src="x"></a>'
    '<a href="/t/x">Events</a>'
    '<a href="/r/{n}">{title}</a> {day}.11.2022 <a href="/r/{n}">Read more</a></div>',
    "opened by a script": """<div class="r" onclick="location.href='/r/{n}'"><h3>{title}</h3>
    {day} Nov 2022</div>""",
    "Persian": '<li><a href="/r/{n}">{title}</a> <span>{jalali} آذر ۱۴۰۱</span></li>',
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_releases_are_found_in_every_layout(layout: str) -> None:
    jalali = ("۳", "۲۹ آبان ۱۴۰۱ ", "۲۷ آبان ۱۴۰۱ ")
    body = "".join(
        LAYOUTS[layout].format(n=n, title=title, day=day, jalali=moon)
        for n, (title, day, moon) in enumerate(zip(TITLES, DAYS, jalali, strict=True), 1)
    )
    if layout in {"table", "alternating rows"}:
        body = f"<table><tr><th>Date</th><th>Title</th></tr>{body}</table>"
    page = read(body)
    assert rows(page) == EXPECTED
    assert page.confidence > 0.5
    assert not page.reasons


def test_a_date_that_heads_several_releases_is_theirs() -> None:
    body = "".join(
        f"<h3>{day} November 2022</h3><ul><li><a href='/r/{day}1'>{TITLES[0]} {day}</a></li>"
        f"<li><a href='/r/{day}2'>{TITLES[1]} {day}</a></li></ul>"
        for day in DAYS
    )
    assert [(url, day) for url, _, day in rows(read(body))] == [
        (f"/r/{day}{n}", f"2022-11-{day}") for day in DAYS for n in (1, 2)
    ]


def test_days_without_a_year_take_it_from_the_heading() -> None:
    body = "".join(
        f"<h2>{year}</h2>"
        + "".join(
            f"<div><span>Nov {day}</span> <a href='/r/{year}/{day}'>{TITLES[0]} {day}</a></div>"
            for day in DAYS
        )
        for year in (2022, 2021)
    )
    found = rows(read(body))
    assert [day for _, _, day in found] == [f"{y}-11-{d}" for y in (2022, 2021) for d in DAYS]


def test_days_without_any_year_give_releases_without_dates() -> None:
    body = "".join(
        f"<div><span>Nov {day}</span> <a href='/r/{day}'>{TITLES[0]} {day}</a></div>"
        for day in DAYS
    )
    page = read(body)
    assert [(url, day) for url, _, day in rows(page)] == [(f"/r/{day}", None) for day in DAYS]
    assert page.reasons


def test_one_unambiguous_date_settles_the_order_of_its_column() -> None:
    columns = ("03/24/22", "03/04/22", "02/01/22")
    body = "".join(
        f"<li>{day} <a href='/r/{n}'>{title}</a></li>"
        for n, (title, day) in enumerate(zip(TITLES, columns, strict=True))
    )
    assert [day for _, _, day in rows(read(body))] == ["2022-03-24", "2022-03-04", "2022-02-01"]


def test_an_order_that_nothing_settles_leaves_the_dates_out() -> None:
    body = "".join(f"<li>0{n}/04/22 <a href='/r/{n}'>{TITLES[0]} {n}</a></li>" for n in (1, 2, 3))
    assert {day for _, _, day in rows(read(body))} <= {None}


def test_a_single_release_is_a_list_too() -> None:
    body = f"<div class='item'><a href='/r/1'>{TITLES[0]}</a><span>24.11.2022</span></div>"
    assert rows(read(body)) == EXPECTED[:1]


def test_a_menu_alone_is_not_a_listing() -> None:
    page = read("<p>No news today.</p>")
    assert page.items == ()
    assert page.reasons


def test_rows_with_postback_links_use_another_link_of_the_row() -> None:
    body = "".join(
        f"""<tr><td>{day}.11.2022</td><td>
        <a href="javascript:__doPostBack('c$l','{day}')">{title}</a></td>
        <td><a href="/r/{n}">PDF</a></td></tr>"""
        for n, (title, day) in enumerate(zip(TITLES, DAYS, strict=True), 1)
    )
    assert rows(read(f"<table>{body}</table>")) == EXPECTED


def test_declared_selectors_win_with_items_and_in_pairs() -> None:
    body = "".join(
        f"<div class='n'><a class='t' href='/r/{n}'>{title}</a><i>{day}.11.2022</i></div>"
        for n, (title, day) in enumerate(zip(TITLES, DAYS, strict=True), 1)
    )
    relative = ListingRules(item="div.n", link="a.t", title="a.t::text", published="i")
    paired = ListingRules(link="a.t::attr(href)", title="a.t", published="div.n i::text")
    assert rows(read(body, relative)) == EXPECTED
    assert rows(read(body, paired)) == EXPECTED
    nothing = read(body, ListingRules(link="a.gone"))
    assert nothing.items == ()
    assert "match no link" in nothing.reasons[0]


def test_noon_in_utc_beside_a_day_alone_claims_no_hour() -> None:
    body = "".join(
        f"<div class='n'><a href='/r/{n}'>{title}</a>"
        f"<time datetime='2022-11-{day}T12:00:00Z'>{day} November 2022</time></div>"
        for n, (title, day) in enumerate(zip(TITLES, DAYS, strict=True), 1)
    )
    declared = ListingRules(item="div.n", link="a", title="a::text", published="time")
    for rules in (None, declared):
        assert rows(read(body, rules, zone="Pacific/Auckland")) == EXPECTED


def test_captions_of_cases_are_named_as_they_are_cited() -> None:
    captions = ("State, Respondent, vs. A. Smith, Appellant.", "B. Jones, et al. v. City of X")
    body = "".join(
        f"<li>{day}.11.2022 <a href='/r/{day}'>{caption}</a></li>"
        for day, caption in zip(DAYS, captions, strict=False)
    )
    assert [title for _, title, _ in rows(read(body))] == [
        "State v. A. Smith",
        "B. Jones v. City of X",
    ]


def test_a_title_in_a_separate_row_above_the_record_is_its_title() -> None:
    body = "".join(
        f"""<tr><td colspan="2"><b>{title}</b></td></tr><tr><td><b>Office:</b> <i>Press and more</i>
        <b>Date:</b> <i>{day}.11.2022</i></td><td><a href="/r/{n}">PDF</a></td></tr>"""
        for n, (title, day) in enumerate(zip(TITLES, DAYS, strict=True), 1)
    )
    assert rows(read(f"<table>{body}</table>")) == EXPECTED


def test_a_featured_release_above_the_list_belongs_to_it() -> None:
    lead = "<div><h2><a href='/r/9'>Bridge is the longest</a></h2><em>25.11.2022</em></div>"
    other = "<div class='event'><a href='/events/5'>Open day of the office</a> 26.11.2022</div>"
    body = "".join(
        f"<li>{day}.11.2022 <a href='/r/{n}'>{title}</a></li>"
        for n, (title, day) in enumerate(zip(TITLES, DAYS, strict=True), 1)
    )
    found = rows(read(f"{other}{lead}<ul>{body}</ul>"))
    assert found == [("/r/9", "Bridge is the longest", "2022-11-25"), *EXPECTED]


@pytest.mark.thorough
def test_dates_are_searched_in_a_limited_number_of_texts() -> None:
    vain = "<p>lot 12.5 of the pier</p>" * 20_002
    assert [row[2] for row in rows(read(vain[:350_000] + LIST)) if row[2]]
    assert not [row[2] for row in rows(read(vain + LIST)) if row[2]]


@pytest.mark.parametrize(
    "row",
    [
        '<h3><a href="/r/{n}">{title}</a></h3><a href="/r/{n}">Weiterlesen<i>: {title}</i></a>',
        '<h3>{title}</h3><a href="/r/{n}">Devamını oku: {title}</a>',
        '<a href="/r/{n}">{title}</a> <a href="/r/{n}" title="Läs hela: {title}"><img src="x"></a>',
    ],
)
def test_what_leads_on_from_each_title_is_not_part_of_it(row: str) -> None:
    body = "".join(
        f"<div class='card'><b>{day}.11.2022</b>{row.format(n=n, title=title)}</div>"
        for n, (title, day) in enumerate(zip(TITLES, DAYS, strict=True), 1)
    )
    assert rows(read(body)) == EXPECTED


@pytest.mark.parametrize(
    "row",
    [
        "<li><a href=/f/{n}.pdf>{title} (PDF, 120 KB)</a> {day}</li>",
        "<li><a href=/f/{n}.docx>{title} [Word, 1.2 MB]</a> {day}</li>",
        "<li><a href='/get?file={n}.pdf'>{title} (1,2 MB)</a> {day}</li>",
        "<li><a href=/r/{n}>{day} – {title}</a></li>",
        "<li><a href=/r/{n}>{day}: {title}</a></li>",
        "<li><a href=/r/{n}>{title} ({day})</a></li>",
        "<div><p>{title}</p><i>{day}</i><a href=/r/{n}>More<b> about {title}</b></a></div>",
    ],
)
def test_dates_notes_on_files_and_leads_are_not_part_of_titles(row: str) -> None:
    titles = ["Bridge closes for repairs", "Six villages get a library", "Ferry timetable is out"]
    rows = "".join(
        row.format(n=n, title=title, day=f"{n + 10} November 2022")
        for n, title in enumerate(titles)
    )
    assert [item.title for item in read(f"<ul>{rows}</ul>").items] == titles


def test_a_date_stays_in_titles_that_differ_only_in_it() -> None:
    rows = "".join(
        f"<li><a href=/r/{n}>Minutes of the meeting, {n + 10} November 2022</a></li>"
        for n in range(4)
    )
    assert len({item.title for item in read(f"<ul>{rows}</ul>").items}) == 4
    rows = "".join(
        f"<li><a href=/r/{n}>Figures of harbour {n} (January to March)</a> {n + 10}.11.2022</li>"
        for n in range(4)
    )
    assert read(f"<ul>{rows}</ul>").items[0].title == "Figures of harbour 0 (January to March)"


def test_a_word_at_the_beginning_of_some_titles_is_kept() -> None:
    said = ("Correction: budget adopted", "Budget of the port adopted", "Minister meets the pilots")
    body = "".join(
        f"<div class='card'><b>{day}.11.2022</b><h3>{title.partition(': ')[2]}</h3>"
        f"<a href='/r/{day}'>{title}</a></div>"
        for title, day in zip(said, DAYS, strict=True)
    )
    assert [title for _, title, _ in rows(read(body))] == [*said]


ROW = '<li class="row"><span class="date">{}</span> <a href="{}">{}</a></li>'


def test_a_row_with_an_invalid_or_no_date_is_a_release_if_its_link_fits_the_list() -> None:
    lines = [
        ("24 November 2022", "/r/pier-4", "Fourth pier is lit again"),
        ("31 February 2022", "/r/pier-3", "Third pier is closed"),
        ("", "/r/pier-2", "Second pier gets a crane"),
        ("", "/r/pier-2", "Read more"),
        ("", "/r/pier-1", "Read more"),
        ("", "/tides/all", "Tables of the tides"),
        *((f"{n} November 2022", f"/r/{n}", f"Ships of week {n}") for n in range(20, 10, -1)),
    ]
    page = read("<ul>" + "".join(ROW.format(*line) for line in lines) + "</ul>")
    assert rows(page)[:4] == [
        ("/r/pier-4", "Fourth pier is lit again", "2022-11-24"),
        ("/r/pier-3", "Third pier is closed", None),
        ("/r/pier-2", "Second pier gets a crane", None),
        ("/r/20", "Ships of week 20", "2022-11-20"),
    ]
    assert len(page.items) == 13
    assert page.passed == ("http://press.example/tides/all",)


def test_a_listing_that_scripts_draw_is_read_from_the_state_of_the_page() -> None:
    posts = [
        {"title": title, "path": f"/r/{n}", "publishedAt": f"2022-11-{day}"}
        for n, (title, day) in enumerate(zip(TITLES, DAYS, strict=True), 1)
    ]
    state = json.dumps(
        {"props": {"pageProps": {"posts": posts, "menu": [{"url": "/a", "name": "A"}]}}}
    )
    for script in (
        f'<script id="__NEXT_DATA__" type="application/json">{state}</script>',
        f"<script>window.__INITIAL_STATE__ = {state}; start();</script>",
    ):
        page = read(f"<div id='app'></div>{script}")
        assert rows(page) == EXPECTED
        assert "render = true" in page.reasons[0]


def test_one_date_of_a_definition_list_holds_for_all_that_it_heads() -> None:
    body = "".join(
        f"<dt>11月{day}日（水曜日）</dt><dd><a href='/r/{day}1'>図書館の時間を延長します</a></dd>"
        for day in DAYS
    ).replace("</dd><dt>", "</dd><dd><a href='/r/242'>人事異動について</a></dd><dt>", 1)
    found = rows(read(f"<h2>令和4年11月</h2><dl>{body}</dl>"))
    assert [(url, day) for url, _, day in found] == [
        ("/r/241", "2022-11-24"),
        ("/r/242", "2022-11-24"),
        ("/r/201", "2022-11-20"),
        ("/r/181", "2022-11-18"),
    ]


def test_the_time_in_a_row_below_a_dated_heading_is_kept() -> None:
    body = "".join(
        f"<tr><th colspan=2>{day} ноября 2022</th></tr><tr><td>17:40</td>"
        f"<td><a href='/r/{n}'>{title}</a></td></tr>"
        for n, (title, day) in enumerate(zip(TITLES, DAYS, strict=True), 1)
    )
    assert [day for _, _, day in rows(read(f"<table>{body}</table>", zone="Asia/Tomsk"))] == [
        f"2022-11-{day}T17:40:00+07:00" for day in DAYS
    ]


def test_the_image_of_a_badge_is_not_part_of_a_title() -> None:
    body = "".join(
        f"<li>{day}.11.2022 <a href='/r/{n}'>{title} <img src='new.gif' alt='NEW'></a></li>"
        for n, (title, day) in enumerate(zip(TITLES, DAYS, strict=True), 1)
    )
    assert rows(read(f"<ul>{body}</ul>")) == EXPECTED


def test_words_that_all_links_share_make_no_title() -> None:
    body = "".join(
        f"""<tr><td>{title}</td><td>{day}.11.2022</td>
        <td><a href="/r/{n}">No. {n} (opens in a new window)</a></td></tr>"""
        for n, (title, day) in enumerate(zip(TITLES * 2, DAYS * 2, strict=True), 1)
    )
    assert [title for _, title, _ in rows(read(f"<table>{body}</table>"))] == [*TITLES * 2]


HOSTILE = {
    "empty": b"",
    "binary": random.Random(7).randbytes(100_000),
    "nested tags": b"<div>" * 100_000 + b"<a href=/x>Some release here 1 May 2022</a>",
    "nested links": b"<span><a href=/x>r " * 100_000,
    "many links": b"".join(
        b"<li><a href=/r/%d>Release number %d of a list</a> 1 May 2022" % (n, n)
        for n in range(4_000)
    ),
    "long text": b"<p>" + b"word 12 " * 2_400_000,
    "long attributes": b"<a href='" + b"x" * 9_000_000 + b"'>a</a><p class='" + b"c " * 4_000_000,
    "many dates": b"<td>" + b"1.2.2022 " * 400_000,
}


LARGE = ("many links", "nested links", "long text", "long attributes")


@pytest.mark.parametrize(
    "name",
    [one for one in HOSTILE if one not in LARGE] + thorough(*LARGE),
)
def test_hostile_pages_give_a_result_or_a_reason(name: str) -> None:
    page = read_listing(Page(URL, HOSTILE[name], "text/html"), DateContext("UTC", now=NOW))
    assert page.items or page.reasons


@examples(60)
@given(st.data())
def test_mutated_pages_give_items_of_the_web_or_a_reason(data: st.DataObject) -> None:
    body = FRAME.format(menu=MENU, body=LAYOUTS["several links"]).encode()
    cut = sorted(data.draw(st.lists(st.integers(0, len(body)), min_size=2, max_size=6)))
    junk = data.draw(st.binary(max_size=40))
    mutated = body[: cut[0]] + junk + body[cut[1] :] + junk[::-1]
    page = read_listing(Page(URL, mutated, "text/html"), DateContext("Asia/Baku", now=NOW))
    assert page.items or page.reasons
    assert all(item.url.startswith(("http://", "https://")) for item in page.items)


def test_the_seed_has_four_releases_and_a_next_page() -> None:
    seed = Path(__file__).parents[4] / "shared" / "seed" / "site" / "en" / "news.html"
    if not seed.exists():
        pytest.skip("the shared corpora lie beside the project only where it is developed")
    url = "http://press.example/en/news.html"
    page = read_listing(
        Page(url, seed.read_bytes(), "text/html"), DateContext("Asia/Baku", now=NOW)
    )
    assert [day for _, _, day in rows(page)] == [f"2022-11-{day}" for day in (24, 22, 18, 14)]
    assert page.items[0].title.startswith("Opening ceremony of the conference")
    assert page.next == f"{url}?page=2"


def test_titles_that_are_not_captions_stay_as_the_page_shows_them() -> None:
    titles = ("Premiér v Praze vs. ministr, et", "Sparta vs Slavia (2023)", "Ministr v domě, No. 5")
    body = "".join(
        f"<li>{day}.11.2022 <a href='/r/{day}'>{title}</a></li>"
        for day, title in zip(DAYS, titles, strict=True)
    )
    assert tuple(title for _, title, _ in rows(read(body))) == titles


NAMED = (
    "New bridge opened in the north", "Minister meets the port authority", "Budget of 2026 adopted",
    "Ferry to the islands runs until midnight", "Pilots ask for a second lamp",
    "A winter without ice in the eastern basin", "School of navigation admits forty pupils",
)  # fmt: skip


def row(number: int) -> str:
    """A row of a list of releases."""
    title = f'<h3><a href="/n/{number}">{NAMED[number % len(NAMED)]}</a></h3>'
    return f"<li>{title}<i>{number} March 2026</i><p>More of it.</p></li>"


def test_lists_of_one_make_are_one_list_by_month() -> None:
    months = ((9, 8, 7, 6), (5, 4), (3,))
    lists = "".join(f"<h2>Part</h2><ul>{''.join(map(row, month))}</ul>" for month in months)
    found = read_listing(Page(URL, f"<body>{lists}</body>".encode()), DateContext("UTC", now=NOW))
    assert len(found.items) == 7


def test_two_digit_years_in_front_are_recognized_from_all_dates_of_the_list() -> None:
    days = [dt.date(2026, 11, 20) - dt.timedelta(days=9 * number) for number in range(20)]
    lines = "".join(
        f'<li><span>{day:%y-%m-%d}</span> <a href="/news/{n}">{TITLES[n % 3]} {n}</a></li>'
        for n, day in enumerate(days)
    )
    found = rows(read(f"<ul>{lines}</ul>", zone="Europe/Oslo"))
    assert [day for _, _, day in found] == [day.isoformat() for day in days]


@pytest.mark.thorough
def test_each_link_of_a_long_listing_is_resolved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved: list[str] = []

    def count(base: str, href: str) -> str:
        resolved.append(href)
        return urljoin(base, href)

    monkeypatch.setattr("spiders.page.links.urljoin", count)
    rows = "".join(
        f"<li><a href='long/{n}'>Notice {n} of ships at the pier</a> "
        f"<i>{n % 28 + 1} March 2026</i></li>"
        for n in range(1500)
    )
    page = Page(URL, f"<ul>{rows}</ul>".encode())
    assert len(read_listing(page, DateContext("UTC", now=NOW)).items) == 1500
    assert len(resolved) == 1500


def test_the_label_of_each_control_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read_labels: list[object] = []

    def count(node: etree._Element, *, is_rtl: bool = False) -> str:
        read_labels.append(node)
        return label_of(node, is_rtl=is_rtl)

    for module in ("controls", "pagination"):
        monkeypatch.setattr(f"spiders.listing.paging.{module}.label_of", count)
    rows = "".join(
        f"<li><i>{n % 28 + 1} March 2026</i> <a href='/news/{n}'>Notice {n} of ships</a></li>"
        for n in range(50)
    )
    years = "".join(f"<a href='/news/{year}/'>{year}</a>" for year in range(2000, 2026))
    page = Page(URL, f"<ul>{rows}</ul><p>{years}</p><button>Load more</button>".encode())
    listing = read_listing(page, DateContext("UTC", now=NOW))
    assert len(listing.archives) == 26
    assert [sign.text for sign in listing.signs] == ["Load more"]
    assert len(read_labels) == 50 + 26 + 1


def test_the_part_of_a_link_with_the_class_of_a_title_is_the_title() -> None:
    row = '<a href="/r/{n}"><b class="row-title">{title}</b> <i>It takes {n} years.</i></a>'
    body = "".join(
        f"<li>{row.format(n=n, title=title)} {day}.11.2022</li>"
        for n, (title, day) in enumerate(zip(TITLES, DAYS, strict=True), 1)
    )
    assert rows(read(f"<ul>{body}</ul>")) == EXPECTED


def test_a_label_with_the_class_of_a_title_is_not_the_title() -> None:
    body = "".join(
        f'<li><a href="/r/{n}"><b class="title">Press release</b> <i>{title}</i></a>'
        f" {day}.11.2022</li>"
        for n, (title, day) in enumerate(zip(TITLES, DAYS, strict=True), 1)
    )
    found = rows(read(f"<ul>{body}</ul>"))
    assert all(said.endswith(title) for (_, said, _), title in zip(found, TITLES, strict=True))


def test_a_listing_without_the_tags_of_head_and_body_is_read() -> None:
    items = "".join(
        f'<li><time datetime="2026-11-{20 - n}">{20 - n} Nov</time> <a href="/news/{n}">{title}</a>'
        for n, title in enumerate(TITLES)
    )
    html = f"<!doctype html><html><title>Press</title><main><h1>Press</h1><ul>{items}</ul></main>"
    page = read_listing(Page(URL, html.encode(), "text/html"), DateContext("UTC", now=NOW))
    assert [item.title for item in page.items] == [*TITLES]
