"""A date belongs to its own row, unless it heads several rows."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.listing_pages import day, listing_html, read, rows_of, titles

LANGUAGES = ("en", "ar", "th", "ja", "zh", "ko")

HALF_DATED = {
    "item": ("<ul class=newslist>{}</ul>", "<li><a href={u}>{t}</a>{d}</li>", "<span>{}</span>"),
    "cell": (
        "<table>{}</table>",
        "<tr><td><img src=d.gif></td><td><a href={u}>{t}</a></td><td>{d}</td></tr>",
        "{}",
    ),
    "heading": (
        "<div class=items>{}</div>",
        "<div class=item><h4><a href={u}>{t}</a></h4>{d}</div>",
        "<small>{}</small>",
    ),
    "line": ("<div class=box>{}</div>", "<p>{d}<a href={u}>{t}</a></p>", "{} "),
    "term": ("<dl>{}</dl>", "<dt>{d}&nbsp;</dt><dd><a href={u}>{t}</a></dd>", "{}"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("kind", HALF_DATED)
def test_a_row_without_a_date_does_not_get_the_date_of_the_row_above(
    kind: str, first: int, language: str
) -> None:
    said = [*titles(language), *(f"{title} II" for title in titles(language))]
    around, row, date = HALF_DATED[kind]
    dated = {n: day(n).isoformat() for n in range(first, len(said), 2)}
    body = around.format(
        "".join(
            row.format(u=f"/news/{n}", t=title, d=date.format(dated[n]) if n in dated else "")
            for n, title in enumerate(said)
        )
    )
    found = rows_of(read(listing_html(language, body)))
    assert [(url, on) for url, _, on in found] == [
        (f"/news/{n}", dated.get(n)) for n in range(len(said))
    ]


def test_a_cell_over_several_rows_dates_all_of_them() -> None:
    rows = "".join(
        (f"<tr><td rowspan=3>{day(n):%d.%m.%Y}</td>" if n % 3 == 0 else "<tr>")
        + f"<td><a href=/news/{n}>{title}</a></td></tr>"
        for n, title in enumerate((*titles("de"), *titles("nl"), *titles("fr")))
    )
    found = rows_of(read(listing_html("de", f"<table>{rows}</table>")))
    assert [on for *_, on in found] == [day(n - n % 3).isoformat() for n in range(18)]


@pytest.mark.parametrize("text", ["", "<br>The work starts in autumn and takes two winters."])
def test_a_cell_over_two_rows_dates_both_releases(text: str) -> None:
    rows = "".join(
        (f"<tr><td rowspan=2>{day(n):%d.%m.%Y}</td>" if n % 2 == 0 else "<tr>")
        + f"<td><a href=/news/{n}>{title}</a>{text}</td></tr>"
        for n, title in enumerate((*titles("de"), *titles("nl")))
    )
    found = rows_of(read(listing_html("de", f"<table>{rows}</table>")))
    assert [(url, on) for url, _, on in found] == [
        (f"/news/{n}", day(n - n % 2).isoformat()) for n in range(12)
    ]


@pytest.mark.parametrize("folder", ["2026/07", "2031"])
def test_a_day_without_a_year_has_no_date_if_its_address_has_another_month_or_a_year_to_come(
    folder: str,
) -> None:
    rows = "".join(
        f"<li><span>{day(n):%d %b}</span> <a href=/news/{folder}/{n}>{title}</a></li>"
        for n, title in enumerate(titles("en"))
        if day(n).month != 7
    )
    found = rows_of(read(listing_html("en", f"<ul>{rows}</ul>")))
    assert found
    assert not [on for *_, on in found if on]


def test_figures_are_a_day_only_if_the_address_of_their_row_has_the_same() -> None:
    rows = "".join(
        f"<li><a href=/news/2026/03/17/{n}>{title}</a> <span>06-{n + 10}</span></li>"
        for n, title in enumerate(titles("en"))
    )
    found = rows_of(read(listing_html("en", f"<ul>{rows}</ul>")))
    assert [on for *_, on in found] == [None] * 6


def test_days_in_brackets_after_titles_belong_to_the_fiscal_year_of_the_heading() -> None:
    days = [dt.date(2026, 3, 29) - dt.timedelta(days=23 * n) for n in range(6)]
    rows = "".join(
        f"<li><a href=/press/r07/{n}.html>{title}（{on.month}月{on.day}日）</a></li>"
        for n, (title, on) in enumerate(zip(titles("ja"), days, strict=True))
    )
    body = f"<h1>記者発表（令和7年度）</h1><p>更新日：2026年7月25日</p><ul>{rows}</ul>"
    found = rows_of(read(listing_html("ja", body, heading=False), path="/press/index.html"))
    assert [(url, title, on) for url, title, on in found] == [
        (f"/press/r07/{n}.html", title, on.isoformat())
        for n, (title, on) in enumerate(zip(titles("ja"), days, strict=True))
    ]


@pytest.mark.parametrize("heading", ["Gözden kaçmasın", "Bunları biliyor muydunuz"])
def test_a_list_without_dates_below_a_dated_list_is_another_list(heading: str) -> None:
    rows = "".join(
        f"<li><a href=/haber/{n}>{title}</a> <span>{day(n):%d.%m.%Y}</span></li>"
        for n, title in enumerate(titles("tr"))
    )
    others = "".join(
        f"<li><a href=/haber/{90 + n}>{title} II</a></li>" for n, title in enumerate(titles("tr"))
    )
    body = f"<ul class=list>{rows}</ul><h3>{heading}</h3><ul class=list>{others}</ul>"
    found = rows_of(read(listing_html("tr", body), path="/haber"))
    assert [url for url, *_ in found] == [f"/haber/{n}" for n in range(6)]


def test_an_archive_in_a_list_like_the_releases_is_no_skipped_row() -> None:
    rows = "".join(
        f"<li><a href=/press/r08/{n}.html>{title}（{6 - n}月2日）</a></li>"
        for n, title in enumerate(titles("ja"))
    )
    archive = "<h2>過去の発表</h2><ul><li><a href=/press/r07/index.html>令和7年度</a></li></ul>"
    body = f"<h1>記者発表（令和8年度）</h1><ul>{rows}</ul>{archive}"
    found = read(listing_html("ja", body, heading=False), path="/press/index.html")
    assert len(found.items) == 6
    assert [one.period for one in found.archives] == ["2025"]
    assert not found.passed


def test_a_cell_dates_no_row_below_those_that_it_spans() -> None:
    written = []
    for n, title in enumerate((*titles("de"), *titles("nl"))):
        cell = f"<td rowspan=2>{day(n):%d.%m.%Y}</td>" if n % 2 == 0 else ""
        link = f"<td><a href=/news/{n}>{title}</a></td>"
        # The second row that the cell spans has no link.
        written += [f"<tr>{cell}{link}</tr>", *(["<tr><td>Hafenamt</td></tr>"] if cell else [])]
    found = rows_of(read(listing_html("de", f"<table>{''.join(written)}</table>")))
    dated = {url: on for url, _, on in found if on}
    assert dated == {f"/news/{n}": day(n).isoformat() for n in range(0, 12, 2)}
