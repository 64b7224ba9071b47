"""Links of a row to authors, categories, tags, comments and archives are no items."""

from __future__ import annotations

import pytest

from tests.listing_pages import day, listing_html, read, rows_of, titles

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
def test_the_item_of_a_row_is_its_headline(language: str, headline: str, index: str) -> None:
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


def test_the_document_of_a_row_is_its_item_where_the_other_link_only_numbers_it() -> None:
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
def test_titles_come_from_headings_that_the_links_repeat_in_part(language: str, lead: str) -> None:
    said = [title + " – " + title[::-1] for title in titles(language)]
    body = "".join(
        f"<div class=card><h2><a href='#'>{title}</a></h2><p>{n}. {title[:9]}</p><a class=more "
        f"href='/{n}/'>{lead}<span class=screen-reader-text> {title[:14]}…</span></a></div>"
        for n, title in enumerate(said)
    )
    found = rows_of(read(listing_html(language, body)))
    assert found == [(f"/{n}/", title, None) for n, title in enumerate(said)]
