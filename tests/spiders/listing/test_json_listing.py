"""Listings in JSON are read in the shapes that systems in common use give them."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from data.dates.context import DateContext
from spiders.items import Listing
from spiders.json_state.json_fields import by_shape
from spiders.listing.read import read_listing
from spiders.page.page import Page

READING = DateContext("Europe/London", now=dt.datetime(2026, 11, 25, tzinfo=dt.UTC))
BASE = "https://press.example"
ROWS = (
    ("Bridge closes for repair works", "2025-11-03T10:00:00Z"),
    ("Winter ferry timetable is out", "2025-10-28T10:00:00Z"),
    ("Council meets on Tuesday", "2025-09-30T10:00:00Z"),
)
EXPECTED = [(f"{BASE}/news/{n}", title, day[:10]) for n, (title, day) in enumerate(ROWS)]


def read(document: Any, path: str = "/api/news") -> Listing:
    body = json.dumps(document).encode()
    return read_listing(Page(f"{BASE}{path}", body, "application/json"), READING)


def rows(make: str) -> list[Any]:
    """The records that ``make`` describes, once for each release."""
    texts = (
        make.replace("$N", str(n))
        .replace("$T", title)
        .replace("$D", day)
        .replace("$MS", str(int(dt.datetime.fromisoformat(day).timestamp() * 1000)))
        for n, (title, day) in enumerate(ROWS)
    )
    return [json.loads(text) for text in texts]


SHAPES = {
    "elastic": {
        "hits": {
            "hits": rows(
                '{"_id": "$N", "_source": {"title": "$T", "url_path": "/news/$N", "date": "$D"}}'
            )
        }
    },
    "json:api": {
        "data": rows(
            '{"id": "u$N", "attributes": {"title": "$T", "created": "$D", "changed": "2026-01-01",'
            '"path": {"alias": "/news/$N"}}, "links": {"self": {"href": "/jsonapi/news/u$N"}}}'
        )
    },
    "graphql": {
        "data": {
            "all": {
                "edges": rows(
                    '{"cursor": "c$N", "node": {"headline": "$T", "publishDate": "$D",'
                    '"link": "/news/$N"}}'
                )
            }
        }
    },
    "sharepoint": {
        "d": {"results": rows('{"Title": "$T", "FileRef": "/news/$N", "ArticleStartDate": "$D"}')}
    },
    ".net": rows('{"Title": "$T", "Url": "/news/$N", "Date": "/Date($MS)/"}'),
    "spanish": {
        "items": rows('{"titulo": "$T", "enlace_url": "/x", "url": "/news/$N", "fecha": "$D"}')
    },
    "cells": {"draw": 1, "data": rows('["<a href=\\"/news/$N\\">$T</a>", "$D", 7, null]')},
    "pieces": [
        {"html": f'<li><a href="/news/{n}">{title}</a> <i>{day[:10]}</i></li>'}
        for n, (title, day) in enumerate(ROWS)
    ],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_items_are_found_in_every_shape(shape: str) -> None:
    found = [
        (item.url, item.title, item.published.iso[:10] if item.published else None)
        for item in read(SHAPES[shape]).items
    ]
    assert found == EXPECTED


RECORDS = rows('{"title": "$T", "url": "/news/$N", "date": "$D"}')


@pytest.mark.parametrize(
    ("extra", "path", "expected"),
    [
        ({"links": {"next": "/api/news?page[offset]=3"}}, "", "?page[offset]=3"),
        ({"links": {"next": {"href": "/api/news?skip=3"}}}, "", "?skip=3"),
        ({"@odata.nextLink": f"{BASE}/api/news?$skip=3"}, "", "?$skip=3"),
        ({"meta": {"pagination": {"links": {}}, "next_page_url": "?page=2"}}, "", "?page=2"),
        ({"meta": {"current_page": 1, "total_pages": 9}}, "?page=1&size=3", "?page=2&size=3"),
        ({"nbPages": 9}, "?q=&p=8", "?q=&p=9"),
        ({"nbPages": 9}, "?q=&p=9", None),
        ({"total_pages": True}, "?page=0", None),
        ({"links": {"next": None, "self": "/api/news?page=1"}}, "?page=1", None),
        ({"total_pages": 9}, "", None),
    ],
)
def test_the_next_page_is_the_one_stated_in_the_document(
    extra: dict[str, Any], path: str, expected: str | None
) -> None:
    following = read({"items": RECORDS, **extra}, f"/api/news{path}").next
    assert following == (f"{BASE}/api/news{expected}" if expected else None)


class Nested(dict[str, object]):
    """An object that is never written as text: objects in one another would be, at each level."""

    def __repr__(self) -> str:
        raise AssertionError("an object was written as text")


def test_fields_of_unknown_names_are_known_by_texts_and_not_by_objects() -> None:
    records: list[dict[str, Any]] = [
        {"a": Nested(), "b": [Nested()], "words": f"Notice {n} of ships", "at": f"2026-03-0{n}"}
        for n in range(1, 4)
    ]
    assert by_shape(records) == ("words", "at")


def test_records_at_fragments_of_one_page_are_different_releases() -> None:
    urls = ["/notices#nr-7", "/notices#nr-6", "/notices#nr-5"]
    records = [
        {"title": title, "url": url, "date_published": day}
        for url, (title, day) in zip(urls, ROWS, strict=True)
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Notices", "items": records}
    assert [item.url for item in read(feed).items] == [f"{BASE}{url}" for url in urls]


def test_the_fragment_of_a_record_with_its_own_page_is_dropped() -> None:
    marks = ("#xtor=RSS-1", "#lead", "#comments")
    records = [{**one, "url": f"{one['url']}{m}"} for one, m in zip(RECORDS, marks, strict=True)]
    found = [item.url for item in read({"items": records}).items]
    assert found == [url for url, _, _ in EXPECTED]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ja", ("桟橋の開設について", "灯台の点検について", "料金の改定について")),
        ("ar", ("افتتاح الرصيف الجديد", "صيانة المنارة القديمة", "تعديل رسوم القوارب")),
        ("uk", ("Відкрито новий причал", "Маяк отримав лампу", "Нові збори для човнів")),
    ],
)
def test_sections_in_the_state_of_a_page_keep_their_fragments(
    language: str, said: tuple[str, ...]
) -> None:
    releases = [
        {"title": title, "href": f"/{language}/news/#{language}-{n}", "publishedAt": day}
        for n, (title, (_, day)) in enumerate(zip(said, ROWS, strict=True))
    ]
    state = json.dumps({"props": {"pageProps": {"releases": releases}}})
    html = (
        f"<html lang={language}><body><div id=__next></div>"
        f"<script id=__NEXT_DATA__ type=application/json>{state}</script></body></html>"
    )
    page = Page(f"{BASE}/{language}/news/", html.encode(), "text/html; charset=utf-8")
    found = [item.url for item in read_listing(page, READING).items]
    assert found == [f"{BASE}/{language}/news/#{language}-{n}" for n in range(3)]
