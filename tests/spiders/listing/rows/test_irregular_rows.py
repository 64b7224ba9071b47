"""Containers without end tags: each post is inside the one before it, and all are one list."""

from __future__ import annotations

import pytest
from lxml import html as lxml_html

from spiders.listing.rows.irregular_rows import closed
from tests.listing_pages import day, listing_html, read, rows_of, titles

POST = (
    "<div class='post hentry'><h2 class=entry-title><a href='/{n}/'>{title}</a></h2>"
    "<p class=meta>{day:%d/%m/%Y}<div class=entry><p>{title}…"
)


def posts(language: str) -> str:
    """Posts whose containers are never closed."""
    return "".join(
        POST.format(n=n, title=title, day=day(n)) for n, title in enumerate(titles(language))
    )


def test_posts_that_are_never_closed_are_one_list() -> None:
    for language in ("th", "fr"):
        found = rows_of(read(listing_html(language, posts(language))))
        assert found == [
            (f"/{n}/", title, day(n).isoformat()) for n, title in enumerate(titles(language))
        ]


@pytest.mark.parametrize("wraps", range(1, 5))
def test_the_last_post_is_on_the_list_however_many_end_tags_follow_it(wraps: int) -> None:
    for language in ("bg", "hi"):
        body = "<div class=wrap>" * wraps + posts(language)
        ends = "".join(f"</div><ul><li><a href=/side/{n}/>{n}</a></ul>" for n in range(wraps))
        found = rows_of(read(listing_html(language, body + ends)))
        assert [url for url, _, _ in found] == [f"/{n}/" for n in range(6)]


def test_posts_form_one_list_although_the_first_ones_are_collapsed() -> None:
    closed_posts = "".join(
        POST.format(n=n + 10, title=f"{title} II", day=day(n)) + "</div></div>"
        for n, title in enumerate(titles("vi")[:3])
    )
    found = rows_of(read(listing_html("vi", closed_posts + posts("vi"))))
    assert [url for url, _, _ in found] == [f"/{n}/" for n in (10, 11, 12, 0, 1, 2, 3, 4, 5)]


def test_sections_by_year_that_are_never_closed_are_one_list() -> None:
    body = "".join(
        f"<h2>{2026 - year}</h2><div class=news-area><ul>"
        + "".join(
            f"<dl><dt><b>R&amp;D</b><span class=date>{20 - n}.5.{2026 - year}</span>"
            f"</dt><dd><a href='{2026 - year}/{n}.html'>{title}</a></dd></dl>"
            for n, title in enumerate(titles("he")[year:])
        )
        for year in range(5)
    )
    found = rows_of(read(listing_html("he", body)))
    assert found == [
        (f"/news/{2026 - year}/{n}.html", title, f"{2026 - year}-05-{20 - n}")
        for year in range(5)
        for n, title in enumerate(titles("he")[year:])
    ]


def test_containers_without_classes_are_closed_too() -> None:
    body = "".join(
        f"<div><h3><a href='/{n}.html'>{title}</a></h3><i>{day(n):%d.%m.%Y}</i><p>{title}."
        for n, title in enumerate(titles("ka"))
    )
    found = rows_of(read(listing_html("ka", body)))
    assert [url for url, _, _ in found] == [f"/{n}.html" for n in range(6)]


def test_nested_boxes_of_a_whole_page_stay_as_they_are() -> None:
    whole = lxml_html.document_fromstring(
        "<div class=box><h2>A</h2><a href=1>a</a><div class=box><h2>B</h2><a href=2>b</a></div>"
        "</div><div class=row><div class=row><div class=row><p><a href=3>c</a></div></div></div>"
        "<div class=c><p><a href=4>d</a><div class=c><p><a href=5>e</a><div class=c><p>"
        "<a href=6>f</a></div><hr></div></div>"
    )
    assert closed(whole) is whole


def test_the_tree_of_the_page_itself_is_not_changed() -> None:
    tree = lxml_html.document_fromstring(f"<div>{posts('fr')}</div>")
    before = lxml_html.tostring(tree)
    assert lxml_html.tostring(closed(tree)) != before
    assert lxml_html.tostring(tree) == before
