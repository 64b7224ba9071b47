"""Whether a page that is given for the list of releases is one."""

from __future__ import annotations

import datetime as dt

from data.dates.context import DateContext
from spiders.discovery.certainty import reads_as_release
from spiders.extract.page_type import dated_items
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.release.read import read_release

READING = DateContext(zone="UTC", now=dt.datetime(2026, 11, 25, tzinfo=dt.UTC))
TEXT = (
    "The harbour authority has closed the bridge to all traffic, after four years of talk and two "
    "winters in which the basin froze over, said the director on Tuesday. "
)
TITLES = (
    "A second lamp is lit on the northern mole",
    "Pilots ask for a longer pier in the east",
    "Winter timetable of the ferry begins",
    "Dredging of basin three is finished",
    "Harbour board elects its chair anew",
    "More ships than ever were counted",
    "Cruise ships will lie at the southern quay",
    "The old crane is given to the museum",
)


def spip() -> Page:
    """A section as SPIP shows it: its list is called a menu, its days have no year."""
    rows = "".join(
        f'<li dir="ltr" class="hentry clearfix text-left"><strong><a href="spip.php?article{n}">'
        f"{title}</a></strong><br /><small>2{n} November, by Press desk</small>"
        f'<div class="introduction entry-content"><p>{TEXT * 2}(…)</p></div></li>'
        for n, title in enumerate(TITLES)
    )
    pages = "".join(
        f'<li class="pagination-item"><a href="spip.php?rubrique1&amp;debut_articles={n}0">'
        f"{n + 1}</a></li>"
        for n in (1, 2, 3)
    )
    html = (
        "<html><head><title>News - Port of Merrow</title></head><body class='page_rubrique'>"
        '<nav><ul><li><a href="spip.php?rubrique1">News</a></li></ul></nav><main class="main"><div '
        'class="content" id="content"><div class="cartouche"><h1>News</h1></div>'
        f'<div class="menu menu_articles"><ul>{rows}</ul><nav class="p pagination"><ul>'
        f'<li class="pagination-item on active"><span class="on">1</span></li>{pages}</ul></nav>'
        "</div></div></main><aside class='aside'><form><input name='recherche'></form></aside>"
    )
    return Page("https://merrow.example/spip.php?rubrique1", html.encode())


def test_a_list_that_is_called_a_menu_in_the_main_part_is_the_list() -> None:
    listing = read_listing(spip(), READING)
    assert [item.title for item in listing.items] == list(TITLES)
    assert listing.next == "https://merrow.example/spip.php?rubrique1&debut_articles=10"


def test_a_list_of_openings_without_days_does_not_read_as_a_release() -> None:
    page = spip()
    assert not reads_as_release(page, read_listing(page, READING), READING)


def test_a_release_beside_dated_rows_of_others_reads_as_a_release() -> None:
    rows = "".join(
        f"<li><a href='/news/{n}-notice'>{title}</a> <time>{20 - n} November 2026</time></li>"
        for n, title in enumerate(TITLES[:4])
    )
    html = (
        "<html><head><title>Bridge closes to all traffic</title></head><body><main>"
        "<article><h1>Bridge closes to all traffic</h1><p class=date>24 November 2026</p>"
        f"<p>{TEXT * 3}</p><p>{TEXT * 4}</p></article></main><div><h2>News</h2>"
        f"<ul>{rows}</ul></div></body></html>"
    )
    page = Page("https://merrow.example/news/bridge-closes-to-all-traffic", html.encode())
    listing = read_listing(page, READING)
    assert len(listing.items) == 4
    assert reads_as_release(page, listing, READING)


def blog(address: str, older: str, *, dated: bool) -> Page:
    """A page that says much of its owner above five posts, as the fronts of block themes do."""
    told = "".join(f"<div><h3>Service {n}</h3><p>{TEXT}</p></div>" for n in range(6))
    day = "<time datetime='2026-11-{0}'><a href='/?p={0}'>Nov {0}, 2026</a></time>" * dated
    rows = "".join(
        f"<li><h2><a href='/?p={20 - n}'>{title}</a></h2><div>{day.format(20 - n)}</div></li>"
        for n, title in enumerate(TITLES[:5])
    )
    html = (
        "<html lang=en><head><title>Port of Merrow</title></head><body><header><nav><ul>"
        "<li><a href='/?page_id=6'>About</a></li></ul></nav></header><main><div>"
        f"<h1>A commitment to the sea and its ships</h1><p>{TEXT * 6}</p></div>{told}<div>"
        f"<h2>Watch, Read, Listen</h2><ul>{rows}</ul><nav class='pagination'>"
        f"<a class='next' href='{older}'>Next Page</a></nav></div></main></body></html>"
    )
    return Page(f"https://merrow.example{address}", html.encode())


def test_a_home_page_that_leads_to_older_releases_is_a_listing() -> None:
    page = blog("/", "/?paged=2", dated=False)
    listing = read_listing(page, READING)
    assert [item.title for item in listing.items] == list(TITLES[:5])
    assert not reads_as_release(page, listing, READING)


def test_an_article_with_several_pages_stays_one_release() -> None:
    page = blog("/notices/the-harbour-and-its-ships", "?page=2", dated=True)
    assert reads_as_release(page, read_listing(page, READING), READING)


def test_rows_below_the_page_by_their_query_count_as_dated() -> None:
    page = blog("/", "/?paged=2", dated=True)
    assert dated_items(read_release(page, READING), read_listing(page, READING)) == 5


def test_a_release_with_an_attachment_reads_as_a_release() -> None:
    html = (
        "<html><head><title>Bridge closes to all traffic</title></head><body><main>"
        "<article class='post'><h1>Bridge closes to all traffic</h1><div class=entry-meta>"
        "<time datetime='2026-11-24T09:00:00+00:00'>24 November 2026</time></div>"
        f"<div class=entry-content><p>{TEXT * 3}</p><p>{TEXT * 4}</p>"
        "<p><a href='/files/detours.pdf'>Detours (PDF)</a></p></div></article></main></body></html>"
    )
    page = Page("https://merrow.example/news/bridge-closes-to-all-traffic", html.encode())
    listing = read_listing(page, READING)
    assert [item.url for item in listing.items] == ["https://merrow.example/files/detours.pdf"]
    assert reads_as_release(page, listing, READING)
