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
def test_the_next_page_is_the_one_that_the_document_tells(
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
