"""Pages whose list only scripts fill are told from others, also if they have some text."""

from __future__ import annotations

import datetime as dt

import pytest

from data.dates.context import DateContext
from spiders.listing.read import read_listing
from spiders.page.javascript import MAX_PARTS, needs_scripts, shown_by_route, without_scripts
from spiders.page.page import Page
from spiders.release.read import read_release
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


READING = DateContext("Europe/Athens", now=dt.datetime(2026, 11, 20, tzinfo=dt.UTC))

SHADOW = '<news-list><template shadowrootmode="open"><style>a{{}}</style>{}</template></news-list>'
HIDDEN = {
    "noscript": "<div id='list' aria-busy='true'></div><noscript>{}</noscript>",
    "shadow": SHADOW,
    "older shadow": SHADOW.replace("shadowrootmode", "shadowroot"),
}
EL = [
    ("3 Νοεμβρίου 2026", "Νέοι κανόνες στο φράγμα"),
    ("21 Οκτωβρίου 2026", "Η δεξαμενή κλείνει για επισκευή"),
    ("2 Οκτωβρίου 2026", "Η στάθμη κάθε ώρα στον ιστότοπο"),
]
TEXT = "Οι φύλακες των φραγμάτων συναντήθηκαν την Τρίτη και αποφάσισαν τα ακόλουθα μέτρα. " * 5


def greek_page(inside: str, path: str = "/nea/") -> Page:
    """A page in Greek with menus and a foot."""
    html = (
        '<!DOCTYPE html><html lang="el"><head><title>Υπηρεσία Φραγμάτων</title><noscript><link '
        'rel="stylesheet" href="a.css"></noscript></head><body><noscript><iframe src="/count">'
        '</iframe></noscript><nav><a href="/">Αρχική</a><a href="/kouti">Κουτί</a></nav><main>'
        f"{inside}</main><footer>© 2026 Υπηρεσία Φραγμάτων</footer></body></html>"
    )
    return Page(f"https://weir.example{path}", html.encode())


def rows(name: str = "nea") -> str:
    """A list of three releases."""
    return (
        "<ul>"
        + "".join(
            f'<li><time>{day}</time> <a href="/{name}/{number}">{title}</a></li>'
            for number, (day, title) in enumerate(EL)
        )
        + "</ul>"
    )


@pytest.mark.parametrize("form", HIDDEN)
def test_a_list_in_such_a_part_is_read_if_the_page_shows_none(form: str) -> None:
    listing = read_listing(greek_page(HIDDEN[form].format(rows())), READING)
    assert [item.url for item in listing.items] == [
        f"https://weir.example/nea/{n}" for n in range(3)
    ]
    assert all(item.published for item in listing.items)


@pytest.mark.parametrize("form", HIDDEN)
def test_the_visible_list_wins(form: str) -> None:
    both = greek_page(rows() + HIDDEN[form].format(rows("alla")))
    assert all("/nea/" in item.url for item in read_listing(both, READING).items)


@pytest.mark.parametrize("form", HIDDEN)
def test_a_release_in_such_a_part_is_read_if_the_page_shows_none(form: str) -> None:
    day, title = EL[0]
    article = f"<article><h1>{title}</h1><p>{day}</p><p>{TEXT}</p></article>"
    content = read_release(greek_page(HIDDEN[form].format(article), "/nea/0"), READING).content
    assert (content.title, content.published and content.published.iso) == (title, "2026-11-03")
    assert TEXT.strip() in content.body_text


def test_a_visible_text_is_not_replaced() -> None:
    note = (
        "<noscript><p>Ενεργοποιήστε τη JavaScript. "
        + "Δείτε και τα άλλα νέα. " * 90
        + "</noscript>"
    )
    shown = f"<article><h1>{EL[0][1]}</h1><p>{EL[0][0]}</p><p>{TEXT}</p></article>{note}"
    body = read_release(greek_page(shown, "/nea/0"), READING).content.body_text
    assert "JavaScript" not in body


def test_templates_that_scripts_fill_are_not_read() -> None:
    for inside in (
        f"<template id='row'>{rows()}</template>",
        SHADOW.format('<ul><li><a href="/nea/{{ id }}">{{ title }}</a></ul>'),
        "<noscript><img src='/count.gif'></noscript>",
    ):
        assert without_scripts(greek_page(inside)) is None
        assert not read_listing(greek_page(inside), READING).items


def test_parts_that_never_end_and_too_many_parts_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert without_scripts(greek_page("<noscript><p>a" * 1000)) is None
    assert without_scripts(Page("https://weir.example/", b"<body><noscript><p>a")) is None
    many = greek_page(f"<noscript>{rows()}</noscript>" * (MAX_PARTS + 50))
    found = without_scripts(many)
    assert found is not None
    hollow = greek_page("<noscript><p>a</p></noscript>" * (9 * MAX_PARTS))
    calls: list[Page] = []

    def counted(one: Page) -> Page | None:
        calls.append(one)
        return without_scripts(one)

    monkeypatch.setattr("spiders.listing.read.without_scripts", counted)
    assert not read_listing(hollow, READING).items
    assert len(calls) == 1
    assert 50 < found.body.count(b"<noscript>") < 60
