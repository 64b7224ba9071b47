"""A HOME whose releases have their pages in its archive."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.archive.archive import Archive
from data.models import Draft, Media, Source
from data.models.capture import Exchange
from data.settings import ArchiveSettings as Settings
from data.store.core.store import Store
from data.store.open import open_store
from tests.feeds.sample_store import make_release

START = dt.datetime(2022, 11, 24, 8, 0, 0, 250_000, tzinfo=dt.UTC)
HTML = "text/html; charset=utf-8"
PDF = b"%PDF-1.4 \x00\xff all of it"


def exchange(
    url: str, body: bytes, at: dt.datetime, content_type: str = HTML, **more: object
) -> Exchange:
    """A page or file as a server gave it, compressed where it is a page."""
    headers = [(b"Content-Type", content_type.encode())]
    if content_type == HTML:
        headers.append((b"Content-Encoding", b"gzip"))
        body = gzip.compress(body, mtime=0)
    fields = {"status": 200, "reason": "OK", "headers": tuple(headers), **more}
    return Exchange(url=url, at=at, body=body, **fields)  # type: ignore[arg-type]  # its own fields


def page(number: int, text: str) -> bytes:
    """A page of a release."""
    return (
        f"<html lang='en'><head><title>Statement {number}</title></head><body><main>"
        f"<h1>Statement {number}</h1><p>{text} Ærø.</p><img src='/a.png'></main></body></html>"
    ).encode()


@contextmanager
def archived_home(home: Path, count: int = 3, *, max_file: int = 10**9) -> Iterator[Store]:
    """A store of releases of ``acme``, and one of ``wire``, with an archive of their pages.

    The first of them was edited once, and has an attachment that is archived. A file of the archive
    is full after ``max_file`` bytes.
    """
    archive = Archive(home / "archive", Settings(max_file=max_file))
    store = open_store(f"sqlite:{home / 'communique.db'}")
    for name in ("acme", "wire"):
        store.register(Source(name, name.upper(), f"https://{name}.example/", "Asia/Baku"))
    for number in range(count + 1):
        source = "acme" if number < count else "wire"
        attached = (Media(f"https://acme.example/{number}.pdf", "application/pdf"),)
        text = f"All that the harbour board of quay {number} said."
        release = make_release(number, source, body_text=text, attachments=attached)
        at = START + dt.timedelta(days=number)
        capture = archive.exchange(exchange(release.url, page(number, text), at))
        draft = Draft(source, release.url, release.content, capture=capture)
        store.record(draft, seen=at, since=at)
    url = "https://acme.example/0.pdf"
    at = START + dt.timedelta(days=20)
    store.keep_file("acme", url, archive.exchange(exchange(url, PDF, at, "application/pdf")))
    attached = (Media(url, "application/pdf"),)
    edited = make_release(0, title="Corrected", body_text="It was wrong.", attachments=attached)
    capture = archive.exchange(exchange(edited.url, page(0, "It was wrong."), at))
    store.record(Draft("acme", edited.url, edited.content, capture=capture), seen=at, since=at)
    store.update_search_index()
    archive.close()
    yield store
    store.close()
