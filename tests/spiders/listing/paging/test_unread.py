"""What on a listing page looks like more than the page leads to, in many languages."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from spiders.items import Listing
from spiders.listing.paging.unread import reason_for
from spiders.listing.read import read_listing
from spiders.page.page import Page

URL = "https://quay.example/news/"
READING = DateContext(zone="UTC", now=dt.datetime(2026, 11, 25, tzinfo=dt.UTC))
ROWS = 10


def listing(below: str, *, above: str = "", lang: str = "en", url: str = URL) -> Listing:
    """A page that lists ten releases, with something above and below the list."""
    rows = "".join(
        f"<li class='row'><a href='/news/{n}-ships-counted.html'>Ships counted at pier {n} of the "
        f"harbour</a> <span>2026-11-{20 - n}</span></li>"
        for n in range(ROWS)
    )
    html = (
        f"<html lang='{lang}'><meta charset='utf-8'><body><nav><a href='/'>Home</a></nav><main>"
        f"<h1>News</h1>{above}<ul class='news'>{rows}</ul>{below}</main>"
        "<aside><h2>Poll</h2><p>12 votes of 40</p><a href='/poll/'>Results</a></aside>"
        "<footer>Founded 1887. Telephone 555 0199. <a href='/imprint'>Imprint</a></footer>"
    )
    found = read_listing(Page(url, html.encode()), READING)
    assert len(found.items) == ROWS
    return found


def reason(below: str, **more: str) -> str:
    """Why a walk that read only this page is bounded; empty if it is complete."""
    return reason_for(listing(below, **more), listed=ROWS, pages=1)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Showing 1-10 of 248"), ("en", "<b>1</b> to <b>10</b> of <b>1,248</b> entries"),
        ("en", "248 results"), ("en", "Page 1 of 25"), ("de", "Seite 1 von 25"),
        ("de", "248 Treffer"), ("de", "1 bis 10 von 1.248 Meldungen"), ("fr", "Page 1 sur 25"),
        ("fr", "248 résultats"), ("es", "Página 1 de 25"), ("es", "Resultados: 248"),
        ("pt", "Mostrando 1 a 10 de 248 resultados"), ("it", "Pagina 1 di 25"),
        ("nl", "Pagina 1 van 25"), ("pl", "Strona 1 z 25"), ("cs", "Stránka 1 z 25"),
        ("ru", "Страница 1 из 25"), ("ru", "Всего: 248"), ("uk", "Сторінка 1 з 25"),
        ("el", "Σελίδα 1 από 25"), ("tr", "Sayfa 1 / 25"), ("az", "Səhifə 1 / 25"),
        ("ar", "صفحة ١ من ٢٥"), ("fa", "صفحه ۱ از ۲۵"), ("he", "עמוד 1 מתוך 25"),
        ("hi", "पृष्ठ १ का २५"), ("th", "หน้า ๑ จาก ๒๕"), ("zh", "第1页/共25页"),
        ("zh", "共248条"), ("ja", "248件中 1-10件"), ("ja", "全248件"), ("ko", "총 248건"),
        ("ko", "1 / 25 페이지"), ("hu", "248 találat"), ("fi", "248 tulosta"),
        ("sv", "Sida 1 av 25"), ("en", "Showing 10 of 248 articles"), ("de", "10 von 248"),
        ("fr", "10 sur 248"), ("ru", "10 из 248"), ("en", "10 / 248"),
        ("en", "248 press releases"), ("es", "248 noticias"), ("pl", "248 aktualności"),
        ("en", "<form>Page <input name=page value=1> of 25 <input type=submit></form>"),
        ("de", "Seite <input value=1> von 25"),
    ],
)  # fmt: skip
def test_a_total_shows_that_a_list_has_more(lang: str, text: str) -> None:
    box = f"<div class='pagination-info'>{text}</div>"
    assert reason(box, lang=lang)
    assert reason("", above=box, lang=lang)


@pytest.mark.parametrize(
    ("lang", "control"),
    [
        ("en", "<button class='btn'>Load more</button>"),
        ("en", "<a href='#' class='load-more'>More</a>"),
        ("de", "<button type='button'>Mehr laden</button>"),
        ("cs", "<button id='dalsi'>Načíst další</button>"),
        ("ru", "<span role='button'>Показать ещё</span>"),
        ("ja", "<a href='javascript:void(0)'>もっと見る</a>"),
        ("ko", "<button>더보기</button>"),
        ("ar", "<a href='#' onclick='more()'>عرض المزيد</a>"),
        ("he", "<button>טען עוד</button>"),
        ("zh", "<div onclick='next()'>加载更多</div>"),
        ("th", "<button>โหลดเพิ่ม</button>"),
        ("fr", "<input type='button' value='Voir plus'>"),
        ("pt", "<a href=\"javascript:__doPostBack('ctl00$next','')\">Próxima</a>"),
        ("en", "<button wire:click='loadMore'>Earlier</button>"),
        ("en", "<div class='load-more'>Load more</div>"),
        ("en", "<div class='btn btn-primary'><span>Load more releases</span></div>"),
        ("de", "<span class='button'>Mehr laden</span>"),
    ],
)
def test_a_control_without_an_address_shows_that_a_list_has_more(lang: str, control: str) -> None:
    assert "has no address" in reason(f"<p>{control}</p>", lang=lang)


@pytest.mark.parametrize(
    "pager",
    [
        "<td><span>1</span></td>{}".format(
            "".join(
                f"<td><a href=\"javascript:__doPostBack('g','Page${n}')\">{n}</a></td>"
                for n in range(2, 6)
            )
        ),
        "<button disabled>1</button><button>2</button><button>3</button>",
        "<a href='#' class='active'>1</a> <a href='#'>2</a> <a href='#'>3</a>",
        "<b>१</b> <a href='#'>२</a> <a href='#'>३</a>",
        "<span class='current'>1</span><span>2</span><span>3</span><span>›</span>",
    ],
)
def test_page_numbers_without_addresses_show_that_a_list_has_more(pager: str) -> None:
    assert "no address leads to the pages" in reason(f"<div class='pages'>{pager}</div>")


@pytest.mark.parametrize(
    "control",
    [
        "<select name=rok><option>2026</option><option>2025</option><option>2019</option></select>",
        "<button data-year='2026'>2026</button><button>2025</button><button>2019</button>",
        "<a href='#'>2026</a> <a href='#'>2025</a> <a href='#'>2019</a>",
        "<ul><li onclick='y(1)'>2026</li><li onclick='y(2)'>2019</li></ul>",
        "<ul role=tablist><li role=tab>2026</li><li role=tab>2025</li><li role=tab>2019</li></ul>",
        "<ul><li data-year=2026>2026</li><li data-year=2025>2025</li><li>2019</li></ul>",
        "<span>2026</span> · <span>2025</span> · <span>2019</span>",
    ],
)
def test_years_without_addresses_show_that_a_list_has_more(control: str) -> None:
    assert "2026 to 2019" in reason("", above=f"<div>{control}</div>")


def test_months_without_addresses_show_that_a_list_has_more() -> None:
    options = "<option>November 2026</option><option>October 2026</option>"
    assert "2026-11 to 2026-10" in reason("", above=f"<select>{options}</select>")
    later = "<option>December 2026</option><option>November 2026</option>"
    assert reason("", above=f"<select>{later}</select>") == ""


@pytest.mark.parametrize(
    "below",
    [
        "",
        "<p>Showing 1-10 of 10</p>",
        "<p>10 results</p>",
        "<p>Page 1 of 1</p>",
        "<p><a href='/a'>Page 1</a><a href='/b'>Page 2</a><a href='/c'>Page 3</a></p>",
        "<ul><li>Start</li><li>Total</li><li>1</li><li>2</li><li>3</li><li>4</li></ul>",
        "<p>The pilots counted 248 ships, of which 12 came from the eastern ports.</p>",
        "<p>Call 020 7946 0958 from 9 to 17</p>",
        "<p>1-3 of 24 seats are free</p>",
        "<div class='slick-dots'><button>1</button><button>2</button><button>3</button></div>",
        "<button aria-expanded='false'>Show more</button>",
        "<button style='display:none'>Load more</button>",
        "<button disabled>Load more</button>",
        "<form><select name='born'><option>1990</option><option>1970</option></select></form>",
        "<p><a href='#a'>2025</a> <a href='#b'>2024</a></p><h2 id=a>2025</h2><h2 id=b>2024</h2>",
        "<table class='calendar'><tr><td><button>1</button><button>2</button></td></tr></table>",
        "<footer><button>Show more</button></footer>",
        "<p>10 of 10</p>",
        "<p>Open from 10 to 17</p>",
        "<p>10 May 2026</p>",
        "<p>Health: <b>248 articles</b>, ships: <b>112 articles</b></p>",
        "<p>7 press releases</p>",
        "<div class='load-more'></div>",
        "<div class='load-more'>No more releases</div>",
        "<table><tr><td>2026</td><td>2025</td><td>2019</td></tr></table>",
        "<div><span>1</span><span>2</span><span>3</span></div>",
        "<div class='pages'><span>1</span></div>",
        "<p role=tab><a href='#a'>2025</a> <a href='#b'>2019</a></p><p id=a></p><p id=b></p>",
        "<button aria-controls=c>2025</button> <button aria-controls=c>2019</button><p id=c></p>",
        "<select><option>10</option><option>20</option><option>50</option></select>",
    ],
)
def test_other_numbers_and_buttons_are_not_signs(below: str) -> None:
    assert reason(below) == ""


def test_a_button_above_the_list_does_not_load_more_of_it() -> None:
    assert reason("", above="<div class='intro'><button>Show more</button></div>") == ""


def test_years_that_the_list_reaches_are_read() -> None:
    control = "<select><option>2027</option><option>2026</option></select>"
    assert reason("", above=control) == ""


LAST = "<p><a href='?page=23'>23</a> <a href='?page=24'>24</a> <b>25</b></p>"


@pytest.mark.parametrize("total", ["500 results", "Showing 241-250 of 500", "共500条"])
def test_a_false_total_does_not_make_the_last_page_bounded(total: str) -> None:
    last = listing(f"<p>{total}</p>{LAST}", url=f"{URL}?page=25")
    assert reason_for(last, listed=248, pages=25) == ""
    assert reason_for(listing(f"<p>{total}</p>"), listed=10, pages=1)


@pytest.mark.parametrize("below", [LAST, "<p>Page 25 of 25</p>"])
def test_the_last_page_is_no_end_if_pages_before_it_were_not_read(below: str) -> None:
    last = listing(below, url=f"{URL}?page=25")
    assert "the number 25, but only 2 pages were read" in reason_for(last, listed=20, pages=2)
    assert reason_for(last, listed=248, pages=25) == ""


def test_offsets_in_a_pager_are_no_numbers_of_pages() -> None:
    numbers = "<a href='?from=10'>10</a> <a href='?from=20'>20</a> <a class=current>30</a>"
    pager = f"<p class=pager>{numbers}</p>"
    last = listing(pager, url=f"{URL}?from=30")
    assert reason_for(last, listed=40, pages=4) == ""


def test_less_than_a_page_may_be_missing_of_a_total() -> None:
    page = listing("<p>248 results</p>")
    assert reason_for(page, listed=241, pages=25) == ""
    assert reason_for(page, listed=200, pages=20)


def test_the_last_page_of_a_pager_is_the_end() -> None:
    page = listing("<p>Page 25 of 25</p><button>Load more</button>", url=f"{URL}?page=25")
    assert reason_for(page, listed=248, pages=25) == ""


def test_unlinked_numbers_of_later_pages_are_a_sign_of_more() -> None:
    """The pager shows a part of its numbers, and not the one of the page."""
    here = f"{URL}?start=20"
    later = "<p><a href='?start=0'>1</a> … <a href='?start=60'>7</a> <a href='?start=70'>8</a></p>"
    found = listing(later, url=here)
    assert found.next is None
    assert "8" in reason_for(found, listed=30, pages=3)
    # The last page leads only to earlier ones, and other numbers are not pages.
    last = "<p><a href='?start=0'>1</a> <a href='?start=10'>2</a></p>"
    other = "<p><a href='/works/1/'>1</a> <a href='/works/2/'>2</a></p>"
    for below in (last, other):
        assert not reason_for(listing(below, url=here), listed=30, pages=3)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("第12页", ""),
        ("第 12 頁", ""),
        ("第 12 頁 / 共 30 頁", "the pages up to 30"),
        ("第1页/共12页", "the pages up to 12"),
        ("第 2 / 24 页", "the pages up to 24"),
    ],
)
def test_one_number_of_a_page_is_not_split(text: str, wanted: str) -> None:
    found = reason(f"<p>{text}</p>")
    assert wanted in found
    assert bool(found) == bool(wanted)


@pytest.mark.parametrize(
    ("element", "last"),
    [
        ("<x-pager :current=1 :pages=4></x-pager>", 4),
        ("<ecl-pagination total-items=61 items-per-page=10 page=1></ecl-pagination>", 7),
        ("<ecl-pagination total-pages=7 page=7></ecl-pagination>", 0),
        ("<x-page-header title=News pages=4></x-page-header>", 0),
    ],
)
def test_an_element_for_pages_without_an_address_is_a_sign(element: str, last: int) -> None:
    assert reason(element) == (f"no address leads to the pages up to {last}" if last else "")
