"""Which list of a page is its list of releases, and at what cost."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from data.dates.parse import DateReader
from spiders.listing.read import read_listing
from spiders.listing.region_candidates import Candidates
from spiders.listing.region_features import RegionPage
from spiders.listing.rows.dates import date_marks
from spiders.listing.rows.flat_page import flatten
from spiders.listing.rows.regions import find_regions
from spiders.page.page import Page
from tests.examples import thorough
from tests.listing_markup import SYSTEMS, posts, render_listing

READING = DateContext("Europe/Dublin", now=dt.datetime(2026, 8, 1, tzinfo=dt.UTC))


@pytest.mark.parametrize("system", [*SYSTEMS][:4] + thorough(*[*SYSTEMS][4:]))
def test_no_block_is_worth_more_than_it_promised_before_its_items_were_read(system: str) -> None:
    read = 0
    for dated in (True, False):
        url, text = render_listing(system, posts(), "everything", dated=dated)
        flat = flatten(Page(url, text.encode(), "text/html"))
        candidates = Candidates(flat, date_marks(flat, url, DateReader(READING)), RegionPage(url))
        for candidate in candidates.found:
            choice = candidates.choice(candidate)
            assert choice is None or choice.score <= candidate.most + 1e-9
            read += choice is not None
    assert read


def read(body: str) -> list[tuple[str, str | None]]:
    """The addresses and days of the items of a page."""
    html = f"<html><body>{body}</body></html>"
    page = read_listing(Page("https://court.example/", html.encode(), "text/html"), READING)
    return [
        (item.url.partition("example")[2], item.published.iso if item.published else None)
        for item in page.items
    ]


def test_a_dated_heading_row_may_have_its_own_link() -> None:
    head = (
        "<tr><td><strong>Filed: {day} May 2026<br><a href='/zip/{day}'>All opinions as one file</a>"
        "<br>Index: <a href='/index/{day}'>{day} May 2026</a></strong></td></tr>"
    )
    names = ["Carter", "Miller", "Pratt", "Wilson", "Howard", "Bozeman", "Hunt", "Melton"]
    at = list(enumerate("abcd"))
    row = "<tr class=hover><td><a href='/opinion/{n}'>{a} and {b} v. {c} and {d}</a></td></tr>"
    table = "".join(
        head.format(day=day)
        + "".join(
            row.format(n=day * 10 + n, **{key: names[(n * day + i) % 8] for i, key in at})
            for n in range(5)
        )
        for day in (29, 21, 13)
    )
    found = read(f"<h1>Opinions</h1><table>{table}</table>")
    assert found == [
        (f"/opinion/{day * 10 + n}", f"2026-05-{day}") for day in (29, 21, 13) for n in range(5)
    ]


def test_no_dated_box_heads_the_list_below_it() -> None:
    box = "".join(
        f"<li><a href='/event/{n}'>Open day {n} of the harbour</a> {n} May 2026</li>"
        for n in (3, 4, 5)
    )
    rows = "".join(
        f"<div class=item><h3><a href='/news/{n}'>Harbour Board opens quay {n}</a></h3></div>"
        for n in range(8)
    )
    found = read(f"<div><h4>Events</h4><ul>{box}</ul></div><main><h1>News</h1>{rows}</main>")
    assert found == [(f"/news/{n}", None) for n in range(8)]


def test_the_link_to_the_next_month_is_not_a_heading_of_the_list_below() -> None:
    found = read(
        "<main><h1>Opinions</h1><div class=nav><div><a href='?term=1'>Prev</a></div>"
        "<div><h2>March 2026</h2></div><div><a href='?term=3'>Next</a></div></div>"
        "<div class=block><h3>March 4, 2026</h3><div class=case><b>28318</b>"
        "<b>Estate of William Pratt v. Harbour Board</b><p>We dismiss the writ.</p>"
        "<p><a href='/opinions/28318.pdf'>View opinion</a></p></div></div></main>"
    )
    assert found == [("/opinions/28318.pdf", "2026-03-04")]


def test_sections_of_several_cases_below_one_date_give_every_case() -> None:
    section = (
        "<div class=panel><div class=head>{day} May 2026</div><div class=body>"
        "<div class=case><p><a href='/file/{day}1'>State v. Carter and others, appellants</a></p>"
        "</div><div class=case><p><a href='/file/{day}2'>Harbour Board v. Miller and sons</a></p>"
        "</div><div class=case><p><a href='/file/{day}3'>In the matter of the estate of Pratt</a>"
        "</p></div></div></div>"
    )
    days = range(28, 10, -1)
    found = read(f"<main><h1>Opinions</h1>{''.join(section.format(day=d) for d in days)}</main>")
    assert found == [(f"/file/{d}{n}", f"2026-05-{d}") for d in days for n in (1, 2, 3)]


def test_a_box_that_shares_only_its_tag_with_the_rows_is_not_a_row() -> None:
    box = "".join(
        f"<p><i>{n} May 2026</i> <a href='https://portal.example/{n}'>Message {n} on buoys</a>"
        for n in (3, 4, 5)
    )
    rows = "".join(
        f"<div class=row><i>{n + 1} May 2026</i><h3><a href='/news/{n}/'>Harbour opens quay {n}</a>"
        "</h3><p>The board told the public why it took so long to agree.</p></div>"
        for n in range(9, 1, -1)
    )
    found = read(f"<main><h1>News</h1><div class=box><h3>State</h3>{box}</div>{rows}</main>")
    assert found == [(f"/news/{n}/", f"2026-05-{n + 1:02}") for n in range(9, 1, -1)]


def test_the_services_of_a_city_are_not_a_list_of_releases() -> None:
    folders = [
        "jobs",
        "water",
        "tax",
        "parks",
        "roads",
        "ships",
        "trade",
        "law",
        "schools",
        "music",
    ]
    services = "".join(
        f"<li><a href='/{folder}/apply.html'>Apply for {folder} in the city</a></li>"
        for folder in folders
    )
    assert read(f"<main><h1>Minutes</h1><p>None yet.</p><ul>{services}</ul></main>") == []


def test_boxes_below_headings_of_their_own_win_over_no_undated_list() -> None:
    titles = [f"{who} asks for a longer pier" for who in ("The board", "A pilot", "The mayor")]
    titles += [f"{who} sees no end of the ice" for who in ("A skipper", "The crew", "A guard")]
    listed = "".join(
        f"<li class='post'><a href='/blog/{n}-a/' class='link'>{title}</a></li>"
        for n, title in enumerate(titles)
    )
    item = "<div class='item'><span class='date'>{}.07.2026</span> <a href='{}'>{}</a></div>"
    messages = "".join(
        item.format(20 - n, f"https://portal.example/{n}", f"Changes to the act no. {n}")
        for n in range(3)
    )
    events = "".join(
        item.format(20 - n, f"/events/{n}", f"Open day of the pilots no. {n}") for n in range(4)
    )
    boxes = "".join(
        f"<h2>{name}</h2>"
        + "".join(item.format(20 - n, f"/blog/{said}-{n}/", f"{said} no. {n}") for n in range(5))
        for name, said in (("Latest news", "Questions to the master"), ("Recent posts", "A walk"))
    )
    found = read(
        f"<main><h1>News</h1><div class='messages'><h3>Messages</h3>{messages}</div>"
        f"<ol class='posts'>{listed}</ol><nav><ol><li><a href='/blog/1/'>Older →</a></li></ol>"
        f"</nav><div class='events'><h2>Upcoming events</h2>{events}</div>{boxes}</main>"
    )
    assert found == [(f"/blog/{n}-a/", None) for n in range(6)]


def test_what_leads_on_from_a_title_is_not_a_second_title_of_its_post() -> None:
    row = (
        "<div id='post-{n}' class='post'><h2><a href='/{n}/'>Notice {n} of the board</a></h2>"
        "<div class='summary'><p>It rained. <a href='/{n}/'>Continue reading</a></p></div>"
        "<div class='utility'><a href='/category/releases/'>Releases</a> | "
        "<a href='/{n}/#respond'>Leave a comment</a></div></div>"
    )
    html = "".join(row.format(n=n) for n in range(9, 0, -1))
    flat = flatten(Page("https://court.example/", f"<main>{html}</main>".encode(), "text/html"))
    best = max(
        find_regions(flat, []),
        key=lambda block: (
            block.linked,
            len(flat.anchors_in(block.records[0].begin, block.records[0].end)),
        ),
    )
    assert best.linked == 9
    assert {span.node.get("class") for span in best.records} == {"post"}


def test_the_cells_of_a_row_are_releases_if_each_is_a_box_with_a_link() -> None:
    cell = (
        "<td><table><tr><td>{n} May 2026</td></tr><tr><td><a href=/news/{n}>Harbour notice number"
        " {n}</a></td></tr></table></td>"
    )
    cells = [cell.format(n=n) for n in range(16, 10, -1)]
    rows = "".join(f"<tr>{cells[n]}{cells[n + 1]}</tr>" for n in (0, 2, 4))
    wanted = [(f"/news/{n}", f"2026-05-{n}") for n in range(16, 10, -1)]
    assert read(f"<table>{rows}</table>") == wanted


def test_a_link_in_the_summary_below_a_title_is_not_a_release() -> None:
    row = (
        "<dt>{n} May 2026</dt><dd><a href=/news/{n}>Harbour notice number {n}</a></dd>"
        "<dd class=summary>More about the <a href=/fees/{n}>fees</a> of the port.</dd>"
    )
    rows = "".join(row.format(n=n) for n in range(14, 10, -1))
    wanted = [(f"/news/{n}", f"2026-05-{n}") for n in range(14, 10, -1)]
    assert read(f"<dl>{rows}</dl>") == wanted


def test_a_year_of_two_digits_before_a_view_count_belongs_to_the_date() -> None:
    row = "<div><a href=/n/{n}>ประกาศปิดถนนเพื่อซ่อมแซมครั้งที่ {n}</a><p>{n} มี.ค. 69 | อ่าน 1,2{n}</div>"
    rows = "".join(row.format(n=n) for n in range(14, 10, -1))
    assert read(rows) == [(f"/n/{n}", f"2026-03-{n}") for n in range(14, 10, -1)]
