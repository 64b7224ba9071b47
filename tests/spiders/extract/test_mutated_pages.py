"""The pages of all rooms, cut and stirred: something is read of each, never an exception."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from spiders.extract.page_values import extract
from spiders.page.page import Page
from tests.examples import examples
from tests.golden import Room, rooms

ALL = rooms()
PIECES = (
    b"", b"<", b">", b"</div>", b"<table>", b"<p>", b"</p>", b"<a href='javascript:x'>", b'"', b"'",
    b"\x00", b"\xff\xfe", b"\xd0", b"&#xd800;", b"&#1;", b"<!--", b"-->", b"<script>", b"</script>",
    b"{", b"]", b"\\u0000", b"\\ud83d", b"31.02.2026", b"0/0/0", "٣١/١٢/٩٩٩٩".encode(),
    "İ".encode(), b"<base href='http://['>", b"<meta charset=utf-16>", b"<svg>", b"<plaintext>",
    b"<template>",
)  # fmt: skip


@st.composite
def stirred(draw: st.DrawFn) -> tuple[Room, bytes]:
    """A page of a room with parts of it cut out, doubled, moved, or other things put in."""
    room = draw(st.sampled_from(ALL))
    names = [path for path in room.folder.iterdir() if path.stem in {"listing", "release"}]
    body = draw(st.sampled_from(sorted(names))).read_bytes()
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, max(0, len(body) - 1)))
        end = min(len(body), start + draw(st.integers(0, 600)))
        part = draw(st.sampled_from(PIECES)) if draw(st.booleans()) else body[start:end]
        to = draw(st.integers(0, len(body)))
        body = body[:start] + body[end:] if draw(st.booleans()) else body
        body = body[:to] + part + body[to:]
    return room, body


@examples(80)
@given(stirred(), st.sampled_from(["auto", "listing", "release"]))
def test_any_damaged_page_is_read(made: tuple[Room, bytes], kind: str) -> None:
    room, body = made
    found = extract("x", Page(room.source.url, body), room.context, kind)  # type: ignore[arg-type]
    if found["kind"] == "listing":
        assert found["items"] or found["reasons"]
        urls = [item["url"] for item in found["items"]]
        texts = [item["title"] for item in found["items"]]
    else:
        assert found["body_text"] or found["reasons"]
        urls = [media["url"] for media in (*found["images"], *found["attachments"])]
        texts = [found["title"] or "", found["body_html"], found["body_text"]]
    assert all(url.startswith(("http://", "https://")) for url in urls)
    for text in texts:
        assert "\x00" not in text
        text.encode()
