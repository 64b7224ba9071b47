"""Rows that lead elsewhere are items where they are made like the others."""

from __future__ import annotations

import pytest

from tests.listing_pages import day, listing_html, read, rows_of, titles

ELSEWHERE = {1: "/events/open-day", 3: "https://other.example/story", 4: "/projects/quay/a/b"}

ROWS = {
    "dated": "<div class=card><a href='{u}'><img src=x.jpg><h3>{t}</h3></a>{d:%d/%m/%Y}</div>",
    "class": "<div class='card{c}'><a href='{u}'{x}><img src=x.jpg><h3>{t}</h3></a>"
    "<p class=d>{d:%d/%m/%Y}</p></div>",
    "item": "<li class='row{c}'><a href='{u}'{x}>{t}</a><em>{d:%d/%m/%Y}</em></li>",
    "post": "<article class='post-{n} post type{c}'><h2><a href='{u}'{x}>{t}</a></h2>"
    "<time datetime={d}>{d:%d/%m/%Y}</time><p>{t}.</article>",
    "no date": "<div class=card><a href='{u}'><img src=x.jpg><h3>{t}</h3></a>{s}<p>{t}.</p></div>",
    "no date, plain": "<li><a href='{u}'>{t} ({t})</a>{s}</li>",
}


@pytest.mark.parametrize("language", ["ko", "vi", "hi"])
@pytest.mark.parametrize("row", ROWS)
def test_rows_that_lead_elsewhere_are_items(row: str, language: str) -> None:
    said = [*titles(language), *(f"{title} II" for title in titles(language))]
    want = [ELSEWHERE.get(n, f"/news/{n}-a") for n in range(12)]
    body = "".join(
        ROWS[row].format(
            n=n,
            u=want[n],
            t=title,
            d=day(n),
            c=" external" if n in ELSEWHERE else "",
            x=" target=_blank class=ext" if n in ELSEWHERE else "",
            s="" if n in ELSEWHERE else f"<span class=d>{day(n):%d/%m/%Y}</span>",
        )
        for n, title in enumerate(said)
    )
    found = rows_of(read(listing_html(language, f"<div class=list>{body}</div>")))
    assert [url for url, _, _ in found] == want


def test_a_box_between_rows_and_a_button_below_them_are_not_rows() -> None:
    rows = [
        f"<div class=row><h3><a href='/novini/{n}'>{title}</a></h3><i>{day(n):%d.%m.%Y}</i></div>"
        for n, title in enumerate(titles("bg"))
    ]
    box = "".join(
        f"<p><i>{day(n):%d.%m.%Y}</i> <a href='https://gov.example/{n}'>{title} II</a>"
        for n, title in enumerate(titles("bg"))
    )
    rows.insert(2, f"<div class=box><h3><a href=/darzhava/>Държавата съобщава</a></h3>{box}</div>")
    rows.append("<div class=row><h3><a href=/arhiv/>Всички новини</a></h3></div>")
    found = rows_of(read(listing_html("bg", "".join(rows))))
    assert [url for url, _, _ in found] == [f"/novini/{n}" for n in range(6)]


@pytest.mark.parametrize("language", ["fr", "tr", "ru", "ar", "ja", "ka"])
def test_an_undated_row_that_links_to_another_site_is_an_item_between_others(
    language: str,
) -> None:
    first, *more = titles(language)[5].split()
    short = f"{first} {more[0]}" if more else first[:9]
    rows = [
        f"<li><a href='/news/{n}'>{title}</a> ({day(n):%d.%m.%Y})"
        for n, title in enumerate(titles(language))
    ]
    rows.insert(2, f"<li><a href='https://paper.example/story-{language}'>{short}</a>")
    found = rows_of(read(listing_html(language, f"<ul>{''.join(rows)}</ul>")))
    want = [f"/news/{n}" for n in range(6)]
    assert [url for url, _, _ in found] == [
        *want[:2], f"https://paper.example/story-{language}", *want[2:]
    ]  # fmt: skip


SHORT_ROWS = {
    "item": "<li><a href='{u}'>{t}</a> {s}",
    "cells": "<tr><td>{s}</td><td><a href='{u}'>{t}</a></td></tr>",
    "card": "<div class=card>{s}<h3><a href='{u}'>{t}</a></h3></div>",
    "link": "<a class=card href='{u}'><h3>{t}</h3>{s}</a>",
}


@pytest.mark.parametrize("language", ["en", "el", "he", "th", "ko", "zh"])
@pytest.mark.parametrize("row", SHORT_ROWS)
def test_several_short_rows_without_dates_between_others_are_items(row: str, language: str) -> None:
    said = [*titles(language), *(f"{title} II" for title in titles(language))]
    want = [ELSEWHERE.get(n, f"/news/{n}-a") for n in range(12)]
    body = "".join(
        SHORT_ROWS[row].format(
            u=want[n],
            t=(" ".join(title.split()[:3]) if " " in title else title[:9])
            if n in ELSEWHERE
            else title,
            s="" if n in ELSEWHERE else f"<span class=d>{day(n):%d/%m/%Y}</span>",
        )
        for n, title in enumerate(said)
    )
    found = rows_of(read(listing_html(language, f"<div class=list>{body}</div>")))
    assert [url for url, _, _ in found] == want


@pytest.mark.parametrize("language", ["en", "bg", "ar", "ja"])
@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
@pytest.mark.parametrize(
    "row",
    [
        "<li class='row{c}'><a href='{u}'>{t}</a>{s}</li>",
        "<div class='card{c}'><h3><a href='{u}'>{t}</a></h3><p>{t}.</p>{s}</div>",
    ],
)
def test_rows_of_another_class_that_lead_elsewhere_are_items(
    row: str, language: str, *, dated: bool
) -> None:
    want = [ELSEWHERE.get(n, f"/news/{n}-a") for n in range(6)]
    body = "".join(
        row.format(
            u=want[n],
            t=title,
            c=" project" if n in ELSEWHERE else "",
            s=f"<i>{day(n):%d.%m.%Y}</i>" if dated else "",
        )
        for n, title in enumerate(titles(language))
    )
    found = rows_of(read(listing_html(language, f"<div class=list>{body}</div>")))
    assert [url for url, _, _ in found] == want


def test_dated_rows_whose_class_is_their_category_are_items() -> None:
    want = [ELSEWHERE.get(n, f"/uutiset/{n}") for n in range(6)]
    body = "".join(
        f"<li class={'hanke' if n in ELSEWHERE else 'uutinen'}><a href='{want[n]}'>{title}</a>"
        f"<em>{day(n):%d.%m.%Y}</em></li>"
        for n, title in enumerate(titles("tr"))
    )
    found = rows_of(read(listing_html("tr", f"<ul>{body}</ul>")))
    assert [url for url, _, _ in found] == want


def test_a_link_to_the_film_of_each_row_is_no_item() -> None:
    rows = "".join(
        f"<div class=row><a href='/news/{n}'>{title}</a><i>{day(n):%d.%m.%Y}</i></div>"
        f"<div class=film><a href='/film?on={n}'>View the recorded film</a>"
        f"<i>{day(n):%d.%m.%Y}</i></div>"
        for n, title in enumerate(titles("en"))
    )
    found = rows_of(read(listing_html("en", f"<section>{rows}</section>")))
    assert [url for url, _, _ in found] == [f"/news/{n}" for n in range(6)]


@pytest.mark.parametrize(
    "note",
    [
        "<li><a href='/tides/all'>Tables of the tides</a>",
        "<li><a href='/tides/{n}'>Tables of the tides</a>",
        "<li><a href='/tides/{n}'>Read more: tides {n}</a>",
    ],
)
def test_a_note_that_a_list_repeats_is_no_item(note: str) -> None:
    rows = [
        f"<li><a href='/news/{n}'>{title}</a> ({day(n):%d.%m.%Y})"
        for n, title in enumerate(titles("en"))
    ]
    body = "".join(row + note.format(n=n) * (n in {1, 3}) for n, row in enumerate(rows))
    found = rows_of(read(listing_html("en", f"<ul>{body}</ul>")))
    assert [url for url, _, _ in found] == [f"/news/{n}" for n in range(6)]


@pytest.mark.parametrize(
    "button",
    [
        "<li class='row more'><a href='/all/'>All the news of the board</a></li>",
        "<li class='row more'><a href='/contact/press-desk'>Ask the press desk</a></li>",
    ],
)
def test_a_button_below_rows_without_dates_is_no_item(button: str) -> None:
    rows = "".join(
        f"<li class=row><a href='/news/{n}-a'>{title}</a></li>"
        for n, title in enumerate(titles("en"))
    )
    found = rows_of(read(listing_html("en", f"<ul>{rows}{button}</ul>")))
    assert [url for url, _, _ in found] == [f"/news/{n}-a" for n in range(6)]


@pytest.mark.parametrize(
    ("place", "row"),
    [
        (6, "<li><a href='https://paper.example/all'>All stories here</a>"),
        (0, "<li><a href='https://paper.example/all'>All stories here</a>"),
        (3, "<li><a href='https://board-tv.example/'>Our own channel</a>"),
        (3, "<li><a href='/tides/all'>Tables of the tides</a>"),
        (3, "<li class=head><a href='https://paper.example/x'>Stories of April</a>"),
        (3, "<li><a href='https://paper.example/x'>Read more</a>"),
    ],
)
def test_a_note_in_a_list_is_not_an_item(place: int, row: str) -> None:
    rows = [
        f"<li><a href='/news/{n}'>{title}</a> ({day(n):%d.%m.%Y})"
        for n, title in enumerate(titles("en"))
    ]
    rows.insert(place, row)
    found = rows_of(read(listing_html("en", f"<ul>{''.join(rows)}</ul>")))
    assert [url for url, _, _ in found] == [f"/news/{n}" for n in range(6)]


BARE = (
    "<html lang=en><head><title>{title}</title></head><body>{head}<div class=list>{rows}</div>"
    "<div>Quay Street 4, <a href=/imprint>Imprint</a></div></body></html>"
)


def test_the_heading_in_title_introduces_undated_releases_if_the_page_has_no_first_heading() -> (
    None
):
    rows = "".join(f"<div><a href=/n/{n}>{one}</a></div>" for n, one in enumerate(titles("en")))
    for title in ("Press releases", "Press releases | Harbour board"):
        html = BARE.format(title=title, head="<h3>Press releases</h3>", rows=rows)
        assert [said for _, said, _ in rows_of(read(html))] == [*titles("en")]


def test_the_name_of_the_site_introduces_no_releases() -> None:
    rows = "".join(f"<div><a href=/n/{n}>{one}</a></div>" for n, one in enumerate(titles("en")))
    logo = "<header><h2>Harbour board</h2></header>"
    assert not read(BARE.format(title="Harbour board", head=logo, rows=rows)).items
    html = BARE.format(title="Services | Harbour board", head="<h2>Harbour board</h2>", rows=rows)
    assert not read(html).items
