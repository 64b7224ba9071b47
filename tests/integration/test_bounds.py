"""What a server may send without end, and what a crawl keeps of it in memory."""

from __future__ import annotations

import gc
import gzip
import json
import tracemalloc
import zlib
from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path

import pytest
from fpdf import FPDF
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse
from scrapy.statscollectors import StatsCollector
from twisted.python.failure import Failure

from spiders.download.responses import describe_error
from spiders.download.settings import CrawlConnections
from spiders.download.size_limits import DecompressionMiddleware
from tests.command import collect, communique, make_home
from tests.examples import thorough
from tests.press_room import Answer, listing_html, release_html, served
from tests.raw_server import plain, serving

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
ENDLESS = (
    (HEAD, b"X-A: " + b"b" * 8_000 + b"\r\n"),
    (HEAD + b"X-A: ", b"b" * 8_000),
    (HEAD + b"X-A: a\r\n", b" " + b"b" * 8_000 + b"\r\n"),
    (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 300),
)
"""How an answer begins and goes on for ever: headers, one header, one in many lines, interim
answers."""


@pytest.mark.parametrize("pages", [1, *thorough(len(ENDLESS))])
def test_an_endless_header_is_cut_and_reported(tmp_path: Path, pages: int) -> None:
    sent = 0

    def without_end(first: bytes, again: bytes) -> Iterator[bytes]:
        nonlocal sent
        yield first
        for part in repeat(again):
            sent += len(part)
            assert sent < 400_000_000
            yield part

    def answering(path: str) -> Iterable[bytes]:
        if path == "/news/":
            return plain(listing_html([*range(pages + 1, 0, -1)]).encode())
        number = int(path[6]) if path.startswith("/news/") else 0
        if number > 1:
            return without_end(*ENDLESS[number - 2])
        return plain(release_html(number).encode())

    with serving(answering) as base:
        run = collect(make_home(tmp_path / "home", f"{base}/news/"))
    assert run["new"] == 1
    assert sent < 100_000_000
    said = {one["url"][-6:]: (one["kind"], one["message"]) for one in run["errors"]}
    cut = ("size", "the response headers are larger than 256 KB")
    assert said == dict.fromkeys((f"{number}.html" for number in range(2, pages + 2)), cut)


def test_a_long_cookie_does_not_keep_a_source_from_being_read(tmp_path: Path) -> None:
    def answering(path: str) -> Iterable[bytes]:
        if path == "/news/":
            return plain(listing_html([1]).encode(), b"Set-Cookie: a=" + b"c" * 50_000)
        return plain(release_html(1).encode(), b"ETag: " + b"e" * 50_000)

    with serving(answering) as base:
        run = collect(make_home(tmp_path / "home", f"{base}/news/"))
    assert (run["new"], run["errors"]) == (1, [])


@pytest.mark.parametrize(
    "cookies", [["a=" + "c" * 200_000], [f"n{n}={'c' * 4000}" for n in range(60)]]
)
def test_a_site_that_refuses_long_requests_is_read_whatever_cookies_it_sets(
    cookies: list[str], tmp_path: Path
) -> None:
    with served() as room:
        lines = "\r\nSet-Cookie: ".join([*cookies, "small=kept"])
        room.page("/news/", listing_html([2, 1]), headers={"Set-Cookie": lines})
        for number in (1, 2):
            room.page(f"/news/{number}.html", release_html(number))
        run = collect(make_home(tmp_path / "home", f"{room.base}/news/"))
    assert (run["new"], run["errors"]) == (2, [])
    assert room.sent
    assert all(len(sent) <= 8_000 for sent in room.sent)


def bomb() -> bytes:
    """A hundred kilobytes that become a hundred megabytes."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    parts = [packer.compress(bytes(1_000_000)) for _ in range(100)]
    return b"".join((*parts, packer.flush()))


@pytest.fixture
def without_garbage_collection() -> Iterator[None]:
    """What a cycle holds stays."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_garbage_collection")
def test_an_answer_too_large_to_unpack_is_not_stored() -> None:
    crawler = Crawler(Spider, {"DOWNLOAD_MAXSIZE": 5_000_000})
    crawler.stats = StatsCollector(crawler)
    middleware = DecompressionMiddleware.from_crawler(crawler)
    request = Request("http://harbour.example/1")
    body = bomb()
    failures = []
    tracemalloc.start()
    for _ in range(5):
        answer = HtmlResponse(request.url, headers={"Content-Encoding": "gzip"}, body=body)
        with pytest.raises(IgnoreRequest) as error:
            middleware.process_response(request, answer)
        failures.append(Failure(error.value))  # type: ignore[no-untyped-call]
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 5_000_000
    assert describe_error(failures[0].value, "harbour.example", CrawlConnections())[0] == "size"


@pytest.mark.thorough
def test_a_bomb_is_reported_in_a_sentence_and_the_others_are_read(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing_html([2, 1]))
        room.page("/news/1.html", release_html(1))
        room.answers["/news/2.html"] = Answer(bomb(), headers={"Content-Encoding": "gzip"})
        run = collect(make_home(tmp_path / "home", f"{room.base}/news/"))
    assert run["new"] == 1
    assert [one["kind"] for one in run["errors"]] == ["size"]
    assert "max_bytes" in run["errors"][0]["message"]


def test_an_undeclared_gzipped_page_is_read_as_a_release(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing_html([1]))
        room.answers["/news/1.html"] = Answer(gzip.compress(release_html(1).encode()))
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        run = collect(home)
    assert run["new"] == 1
    assert "Odile Brandt" in communique("export", home=home).stdout


def test_document_releases_have_title_date_and_text(tmp_path: Path) -> None:
    with served() as room:
        row = '<li><a href="/files/{0}.pdf">{1}</a> <span class="date">{2} March 2026</span></li>'
        rows = row.format(1, "Lamp on the mole", 3) + row.format(2, "New pilot boat", 2)
        room.page("/news/", f'<ul class="news">{rows}{row.format(3, "Tides of spring", 1)}</ul>')
        for number, body in enumerate((document("Odile Brandt lit it."), b"%PDF-1.4 cut", b""), 1):
            kind = "application/octet-stream" if number == 1 else "application/pdf"
            room.answers[f"/files/{number}.pdf"] = Answer(body, content_type=kind)
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        run = collect(home)
    assert (run["new"], run["errors"]) == (3, [])
    found = {one["title"]: one for one in map(json.loads, exported(home))}
    assert set(found) == {"Lamp on the mole", "New pilot boat", "Tides of spring"}
    assert "Odile Brandt lit it." in found["Lamp on the mole"]["body_text"]
    assert found["New pilot boat"]["body_text"] == ""
    assert all(one["attachments"] for one in found.values())


def exported(home: Path) -> list[str]:
    """All releases, as lines of JSON."""
    return communique("export", home=home).stdout.splitlines()


def document(text: str) -> bytes:
    """A PDF that says so."""
    made = FPDF()
    made.add_page()
    made.set_font("helvetica", size=11)
    made.multi_cell(0, 5, text)
    return bytes(made.output())
