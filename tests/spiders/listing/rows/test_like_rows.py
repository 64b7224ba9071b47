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


def test_a_box_between_the_rows_and_a_button_below_them_are_none_of_them() -> None:
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
def test_an_undated_row_between_others_that_leads_to_another_site_is_an_item(
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
def test_a_note_in_a_list_is_no_item(place: int, row: str) -> None:
    rows = [
        f"<li><a href='/news/{n}'>{title}</a> ({day(n):%d.%m.%Y})"
        for n, title in enumerate(titles("en"))
    ]
    rows.insert(place, row)
    found = rows_of(read(listing_html("en", f"<ul>{''.join(rows)}</ul>")))
    assert [url for url, _, _ in found] == [f"/news/{n}" for n in range(6)]
