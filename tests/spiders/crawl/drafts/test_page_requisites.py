"""Limits and freshness of page requisites in one visit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.http import Response

from data.archive.archive import Archive
from data.models.capture import Exchange
from data.settings import ArchiveSettings
from data.store.core.store import Store
from spiders.crawl.drafts import page_requisites
from spiders.crawl.drafts.page_requisites import PageRequisites, RequisiteArchive
from spiders.download.capture import CAPTURE
from tests.visit_scopes import scope_of

SITE = "http://harbour.example"
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


class Visitor:
    """A visit that archives pages and answers the requests for their requisites."""

    def __init__(self, store: Store, archive: Archive, requisites: RequisiteArchive) -> None:
        self.scope = scope_of(store, NOON)
        self.archive = archive
        self.requisites = PageRequisites(self.scope, requisites)

    def page(self, number: int, html: str) -> None:
        """Archive the page of a new release."""
        url = f"{SITE}/news/{number}"
        self.requisites.note(url, self.archive.exchange(exchange(url, html.encode(), "text/html")))

    def answer(self, url: str, body: bytes, kind: str = "image/png", status: int = 200) -> None:
        """Archive and process the response to the request for a requisite."""
        capture = self.archive.exchange(exchange(url, body, kind, status))
        request = Request(url, meta={"asked": url, CAPTURE: capture})
        headers = {"Content-Type": kind}
        response = Response(url, status=status, body=body, headers=headers, request=request)
        self.requisites.read(response)

    def collect(self) -> list[str]:
        """Answer all requests, and return their paths."""
        asked = []
        while urls := self.requisites.next(NOON):
            for url in urls:
                asked.append(url.removeprefix(SITE))
                self.answer(url, url.encode())
        self.requisites.finish()
        return asked

    def notes(self) -> str:
        """All notes of the visit."""
        return "\n".join(self.scope.report.run.notes)


def exchange(url: str, body: bytes, kind: str, status: int = 200) -> Exchange:
    headers = ((b"Content-Type", kind.encode()),)
    return Exchange(url, dt.datetime.now(dt.UTC), status, "", headers, body)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with closing(Archive(tmp_path / "archive", ArchiveSettings())) as archive:
        yield archive


@pytest.fixture
def requisites(archive: Archive) -> Iterator[RequisiteArchive]:
    made = RequisiteArchive(archive, "page", 1_000_000)
    with closing(made.cache):
        yield made


def images(count: int) -> str:
    return "".join(f"<img src=/n{number}.png>" for number in range(count))


def test_a_page_with_many_images_gets_the_first_ones_and_a_note(
    store: Store, archive: Archive, requisites: RequisiteArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_requisites, "MAX_PER_PAGE", 40)
    visitor = Visitor(store, archive, requisites)
    visitor.page(1, images(2_000))
    assert visitor.collect() == [f"/n{number}.png" for number in range(40)]
    assert "has more than 40; 1960 are not archived" in visitor.notes()


def test_a_budget_that_ends_is_reported_and_the_next_visit_continues(
    store: Store, archive: Archive, requisites: RequisiteArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_requisites, "MAX_REQUESTS", 15)
    first = Visitor(store, archive, requisites)
    first.page(1, images(20))
    asked = first.collect()
    assert len(asked) == 15
    assert "the budget of a visit is used up" in first.notes()
    second = Visitor(store, archive, requisites)
    assert len({*asked, *second.collect()}) == 20
    assert second.notes() == ""
    assert Visitor(store, archive, requisites).collect() == []


def test_the_bytes_of_a_visit_are_limited(
    store: Store, archive: Archive, requisites: RequisiteArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_requisites, "MAX_BYTES", 1_000)
    visitor = Visitor(store, archive, requisites)
    visitor.page(1, images(30))
    first = visitor.requisites.next(NOON)
    assert visitor.requisites.limit() == 1_000
    for url in first:
        visitor.answer(url, b"x" * 200 + url.encode())
    assert visitor.requisites.limit() == 0
    assert visitor.requisites.next(NOON) == ()


def test_style_sheets_that_import_each_other_are_requested_once(
    store: Store, archive: Archive, requisites: RequisiteArchive
) -> None:
    visitor = Visitor(store, archive, requisites)
    visitor.page(1, "<link rel=stylesheet href=/a.css><p>x")
    assert visitor.requisites.next(NOON) == (f"{SITE}/a.css",)
    visitor.answer(f"{SITE}/a.css", b"@import 'a.css';@import 'b.css';", "text/css")
    assert visitor.requisites.next(NOON) == (f"{SITE}/b.css",)
    visitor.answer(f"{SITE}/b.css", b"@import 'a.css';b{background:url(c.png)}", "text/css")
    assert visitor.requisites.next(NOON) == (f"{SITE}/c.png",)
    visitor.answer(f"{SITE}/c.png", b"c")
    visitor.page(2, "<link rel=stylesheet href=/a.css><img src=/d.png>")
    assert visitor.requisites.next(NOON) == (f"{SITE}/d.png",), "the styles are fresh"


def test_a_page_is_tried_again_after_an_hour_if_a_server_failed(
    store: Store, archive: Archive, requisites: RequisiteArchive
) -> None:
    visitor = Visitor(store, archive, requisites)
    visitor.page(1, images(1))
    (url,) = visitor.requisites.next(NOON)
    visitor.requisites.failed(url, "timeout", "the server did not answer in time")
    assert visitor.requisites.next(NOON) == ()
    again = Visitor(store, archive, requisites)
    assert again.requisites.next(NOON + dt.timedelta(minutes=59)) == ()
    assert requisites.cache.pages("harbour", NOON + dt.timedelta(hours=1), limit=9)


def test_pages_and_requisites_of_redacted_releases_are_not_requested(
    store: Store, archive: Archive
) -> None:
    made = RequisiteArchive(archive, "page", 1_000_000, frozenset([f"{SITE}/n0.png"]))
    with closing(made.cache):
        visitor = Visitor(store, archive, made)
        visitor.page(1, images(2))
        assert visitor.collect() == ["/n1.png"]


def test_a_damaged_cache_is_made_again(store: Store, archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir(exist_ok=True)
    (tmp_path / "archive" / "requisites.db").write_bytes(b"no database" * 1_000)
    made = RequisiteArchive(archive, "page", 1_000_000)
    with closing(made.cache):
        visitor = Visitor(store, archive, made)
        visitor.page(1, images(1))
        assert visitor.collect() == ["/n0.png"]
