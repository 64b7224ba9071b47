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
from spiders.crawl.drafts.page_requisites import PageRequisites
from spiders.crawl.drafts.requisite_archive import RequisiteArchive
from spiders.download.capture import CAPTURE
from spiders.download.settings import PICTURED, PICTURES
from tests.drafts import draft
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

    def release(self, number: int, html: str) -> str:
        """Record the page of a release, and return its address."""
        url = f"{SITE}/news/{number}"
        capture = self.archive.exchange(exchange(url, html.encode(), "text/html"))
        changes = {"title": f"Notice {number}", "body_text": f"Notice {number} has {html}."}
        found = draft(url, capture=capture, digest=capture.digest, **changes)
        self.scope.store.record(found, seen=capture.at, since=NOON)
        self.requisites.note(url, capture)
        return url

    def picture(self, url: str, pictures: dict[str, bytes]) -> None:
        """Answer the request for the pictures of a page."""
        meta = {"asked": url, PICTURED: self.requisites.pictured(url), PICTURES: pictures}
        self.requisites.read(Response(url, request=Request(url, meta=meta)))

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
    assert "the limit per visit was reached" in first.notes()
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


PICTURES_OF_ONE = {"screenshot": b"webp", "pdf": b"pdf"}


@pytest.fixture
def pictured(archive: Archive) -> Iterator[RequisiteArchive]:
    made = RequisiteArchive(archive, "none", 1_000_000, pictures=True)
    with closing(made.cache):
        yield made


def test_a_new_page_is_pictured_once_after_its_requisites(
    store: Store, archive: Archive, pictured: RequisiteArchive
) -> None:
    pictured.mode = "page"
    visitor = Visitor(store, archive, pictured)
    url = visitor.release(1, f"<p>x{images(1)}")
    assert visitor.requisites.next(NOON) == (f"{SITE}/n0.png",)
    assert visitor.requisites.pictured(f"{SITE}/n0.png") is None
    visitor.answer(f"{SITE}/n0.png", b"png")
    assert visitor.requisites.next(NOON) == (url,)
    page, part = visitor.requisites.pictured(url) or pytest.fail("no picture is wanted")
    assert (page.url, page.body) == (url, b"<p>x<img src=/n0.png>")
    assert (part(f"{SITE}/n0.png") or page).body == b"png"
    assert part(f"{SITE}/n1.png") is None
    pictured.redacted = frozenset([f"{SITE}/n1.png"])
    assert (part(f"{SITE}/n1.png") or page).status == 410, "the browser does not request it"
    visitor.picture(url, PICTURES_OF_ONE)
    assert visitor.requisites.next(NOON) == ()
    assert [one.media_type for one in archive.index.captures(f"urn:pdf:{url}")] == [
        "application/pdf"
    ]
    assert Visitor(store, archive, pictured).requisites.next(NOON) == ()


def test_a_picture_that_is_too_large_is_a_note(
    store: Store, archive: Archive, pictured: RequisiteArchive
) -> None:
    visitor = Visitor(store, archive, pictured)
    url = visitor.release(1, f"<p>x{images(1)}")
    assert visitor.requisites.next(NOON) == (url,)
    visitor.picture(url, {"pdf": b"pdf"})
    visitor.requisites.finish()
    assert "no screenshot or PDF: the screenshot is too large" in visitor.notes()
    assert len(archive.index.captures(f"urn:pdf:{url}")) == 1
    assert archive.index.captures(f"urn:screenshot:{url}") == []


def test_a_failed_picture_waits_for_a_later_visit(
    store: Store, archive: Archive, pictured: RequisiteArchive
) -> None:
    visitor = Visitor(store, archive, pictured)
    url = visitor.release(1, "<p>x")
    visitor.requisites.next(NOON)
    visitor.requisites.failed(url, "timeout", "it took too long")
    assert visitor.requisites.next(NOON) == ()
    later = NOON + dt.timedelta(hours=1)
    assert Visitor(store, archive, pictured).requisites.next(later) == (url,)
    visitor.release(1, "<p>y")
    again = Visitor(store, archive, pictured)
    assert again.requisites.next(later) == (url,)
    assert (again.requisites.pictured(url) or pytest.fail("none"))[0].body == b"<p>y"
    again.picture(url, PICTURES_OF_ONE)
    assert again.requisites.next(later) == (), "the earlier version was replaced"


def test_the_budget_of_a_visit_limits_pictures_too(
    store: Store, archive: Archive, pictured: RequisiteArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_requisites, "MAX_BYTES", 5)
    visitor = Visitor(store, archive, pictured)
    urls = {visitor.release(number, "<p>x") for number in (1, 2)}
    (first,) = visitor.requisites.next(NOON)
    visitor.picture(first, PICTURES_OF_ONE)
    assert visitor.requisites.next(NOON) == ()
    assert Visitor(store, archive, pictured).requisites.next(NOON) == (*(urls - {first}),)


def test_without_a_browser_a_visit_reports_the_missing_screenshots(
    store: Store, archive: Archive
) -> None:
    made = RequisiteArchive(archive, "page", 1_000, pictures=True, no_browser="Chromium is missing")
    with closing(made.cache):
        visitor = Visitor(store, archive, made)
        visitor.release(1, images(1))
        assert visitor.collect() == ["/n0.png"]
    assert visitor.notes() == "Chromium is missing"


def test_a_damaged_cache_is_made_again(store: Store, archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir(exist_ok=True)
    (tmp_path / "archive" / "requisites.db").write_bytes(b"no database" * 1_000)
    made = RequisiteArchive(archive, "page", 1_000_000)
    with closing(made.cache):
        visitor = Visitor(store, archive, made)
        visitor.page(1, images(1))
        assert visitor.collect() == ["/n0.png"]
