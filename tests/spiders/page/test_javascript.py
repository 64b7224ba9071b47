"""Pages whose list only scripts fill are told from others, also if they have some text."""

from __future__ import annotations

import pytest

from spiders.page.javascript import needs_scripts, shown_by_route
from spiders.page.page import Page
from tests.press_room import release_html

INTRO = (
    "<h1>{}</h1><p>The Harbour Board of Lindmouth answers questions of journalists from Monday to "
    "Friday. Photographs are free of charge if their author is named. For interviews, please write "
    "to the desk a day before; the harbour master is away on Thursdays.</p>"
)
SCRIPT = '<script src="/assets/app.js"></script>'


def page(text: str) -> Page:
    html = f"<html><body><nav class='menu'><a href='/'>Home</a></nav>{text}<footer>Board</footer>"
    return Page("https://board.example/news/", html.encode(), "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "place",
    [
        # Danish, Greek, Chinese, Hebrew, Turkish, Kazakh
        "<div id='presse-widget'></div>",
        "<h2>Ανακοινώσεις</h2><news-list data-count='20'></news-list>",
        "<ul class='article-list'><li>加载中…</li></ul>",
        "<div class='results'><span class='spinner'></span> טוען</div>",
        "<section class='haber-liste'><p>Yükleniyor…</p></section>",
        "<table><tbody id='news-items'></tbody></table>",
    ],
)  # fmt: skip
def test_a_list_that_scripts_fill_below_some_text_needs_them(place: str) -> None:
    text = INTRO.format("Presse")
    assert needs_scripts(page(f"<main>{text}{place}</main>{SCRIPT}"))
    assert not needs_scripts(page(f"<main>{text}{place}</main>"))


@pytest.mark.parametrize(
    "place",
    [
        "<div id='newsletter-popup'></div>",
        "<aside><div id='news-list'></div></aside>",
        "<footer><ul class='post-list'></ul></footer>",
        "<div class='related-posts'></div>",
        "<div class='sidebar'><div class='feed'></div></div>",
        "<div class='article-image'><img src='/a.jpg'></div>",
        "<div class='twitter-feed'></div>",
        "<div class='news-list'><a href='/1'></a></div>",
        "<div class='news-list'><p>No news has been published.</p></div>",
        "<div class='spacer'></div>",
    ],
)
def test_a_place_beside_the_main_list_needs_no_scripts(place: str) -> None:
    assert not needs_scripts(page(f"<main>{INTRO.format('Press')}{place}</main>{SCRIPT}"))


BY_ID = "document.getElementById('b7')"


@pytest.mark.parametrize(
    ("asks", "target"),
    [
        ("fetch('/api/n').then(r => r.json()).then(d => draw(d, {}))", BY_ID),
        ("$.getJSON('/api/n', d => {}.html(d))", "$('#b7')"),
        ("x = new XMLHttpRequest(); x.onload = () => {}.append(x)", "find('#b7')"),
        ("{}.load('/novinky.php')", '$("#b7")'),
    ],
)
def test_an_empty_place_that_a_script_of_the_page_fills_by_a_request_needs_scripts(
    asks: str, target: str
) -> None:
    script = f"<script>{asks.format(target)}</script>"
    for text in ("Пресс-центр", "Novinky", "新聞"):
        assert needs_scripts(page(f"<main>{INTRO.format(text)}<div id='b7'></div></main>{script}"))
    for place in ("<div id='b7'>Text</div>", "<footer><div id='b7'></div></footer>", "<i></i>"):
        assert not needs_scripts(page(f"<main>{INTRO.format('Press')}</main>{place}{script}"))
    other = f"<script>{BY_ID}.hidden = true</script>"
    assert not needs_scripts(page(f"<main>{INTRO.format('a')}<div id='b7'></div></main>{other}"))


def test_a_long_text_needs_no_scripts_because_of_a_widget() -> None:
    long = "<p>" + "The Board counted ships at each of its piers. " * 90 + "</p>"
    assert not needs_scripts(page(f"<main>{long}<div class='news-list'></div></main>{SCRIPT}"))
    assert not needs_scripts(Page("https://board.example/1", release_html(1).encode()))


@pytest.mark.parametrize(
    ("urls", "routed"),
    [
        (["https://a.example/#/news/1", "https://a.example/#/news/2", "https://a.example/x"], True),
        (["https://a.example/#!/news/1"], True),
        (["https://a.example/#a", "https://a.example/#b"], False),
        (["https://a.example/#/", "https://a.example/1"], False),
        ([], False),
    ],
)
def test_addresses_that_scripts_read_are_known_by_their_fragments(
    urls: list[str], *, routed: bool
) -> None:
    assert shown_by_route(urls) is routed
