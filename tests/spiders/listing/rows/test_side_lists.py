"""Beside dated sidebars, events and lists of other sites, the list of the main column wins."""

from __future__ import annotations

import pytest

from spiders.listing.rows.side_lists import announces_events
from tests.listing_pages import day, listing_html, read, rows_of, titles


def own(language: str, folder: str = "artikel") -> str:
    """The undated list of the main column."""
    return "".join(
        f"<article class=teaser><h2><a href='/{folder}/{n}'>{title}</a></h2><p>{title}…</article>"
        for n, title in enumerate(titles(language))
    )


def dated(language: str, address: str) -> str:
    """A dated list of other things."""
    return (
        "<ul>"
        + "".join(
            f"<li><b>{day(n):%d.%m.%Y}</b> <a href='{address}{n}'>{title} II</a>"
            for n, title in enumerate(titles(language)[:5])
        )
        + "</ul>"
    )


EVENTS = [
    ("de", "Nächste Termine", "/t/"),
    ("pl", "Kalendarium", "/k/"),
    ("tr", "Etkinlikler", "/e/"),
    ("ja", "イベント情報", "/i/"),
    ("ar", "الفعاليات", "/f/"),
    ("fr", "", "/evenements/"),
    ("nl", "", "/agenda/"),
]


@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(("language", "heading", "address"), EVENTS)
def test_dated_events_do_not_win_over_the_list_of_the_main_column(
    language: str, heading: str, address: str, *, first: bool
) -> None:
    language = language if language != "pl" else "de"
    box = f"<div class=box><h4>{heading}</h4>{dated(language, address)}</div>"
    main = f"<div class=col>{own(language)}</div>"
    body = box + main if first else main + box
    found = rows_of(read(listing_html(language, f"<div class=row>{body}</div>")))
    assert [url for url, _, _ in found] == [f"/artikel/{n}" for n in range(6)]


@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(
    ("wide", "narrow"), [("col-md-8", "col-12 col-md-4"), ("span9", "span3"), ("x", "sidebar")]
)
def test_a_dated_list_in_a_narrow_column_does_not_win(
    wide: str, narrow: str, *, first: bool
) -> None:
    box = f"<div class='{narrow}'>{dated('el', '/x/')}</div>"
    main = f"<div class='{wide}'>{own('el')}</div>"
    body = box + main if first else main + box
    found = rows_of(read(listing_html("el", f"<div class=row>{body}</div>")))
    assert [url for url, _, _ in found] == [f"/artikel/{n}" for n in range(6)]


@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_the_dated_list_of_another_site_does_not_win_over_own_news(*, first: bool) -> None:
    box = f"<div class=ext><h3>Министерство</h3>{dated('ru', 'https://gov.example/')}</div>"
    main = f"<div>{own('ru', 'novosti')}</div>"
    found = rows_of(read(listing_html("ru", box + main if first else main + box)))
    assert [url for url, _, _ in found] == [f"/novosti/{n}" for n in range(6)]


@pytest.mark.parametrize("address", ["https://news.board.example/", "https://paper.example/"])
def test_a_page_may_list_another_host_or_press_coverage(address: str) -> None:
    links = "".join(f"<p><a href='/l/{n}'>{one} III</a>" for n, one in enumerate(titles("th")[:3]))
    found = rows_of(read(listing_html("th", dated("th", address) + links)))
    assert [url for url, _, _ in found] == [f"{address}{n}" for n in range(5)]


def test_a_page_of_events_lists_events() -> None:
    html = listing_html("fr", dated("fr", "/evenements/") + own("fr"))
    found = rows_of(read(html, "/evenements/"))
    assert [url for url, _, _ in found] == [f"/evenements/{n}" for n in range(5)]


def test_the_dated_list_of_the_main_column_wins_over_cards_without_dates() -> None:
    cards = f"<div class=cards>{own('zh')}</div>"
    found = rows_of(read(listing_html("zh", dated("zh", "/xinwen/") + cards)))
    assert [url for url, _, _ in found] == [f"/xinwen/{n}" for n in range(5)]


OWN = ["fr", "tr", "vi", "bg", "he", "hi", "th", "ka", "zh", "ko"]


@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("language", OWN)
def test_the_list_below_the_address_of_the_page_wins_over_a_dated_box(
    language: str, *, first: bool
) -> None:
    box = f"<div>{dated(language, '/kurs/')}</div>"
    main = f"<div>{own(language, 'news')}</div>"
    body = box + main if first else main + box
    found = rows_of(read(listing_html(language, f"<div>{body}</div>")))
    assert [url for url, _, _ in found] == [f"/news/{n}" for n in range(6)]


@pytest.mark.parametrize("language", ["nl", "ar", "ja"])
def test_the_list_that_a_pager_follows_wins_over_a_dated_box(language: str) -> None:
    pager = "<p class=pagination><b>1</b> <a href='?page=2'>2</a> <a href='?page=3'>3</a></p>"
    html = f"<div>{dated(language, '/kurs/')}</div><div>{own(language)}{pager}</div>"
    found = rows_of(read(listing_html(language, html)))
    assert [url for url, _, _ in found] == [f"/artikel/{n}" for n in range(6)]


@pytest.mark.parametrize("language", ["en", "el", "zh", "th"])
def test_dated_releases_elsewhere_win_over_topics_below_the_address_of_the_page(
    language: str,
) -> None:
    topics = "".join(
        f"<div><h3><a href='/news/topic-{n}/'>{' '.join(title.split()[:2])[:6]}</a></h3>"
        f"<p>{title}.</div>"
        for n, title in enumerate(titles(language))
    )
    html = f"<div>{dated(language, '/2026/06/')}</div><div>{topics}</div>"
    found = rows_of(read(listing_html(language, html)))
    assert [url for url, _, _ in found] == [f"/2026/06/{n}" for n in range(5)]


@pytest.mark.parametrize("language", ["de", "ru"])
def test_dated_releases_elsewhere_win_over_fewer_features_below_the_address_of_the_page(
    language: str,
) -> None:
    features = "".join(
        f"<div><h3><a href='/news/dossier-{n}/'>{title}</a></h3><p>{title}.</div>"
        for n, title in enumerate(titles(language)[:4])
    )
    html = f"<div>{dated(language, '/2026/06/')}</div><div>{features}</div>"
    found = rows_of(read(listing_html(language, html)))
    assert [url for url, _, _ in found] == [f"/2026/06/{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("heading", "events"),
    [
        ("Upcoming events", True),
        ("Nächste Termine", True),
        ("Календарь событий", True),
        ("イベント情報", True),
        ("กิจกรรม", True),
        ("News & Events", False),
        ("Aktuelles und Termine", False),
        ("ニュース・イベント", False),
        ("新闻活动", False),
        ("Events of the night of the storm", False),
        ("Actualités", False),
    ],
)
def test_a_heading_of_events_is_not_a_heading_of_news(heading: str, *, events: bool) -> None:
    assert announces_events(heading) is events


BYLINES = {
    "de": "<p class=by>Von <a href='{up}author/presse/{i}'>Pressestelle des alten Hafenamts</a> am "
    "<a href='{up}{d:%Y/%m}/{i}'>{d:%d. %m. %Y}</a> <a href='{up}{n}-a/{i}#respond'>Schreiben Sie "
    "bitte einen Kommentar zu diesem Beitrag</a>",
    "el": "<span class=m><a rel='category tag' href='{up}nea/limani-{k}/{i}'>Λιμάνι και θάλασσα {k}"
    "</a> <a href='{up}{d:%Y/%m/%d}/{i}'><i class=icon></i>{d:%d/%m/%Y}</a></span>",
    "ja": "<div class=info><a href='{up}{d:%Y/%m}/{i}'>{d:%Y年%m月%d日}</a> "
    "<a href='{up}tag/minato-{k}/{i}'>港湾と桟橋のお知らせ{k}</a></div>",
    "tr": "<div class=alt><a href='{up}yazar/editor-{k}/{i}'>Liman İdaresi Basın Bürosu {k}</a>"
    "<a href='{up}{d:%Y/%m}/{i}'><time datetime={d}>{d:%d.%m.%Y}</time></a></div>",
}


@pytest.mark.parametrize("index", ["", "index.html"], ids=["folder", "index"])
@pytest.mark.parametrize("headline", ["<h3>{}</h3>", "<p class=t>{}</p>"], ids=["h3", "p"])
@pytest.mark.parametrize("language", BYLINES)
def test_the_headline_of_a_row_is_its_item(language: str, headline: str, index: str) -> None:
    body = ""
    for n, title in enumerate(titles(language)):
        link = f"<a href='../{n}-a/{index}'>{title}</a>"
        line = BYLINES[language].format(up="../", i=index, d=day(n), n=n, k=n % 3)
        body += f"<div class=entry>{headline.format(link)}{line}<p>{title}…</div>"
    found = rows_of(read(listing_html(language, body)))
    assert found == [
        (f"/{n}-a/{index}", title, day(n).isoformat()) for n, title in enumerate(titles(language))
    ]


def test_releases_that_are_numbered_per_year_are_not_months() -> None:
    body = "".join(
        f"<li><a href='/press/2026/{12 - n:02}/'>{title}</a> <b>{day(n):%d.%m.%Y}</b>"
        for n, title in enumerate(titles("bg"))
    )
    found = rows_of(read(listing_html("bg", f"<ul>{body}</ul>")))
    assert [url for url, _, _ in found] == [f"/press/2026/{12 - n:02}/" for n in range(6)]


def test_releases_that_are_numbered_per_year_stay_items_whose_titles_are_alike() -> None:
    body = "".join(
        f"<li><span>{day(n):%d.%m.%Y}</span> <a href='/presse/2026/{n + 1}'>Meldung {n + 1}:"
        f" Schiffe am Kai {n + 1} gezählt</a>"
        for n in range(6)
    )
    found = rows_of(read(listing_html("de", f"<ul>{body}</ul>")))
    assert [url for url, _, _ in found] == [f"/presse/2026/{n + 1}" for n in range(6)]


@pytest.mark.parametrize(
    "box",
    [
        "<a href='/2026/{m:02}/'>{m:02}/2026</a> ({m})",
        "<a href='/category/k{m}/'>{t}</a> <i>{d:%d/%m/%Y}</i>",
        "<a href='/author/a{m}/'>{t}</a> <i>{d:%d/%m/%Y}</i>",
    ],
    ids=["months", "categories", "authors"],
)
def test_a_box_of_archives_categories_or_authors_is_not_a_list(box: str) -> None:
    rows = "".join(
        f"<li>{box.format(m=n + 1, d=day(n), t=title)}" for n, title in enumerate(titles("vi"))
    )
    assert read(listing_html("vi", f"<p>…</p><ul class=widget>{rows}</ul>")).items == ()


@pytest.mark.parametrize("language", ["fr", "th"])
def test_a_document_in_the_text_of_a_post_does_not_replace_its_headline(language: str) -> None:
    body = "".join(
        f"<div class=post><p class=title><a href='/{n}/'>{title}</a></p><p>{day(n):%d/%m/%Y}</p>"
        f"<p>{title}: <a href='/files/{n}.pdf'>{title} ({n} II)</a> {title}.</p></div>"
        for n, title in enumerate(titles(language))
    )
    found = rows_of(read(listing_html(language, body)))
    assert found == [
        (f"/{n}/", title, day(n).isoformat()) for n, title in enumerate(titles(language))
    ]


def test_the_document_of_a_row_is_its_item_if_the_other_link_is_only_a_number() -> None:
    body = "".join(
        f"<tr><td><a href='/case/{n}'>№ {n}</a><td>{day(n):%d.%m.%Y}<td>"
        f"<a href='/files/{n}.pdf'>{title}</a>"
        for n, title in enumerate(titles("ru"))
    )
    found = rows_of(read(listing_html("ru", f"<table>{body}</table>")))
    assert [url for url, _, _ in found] == [f"/files/{n}.pdf" for n in range(6)]


@pytest.mark.parametrize(
    ("language", "lead"), [("fr", "Suite sur"), ("en", "Read on about"), ("zh", "查看全文：")]
)
def test_titles_are_read_from_headings_that_links_partly_repeat(language: str, lead: str) -> None:
    said = [title + " – " + title[::-1] for title in titles(language)]
    body = "".join(
        f"<div class=card><h2><a href='#'>{title}</a></h2><p>{n}. {title[:9]}</p><a class=more "
        f"href='/{n}/'>{lead}<span class=screen-reader-text> {title[:14]}…</span></a></div>"
        for n, title in enumerate(said)
    )
    found = rows_of(read(listing_html(language, body)))
    assert found == [(f"/{n}/", title, None) for n, title in enumerate(said)]
