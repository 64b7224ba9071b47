"""Hidden lists of a page: never before a visible one, and read where there is no other."""

from __future__ import annotations

import pytest

from tests.listing_pages import NEWS, day, listing_html, read, rows_of, titles


def visible(language: str) -> str:
    """An undated list in table cells, as SharePoint pages have."""
    rows = "".join(
        f"<tr><td class=TitleFront><a href='/item/{n}'>{title}<span class=ShowDate> "
        f"({day(n):%d.%m.%Y} 14:14)</span></a>"
        for n, title in enumerate(titles(language))
    )
    return f"<table>{rows}</table>"


def dated(language: str, name: str = "old") -> str:
    """A list of other pages with dates in cells of their own."""
    return (
        "<table>"
        + "".join(
            f"<tr class=row><td><a href='/{name}/Disp.aspx?ID={n}'>{title} ({name})</a><td>"
            f"{day(n + 40):%d/%m/%Y}"
            for n, title in enumerate(titles(language) * 2)
        )
        + "</table>"
    )


@pytest.mark.parametrize(
    ("language", "hidden"),
    [
        ("ru", "<div id=hidZone style='display: none'>{}</div>"),
        ("ar", "<div hidden>{}</div>"),
        ("el", "<section aria-hidden=true><div>{}</div></section>"),
        ("bg", "<div class=ms-hide><div class=ms-wpContentDivSpace>{}</div></div>"),
        ("zh", "<div style='visibility:hidden;height:0'>{}</div>"),
    ],
)
def test_a_hidden_dated_list_never_wins_over_the_visible_one(language: str, hidden: str) -> None:
    body = hidden.format(dated(language)) + visible(language)
    found = rows_of(read(listing_html(language, body)))
    assert [url for url, _, _ in found] == [f"/item/{n}" for n in range(6)]
    assert [date for _, _, date in found] == [day(n).isoformat() for n in range(6)]


def test_a_list_in_an_inactive_tab_is_read_if_there_is_no_other() -> None:
    tabs = (
        "<ul class=tabs><li><a href=#map>MAP</a><li><a href=#news>NEWS</a></ul>"
        "<div id=map class=tab><p>〒100 1-2-3 <a href=/map.pdf>PDF</a></div>"
        f"<div id=news class=tab style=display:none>{dated('ja')}</div>"
    )
    assert len(read(listing_html("ja", tabs)).items) == 12


def test_the_years_in_tabs_are_one_list_though_one_tab_is_visible() -> None:
    tabs = "".join(
        f"<div class=tab-pane id=y{2026 - n}{'' if n == 0 else ' style=display:none'}>"
        + "".join(
            f"<div class=haber><span>{26 - k:02}.05.{2026 - n}</span>"
            f"<a href='/haber/{n}{k}'>{title} {n}</a></div>"
            for k, title in enumerate(titles("tr"))
        )
        + "</div>"
        for n in range(3)
    )
    found = rows_of(read(listing_html("tr", tabs)))
    assert [url for url, _, _ in found] == [f"/haber/{n}{k}" for n in range(3) for k in range(6)]


def test_content_that_a_script_shows_is_not_hidden() -> None:
    body = f"<div id=page style='visibility:hidden'><h1>{NEWS['hi'][0]}</h1>{dated('hi')}</div>"
    box = "".join(f"<li><a href='/links/{n}'>{one}</a>" for n, one in enumerate(titles("hi")[:3]))
    html = listing_html("hi", body, heading=False, foot=f"<ul class=box>{box}</ul>")
    assert len(read(html).items) == 12


def test_a_heading_for_screen_readers_is_a_heading() -> None:
    body = (
        f"<h2 class=visually-hidden>{NEWS['de'][0]}</h2>{visible('de')}"
        f"<h2 class=visually-hidden>Veranstaltungen</h2>{dated('de', 'termine')}"
    )
    found = rows_of(read(listing_html("de", body)))
    assert [url for url, _, _ in found] == [f"/item/{n}" for n in range(6)]


def test_rows_below_a_button_that_shows_more_are_rows() -> None:
    rows = "".join(
        f"<li{' style=display:none' if n > 2 else ''}><a href='/nieuws/{n}'>{title}</a>"
        f"<em>{day(n):%d-%m-%Y}</em>"
        for n, title in enumerate(titles("nl"))
    )
    found = rows_of(read(listing_html("nl", f"<ul>{rows}</ul><button>Meer</button>")))
    assert [url for url, _, _ in found] == [f"/nieuws/{n}" for n in range(6)]
