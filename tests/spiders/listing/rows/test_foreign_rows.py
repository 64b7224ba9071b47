"""A box with rows like those of the list beside it is not a part of the list."""

from __future__ import annotations

import pytest

from tests.listing_pages import day, listing_html, read, rows_of, titles

ROWS = {
    "ul": "<li><a href='{u}'>{t}</a> <span>{d:%d.%m.%Y}</span></li>",
    "table": "<tr><td>{d:%d.%m.%Y}</td><td><a href='{u}'>{t}</a></td></tr>",
    "section": "<div><a href='{u}'>{t}</a><br>{d:%d.%m.%Y}</div>",
}
BOXES = [
    ("en", "Most read"), ("ru", "Самые читаемые"), ("el", "Εκδηλώσεις"),
    ("ja", "アクセスランキング"), ("ar", "الأكثر قراءة"),
    ("th", "ยอดนิยม"), ("ko", "많이 본 뉴스"), ("hi", "सबसे लोकप्रिय"),
]  # fmt: skip


def rows(tag: str, language: str, folder: str, days: range, note: str = "") -> str:
    """A list of as many rows as ``days``."""
    said = [*titles(language), *(f"{title} II" for title in titles(language))]
    body = "".join(
        ROWS[tag].format(u=f"{folder}{n}", t=f"{said[n]}{note}", d=day(of))
        for n, of in enumerate(days)
    )
    return f"<{tag}>{body}</{tag}>"


def found_on(language: str, body: str) -> list[str]:
    return [url for url, _, _ in rows_of(read(listing_html(language, body)))]


@pytest.mark.parametrize("first", [True, False], ids=["above", "below"])
@pytest.mark.parametrize("tag", ROWS)
@pytest.mark.parametrize(("language", "heading"), BOXES)
def test_a_box_whose_heading_announces_it_is_left_out(
    language: str, heading: str, tag: str, *, first: bool
) -> None:
    box = f"<div class=box><h3>{heading}</h3>{rows(tag, language, '/n/9', range(3, 7), ' I')}</div>"
    main = f"<div class=list>{rows(tag, language, '/n/', range(8))}</div>"
    found = found_on(language, box + main if first else main + box)
    assert found == [f"/n/{n}" for n in range(8)]


@pytest.mark.parametrize("tag", ROWS)
@pytest.mark.parametrize("language", ["de", "vi", "he", "zh", "ka"])
def test_a_box_in_a_narrow_column_is_left_out(language: str, tag: str) -> None:
    box = rows(tag, language, "/x/", range(3, 11), " I")
    body = (
        f"<div class=row><div class='col-md-8'>{rows(tag, language, '/n/', range(8))}</div>"
        f"<div class='col-md-4'><h3>+</h3>{box}</div></div>"
    )
    assert found_on(language, body) == [f"/n/{n}" for n in range(8)]


@pytest.mark.parametrize("tag", ROWS)
@pytest.mark.parametrize(
    ("language", "headings"),
    [
        ("en", ("Latest news", "Older news")),
        ("de", ("Aktuelle Meldungen", "Archiv der Meldungen")),
        ("tr", ("2026", "2025")),
        ("zh", ("最新消息", "往期新闻")),
    ],
)
def test_the_parts_of_a_list_stay_together(
    language: str, headings: tuple[str, str], tag: str
) -> None:
    new, old = headings
    body = (
        f"<div class=new><h2>{new}</h2>{rows(tag, language, '/n/1', range(3))}</div>"
        f"<div class=old><h2>{old}</h2>{rows(tag, language, '/n/2', range(3, 11), ' I')}</div>"
    )
    want = [*(f"/n/1{n}" for n in range(3)), *(f"/n/2{n}" for n in range(8))]
    assert found_on(language, body) == want


@pytest.mark.parametrize("language", ["fr", "bg", "ja"])
def test_two_columns_of_one_list_stay_together(language: str) -> None:
    body = (
        f"<div class=row><div class='col-md-6'>{rows('ul', language, '/n/1', range(6))}</div>"
        f"<div class='col-md-6'>{rows('ul', language, '/n/2', range(6, 12), ' I')}</div></div>"
    )
    want = [*(f"/n/1{n}" for n in range(6)), *(f"/n/2{n}" for n in range(6))]
    assert found_on(language, body) == want
