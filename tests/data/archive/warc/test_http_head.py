"""HTTP heads in records: what stands in them, and what is kept out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.archive.warc.http_head import field_of, request_head, response_head, split_head
from tests.exchanges import answer


def test_a_response_header_is_stored_as_served() -> None:
    headers = ((b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2"), (b"X-Name", "é".encode("latin-1")))
    assert response_head(answer(headers=headers, status=404, reason="Not Found")) == (
        b"HTTP/1.1 404 Not Found\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Name: \xe9\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("protocol", "written"),
    [("HTTP/1.0", b"HTTP/1.0"), ("HTTP/1.1", b"HTTP/1.1"), ("h2", b"HTTP/1.1"), ("", b"HTTP/1.1")],
)
def test_a_head_is_that_of_http_1(protocol: str, written: bytes) -> None:
    assert response_head(answer(protocol=protocol)).startswith(written + b" 200 OK\r\n")


values = st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r", b"\n", b"\0", b"\xe9"])).map(b"".join)
names = values.filter(lambda name: name.strip(b" \t\r\n\0"))


@given(st.lists(st.tuples(names, values)), st.text(st.sampled_from("a\r\n\0é中")))
def test_no_header_and_no_reason_can_end_its_line(
    headers: list[tuple[bytes, bytes]], reason: str
) -> None:
    made = answer(headers=tuple(headers), reason=reason, body=b"body\r\n\r\nmore")
    lines, payload = split_head(response_head(made) + made.body)
    first, fields = lines[0], [*map(field_of, lines[1:])]
    assert first.startswith(b"HTTP/1.1 200 ")
    assert len(fields) == len(headers)
    # A line that begins with white space would go on the one before it.
    assert all(name[:1].strip() for name, _ in fields)
    assert payload == made.body
    assert not set(b"\r\n\0") & set(b"".join([first, *map(b"".join, fields)]))


def test_a_chunked_body_is_archived_without_transfer_encoding() -> None:
    head = response_head(answer(headers=((b"transfer-encoding", b"chunked"),)))
    assert head == b"HTTP/1.1 200 OK\r\nX-Orig-Transfer-Encoding: chunked\r\n\r\n"


def test_a_rendered_document_has_no_coding_and_no_length_of_the_wire() -> None:
    headers = (
        (b"Content-Encoding", b"br"),
        (b"Content-Length", b"7"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Content-Type", b"text/html"),
    )
    head = response_head(answer(headers=headers, rendered=True))
    assert head == b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"


def test_a_request_holds_nothing_that_identifies_its_sender() -> None:
    headers = (
        (b"Authorization", b"Basic dTpw"),
        (b"PROXY-Authorization", b"Basic dTpw"),
        (b"cookie", b"session=1"),
        (b"Referer", b"http://u:p@harbour.example/?token=abc&page=1"),
        (b"If-None-Match", b'"5f3e"'),
    )
    head = request_head(answer(request_headers=headers), "http://harbour.example/news?page=1")
    assert head == (
        b"GET /news?page=1 HTTP/1.1\r\nHost: harbour.example\r\n"
        b'Referer: http://harbour.example/?token=***&page=1\r\nIf-None-Match: "5f3e"\r\n\r\n'
    )


def test_a_request_names_its_host_once() -> None:
    headers = ((b"host", b"harbour.example:8080"),)
    head = request_head(answer(request_headers=headers), "http://harbour.example:8080")
    assert head == b"GET / HTTP/1.1\r\nhost: harbour.example:8080\r\n\r\n"


@pytest.mark.parametrize(
    ("uri", "target", "host"),
    [
        ("http://harbour.example?page=1/2", b"/?page=1/2", b"harbour.example"),
        ("http://harbour.example:8080?a", b"/?a", b"harbour.example:8080"),
        ("http://[2001:db8::1]:8080/a?b=[", b"/a?b=[", b"[2001:db8::1]:8080"),
        ("http://[::1]?to=http://other.example/", b"/?to=http://other.example/", b"[::1]"),
        ("http://harbour.example/a@b:c", b"/a@b:c", b"harbour.example"),
    ],
)
def test_a_request_line_begins_with_a_path_whatever_the_address(
    uri: str, target: bytes, host: bytes
) -> None:
    head = request_head(answer(request_headers=()), uri)
    assert head == b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (target, host)
