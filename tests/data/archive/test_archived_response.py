"""What a server answered comes back out of its record, whole, or with a sentence why not."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.archive.archive import Archive
from data.archive.archived_response import NotServed, Served, holds_secret, served, unchunked
from data.archive.content_coding import Undecodable
from data.archive.warc.archive_record import ArchiveRecord
from data.models import Capture
from data.settings import ArchiveSettings as Settings
from data.text.source_secrets import Secrets
from tests.archived import START, exchange

BODY = b"<p>The harbour board met.</p>" * 20
URL = "https://acme.example/a"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = Archive(tmp_path / "archive", Settings())
    yield opened
    opened.close()


def back(archive: Archive, capture: Capture, limit: int = 10_000) -> Served:
    return served(archive.folder, archive.index, capture.file, capture.offset, limit)


def test_a_page_is_returned_unpacked_with_its_headers(archive: Archive) -> None:
    found = back(archive, archive.exchange(exchange(URL, BODY, START)))
    assert (found.url, found.at, found.status, found.body) == (URL, START, 200, BODY)
    assert found.is_whole
    assert found.content_type == "text/html; charset=utf-8"


def test_a_repeated_payload_and_a_304_lead_to_the_body(archive: Archive) -> None:
    archive.exchange(exchange(URL, BODY, START))
    later = START + dt.timedelta(days=1)
    again = back(archive, archive.exchange(exchange(URL, BODY, later)))
    assert (again.at, again.status, again.body) == (later, 200, BODY)
    unchanged = exchange(URL, b"", later, "text/plain", status=304, reason="Not Modified")
    found = back(archive, archive.exchange(unchanged))
    assert (found.at, found.status, found.body) == (later, 200, BODY)
    assert found.content_type == "text/html; charset=utf-8"


def test_a_rendered_document_is_not_unpacked(archive: Archive) -> None:
    shown = exchange(URL, BODY, START, "text/html", rendered=True)
    assert back(archive, archive.exchange(shown)).body == BODY


def test_invalid_large_and_broken_responses_are_reported(archive: Archive) -> None:
    about = archive.metadata("urn:x", "application/json", b"{}", at=START)
    with pytest.raises(NotServed, match="not a server response"):
        back(archive, about)
    page = archive.exchange(exchange(URL, BODY, START))
    with pytest.raises(Undecodable, match="larger than 100 bytes"):
        back(archive, page, 100)
    broken = exchange(URL, gzip.compress(BODY)[:40], START, "text/html; charset=utf-8x")
    headers = ((b"Content-Encoding", b"gzip"),)
    cut = archive.exchange(exchange(URL, broken.body, START, "text/plain", headers=headers))
    assert BODY.startswith(back(archive, cut).body)
    assert not back(archive, cut).is_whole
    lost = archive.exchange(exchange(URL, BODY, START, "text/html", truncated="disconnect"))
    assert not back(archive, lost).is_whole


def test_a_file_of_no_server_is_one_all_the_same(archive: Archive) -> None:
    kept = archive.resource("urn:file", "application/pdf", b"%PDF", at=START)
    found = back(archive, kept)
    assert (found.content_type, found.body) == ("application/pdf", b"%PDF")


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        (b"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n", b"hello world"),
        (b"5\r\nhello\r\n6\r\n wor", b"hello wor"),
        (b"5\r\nhello\r\nnonsense", b"hello"),
        (b"<html>not chunked</html>", b"<html>not chunked</html>"),
        (b"", b""),
        (b"ffffffffffffffff\r\nx", b"x"),
        (b"ffffffffffffffffff\r\nx", b"ffffffffffffffffff\r\nx"),
    ],
)
def test_chunked_bodies_are_joined(body: bytes, whole: bytes) -> None:
    assert unchunked(body) == whole


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_a_secret_is_found_in_a_body_of_chunks(coding: str) -> None:
    body = b"<a href='/feed?token=t0psecret-9'>Feed</a>"
    body = gzip.compress(body) if coding == "gzip" else body
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in (body[:25], body[25:]))
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: {coding}\r\n\r\n"
    fields = (
        ("WARC-Type", "response"),
        ("WARC-Target-URI", URL),
        ("Content-Type", "application/http; msgtype=response"),
    )
    record = ArchiveRecord("", 0, 0, b"", fields, head.encode() + chunks + b"0\r\n\r\n")
    assert holds_secret(record, Secrets([f"{URL}?token=t0psecret-9"]), 10_000)
    assert not holds_secret(record, Secrets([f"{URL}?token=t0psecret-8"]), 10_000)
