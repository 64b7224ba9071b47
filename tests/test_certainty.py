"""Whether a page that is given for the list of releases is one."""

from __future__ import annotations

import datetime as dt

from data.reading import Reading
from spiders.certainty import reads_as_release
from spiders.listing_page import read_listing
from spiders.page import Page

READING = Reading(zone="UTC", now=dt.datetime(2026, 11, 25, tzinfo=dt.UTC))
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
