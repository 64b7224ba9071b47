"""The short way answers as the long way does, in order, whatever comes between."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from data.settings import SiteSettings
from feeds.publishing.publish import publish
from feeds.server.app import create_app
from feeds.server.requests.http_protocol import HttpProtocol
from tests.feeds.sample_store import SampleStore, make_release
from tests.feeds.serving import served_by
from tests.peer import PATIENCE

FEED = "/feeds/all.atom"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "site"
    store = SampleStore(*(make_release(number) for number in range(5)))
    publish(store, folder, SiteSettings(url="https://press.example"))
    return folder


@pytest.fixture(scope="module")
def quick(site: Path) -> Iterator[httpx.Client]:
    yield from served_by(create_app(site))


@pytest.fixture(scope="module")
def long(site: Path) -> Iterator[httpx.Client]:
    app = create_app(site)

    async def plain(scope: Scope, receive: Receive, send: Send) -> None:
        """The same application, which can no longer be asked for the cached response."""
        await app(scope, receive, send)

    yield from served_by(plain)


def spoken(web: httpx.Client, sent: bytes) -> bytes:
    """All that the server says to some bytes, until it closes the connection."""
    with socket.create_connection((web.base_url.host, web.base_url.port or 80)) as raw:
        raw.sendall(sent)
        return b"".join(iter(lambda: raw.recv(65536), b""))


def request(path: str = FEED, *lines: str, method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "host: x", *lines, "", ""]).encode()


LAST = request("/nothing", "connection: close")


@pytest.mark.parametrize("path", [FEED, "/feeds/all.json", "/", "/static/site.css", "/nothing"])
@pytest.mark.parametrize("accept", ["", "gzip", "br"])
def test_the_fast_path_and_the_application_send_the_same_response(
    quick: httpx.Client, long: httpx.Client, path: str, accept: str
) -> None:
    for _ in range(2):
        headers = {"accept-encoding": accept}
        one, other = (web.get(path, headers=headers) for web in (quick, long))
        assert (one.status_code, one.content) == (other.status_code, other.content)
        known = {**headers, "if-none-match": one.headers.get("etag", "none")}
        two, more = (web.get(path, headers=known) for web in (quick, long))
        assert two.status_code == more.status_code
        for first, second in ((one, other), (two, more)):
            pairs = (sorted(answer.headers.multi_items()) for answer in (first, second))
            quickly, slowly = ([pair for pair in some if pair[0] != "date"] for some in pairs)
            assert quickly == slowly
            assert "date" in first.headers


def test_requests_sent_together_are_answered_in_order(quick: httpx.Client) -> None:
    tag = quick.get(FEED).headers["etag"]
    answers = spoken(
        quick,
        request(FEED, f"if-none-match: {tag}")
        + request("/nothing")
        + request(FEED)
        + request(FEED, method="HEAD")
        + request(FEED, f"if-none-match: {tag}")
        + LAST,
    )
    statuses = [part.split(b" ", 1)[0] for part in answers.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"304", b"404", b"200", b"200", b"304", b"404"]


def test_a_request_may_arrive_in_pieces_with_a_body(quick: httpx.Client) -> None:
    sent = request(FEED, "content-length: 5") + b"hello" + request() + LAST
    with socket.create_connection((quick.base_url.host, quick.base_url.port or 80)) as raw:
        for number in range(len(sent)):
            raw.send(sent[number : number + 1])
        answers = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert answers.count(b"HTTP/1.1 404 Not Found\r\n") == 1


def test_connections_of_old_or_closing_clients_are_closed(quick: httpx.Client) -> None:
    old = spoken(quick, f"GET {FEED} HTTP/1.0\r\n\r\n".encode())
    closing = spoken(quick, request(FEED, "connection: close"))
    for answer in (old, closing):
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(b"</feed>\n")


def test_nonsense_after_an_answer_is_a_400(quick: httpx.Client) -> None:
    answers = spoken(quick, request() + b"NONSENSE\r\n\r\n")
    assert answers.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"HTTP/1.1 400 Bad Request\r\n" in answers


def test_an_http_1_0_response_ends_with_the_connection(quick: httpx.Client) -> None:
    sent = request(FEED, "connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0")
    assert b"\r\nconnection: close\r\n" in spoken(quick, sent).partition(b"\r\n\r\n")[0] + b"\r\n"


@pytest.mark.parametrize("begun", [b"GET /", request()[:-2] + b"x: ", request()[:-2] + b"x: y\r\n"])
def test_endless_headers_are_cut_off(quick: httpx.Client, begun: bytes) -> None:
    with socket.create_connection((quick.base_url.host, quick.base_url.port or 80)) as raw:
        piece = b"z: z\r\n" * 10_000 if begun.endswith(b"\n") else b"z" * 60_000
        with pytest.raises(OSError):  # noqa: PT011 - broken in one way or another
            raw.sendall(begun + piece * 1_000)
    assert quick.get(FEED).status_code == 200


def test_large_headers_are_a_431(quick: httpx.Client) -> None:
    said = spoken(quick, request()[:-2] + b"x: " + b"z" * 70_000)
    assert said.startswith(b"HTTP/1.1 431 ")


def test_many_pipelined_requests_are_not_large_headers(quick: httpx.Client) -> None:
    said = spoken(quick, request(FEED, f"x: {'z' * 60_000}", "if-none-match: *") * 5 + LAST)
    assert said.count(b"HTTP/1.1 304 ") == 5
    assert said.count(b"HTTP/1.1 404 ") == 1


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /feeds",
        request()[:-2],
        request(FEED, "content-length: 10") + b"1",
        request("/hub", "content-length: 10", method="POST") + b"1",
    ],
    ids=["nothing", "line", "headers", "body", "form"],
)
def test_a_request_without_an_end_is_aborted(
    quick: httpx.Client, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr("feeds.server.requests.http_protocol.PROGRESS_CHECK_SECONDS", 0.05)
    with socket.create_connection((quick.base_url.host, quick.base_url.port or 80)) as raw:
        raw.settimeout(PATIENCE)
        raw.sendall(begun)
        # It ends before this side gives up, be the head answered or not.
        assert b"".join(iter(lambda: raw.recv(65536), b"")).count(b"HTTP/1.1 ") <= 1


def test_a_client_that_does_not_read_is_disconnected(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site / "large.html").write_bytes(b"x" * 50_000_000)
    monkeypatch.setattr("feeds.server.requests.http_protocol.PROGRESS_CHECK_SECONDS", 0.05)
    for web in served_by(create_app(site)):
        with socket.create_connection((web.base_url.host, web.base_url.port or 80)) as raw:
            raw.sendall(request("/large.html"))
            # Each of these is ended after one look, that one after two.
            for _ in range(3):
                assert spoken(web, b"") == b""
            with contextlib.suppress(ConnectionResetError):
                assert sum(map(len, iter(lambda: raw.recv(2**20), b""))) < 50_000_000


def test_a_slow_but_active_client_stays_connected(
    quick: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[HttpProtocol] = []
    connection_made = HttpProtocol.connection_made

    def made(protocol: HttpProtocol, transport: asyncio.Transport) -> None:
        connection_made(protocol, transport)
        opened.append(protocol)

    def look() -> None:
        """Have the server check the connection, as its timer does on a machine with time."""
        done = threading.Event()

        def check() -> None:
            protocol._look()  # noqa: SLF001 - its timer would depend on the machine
            done.set()

        protocol.loop.call_soon_threadsafe(check)
        assert done.wait(PATIENCE)

    monkeypatch.setattr(HttpProtocol, "connection_made", made)
    with socket.create_connection((quick.base_url.host, quick.base_url.port or 80)) as raw:
        raw.settimeout(PATIENCE)
        for _ in range(5):
            raw.sendall(request(FEED, "if-none-match: *"))
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                answer += raw.recv(65536)
            assert answer.startswith(b"HTTP/1.1 304 ")
            (protocol,) = opened
            look()
        # Nothing came since the last check.
        look()
        with contextlib.suppress(ConnectionResetError):
            assert raw.recv(65536) == b""


@pytest.mark.parametrize("hosts", [(), ("host: a", "host: b"), ("host: a", "Host: a")])
@pytest.mark.parametrize("path", [FEED, "/nothing", f"{FEED}?asof=2024-03-01"])
def test_a_request_needs_exactly_one_host(
    quick: httpx.Client, hosts: tuple[str, ...], path: str
) -> None:
    sent = "\r\n".join([f"GET {path} HTTP/1.1", *hosts, "", ""]).encode()
    answer = spoken(quick, sent + request())
    assert answer.startswith(b"HTTP/1.1 400 ")
    # What follows it is no request of ours any more.
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        ("http://x", "X", b"200"),
        ("HTTP://X:80", "x:80", b"200"),
        ("http://x", "evil", b"400"),
        ("http://evil", "x", b"400"),
        ("http://evil@x", "x", b"400"),
    ],
)
@pytest.mark.parametrize("path", [FEED, f"{FEED}?n=1"])
def test_an_absolute_target_must_match_the_host_header(
    quick: httpx.Client, target: str, host: str, status: bytes, path: str
) -> None:
    lines = (f"GET {target}{path} HTTP/1.1", f"host: {host}", "connection: close", "", "")
    assert spoken(quick, "\r\n".join(lines).encode()).split()[1] == status


def test_http_1_0_needs_no_host(quick: httpx.Client) -> None:
    assert b" 200 OK" in spoken(quick, f"GET {FEED} HTTP/1.0\r\n\r\n".encode())


def test_a_client_that_leaves_early_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def late(scope: Scope, _: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/gone":
            transport = send.__self__.transport  # type: ignore[attr-defined]  # uvicorn's own
            transport.abort()
            for _turn in range(10):
                await asyncio.sleep(0)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"late"})

    for web in served_by(late):
        assert spoken(web, request("/gone") + request("/next")) == b""
        assert web.get("/here").text == "late"
    assert not caplog.records


def test_malformed_requests_are_refused_and_not_logged(
    quick: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    for garbage in (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"GET / HTTP/1.1\nhost: x\n\n"):
        assert spoken(quick, garbage).startswith(b"HTTP/1.1 400 ")
    assert not caplog.records
