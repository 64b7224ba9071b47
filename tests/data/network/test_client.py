"""Requests that others told us to make stay short, bounded, and on the public internet."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import httpcore
import pytest

from data.network.client import MAX_BODY_BYTES, Outbound, OutboundError, OutboundResponse

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked"
EARLY = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"

Say = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def asked(say: Say, *, patience: float = 30, body: bytes = b"") -> OutboundResponse:
    """What is made of a server that answers as ``say`` does."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await say(reader, writer)
        except ConnectionError:
            # The client has heard enough.
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        outbound = Outbound(allow_private=True, patience=patience)
        method = "POST" if body else "GET"
        return await outbound.ask(method, f"http://127.0.0.1:{port}/call", body=body)
    finally:
        server.close()


def says(text: bytes) -> Say:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text)
        await writer.drain()

    return say


@pytest.mark.parametrize(
    ("text", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200, b"hello"),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", 200, b"hello"),
        (
            CHUNKED + b"\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
            200,
            b"hello",
        ),
        (
            EARLY + b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi",
            200,
            b"hi",
        ),
        (b"HTTP/1.1 302 Found\r\nlocation: http://10.0.0.1/\r\n\r\n", 302, b""),
        (b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n", 410, b""),
    ],
)
def test_an_answer_is_read_whole_and_no_redirect_followed(
    text: bytes, status: int, body: bytes
) -> None:
    answer = asyncio.run(asked(says(text)))
    assert (answer.status, bytes(answer.body)) == (status, body)
    assert answer.is_good is (status == 200)


def test_a_connection_that_is_refused_is_an_error_with_the_reason_of_the_system() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        with pytest.raises(OutboundError, match=r"127\.0\.0\.1: connection refused$"):
            asyncio.run(Outbound(allow_private=True).ask("GET", address))


def test_an_endless_body_is_cut() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 8192)
            await writer.drain()

    answer = asyncio.run(asked(endless))
    assert 0 < len(answer.body) <= MAX_BODY_BYTES


def test_a_server_that_sends_a_byte_now_and_then_times_out() -> None:
    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 10_000:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.01)

    with pytest.raises(OutboundError, match=r"0\.2 seconds"):
        asyncio.run(asked(slow, patience=0.2))


@pytest.mark.parametrize("then", ["reads on", "closes", "waits"])
def test_a_response_before_the_end_of_the_request_is_read(then: str) -> None:
    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        if then == "reads on":
            await reader.read()
        if then == "waits":
            # Until the client is gone: its body fills the buffers between them.
            await writer.wait_closed()

    assert asyncio.run(asked(early, body=b"x" * 5_000_000)).status == 410


@pytest.mark.parametrize("text", [b"", b"nonsense\r\n\r\n", b"SSH-2.0-OpenSSH_9.6\r\n"])
def test_an_invalid_response_is_an_error(text: bytes) -> None:
    with pytest.raises(OutboundError):
        asyncio.run(asked(says(text)))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://localhost:9/",
        "http://127.1:9/",
        "http://2130706433:9/",
        "http://0x7f000001:9/",
        "http://[::1]:9/",
        "http://[::ffff:10.0.0.1]:9/",
        "http://10.0.0.1/",
        "http://100.64.0.1/",
        "http://[64:ff9b::a00:1]/",
    ],
)
def test_private_addresses_are_refused_however_they_are_written(url: str) -> None:
    with pytest.raises(OutboundError, match="not a public address"):
        asyncio.run(Outbound().ask("GET", url))


@pytest.mark.parametrize("allow_private", [False, True])
@pytest.mark.parametrize("host", ["169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]"])
def test_metadata_of_cloud_machines_is_never_requested(host: str, *, allow_private: bool) -> None:
    with pytest.raises(OutboundError, match="never requested"):
        asyncio.run(Outbound(allow_private=allow_private).ask("GET", f"http://{host}/latest/"))


@pytest.mark.parametrize(
    "url",
    [
        "http://exa mple/",
        "ftp://example.com/",
        "http://localhost:99999/",
        "http://ü.example/",
        "http://[::1/",
        "http:///",
        "",
    ],
)
def test_an_invalid_address_is_an_error(url: str) -> None:
    with pytest.raises(OutboundError):
        asyncio.run(Outbound(allow_private=True).ask("GET", url))


def test_a_header_can_not_be_smuggled_in() -> None:
    async def smuggled() -> None:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        try:
            port = server.sockets[0].getsockname()[1]
            outbound = Outbound(allow_private=True)
            await outbound.ask("GET", f"http://127.0.0.1:{port}/", {"x": "y\r\nz: w"})
        finally:
            server.close()

    with pytest.raises(OutboundError, match="Illegal header value"):
        asyncio.run(smuggled())


def test_the_checked_address_is_the_connected_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: a name that led to a public address leads to this machine the next time."""
    connected: list[str] = []
    answers = ["93.184.216.34", "127.0.0.1"]

    async def answer(*_: object, **__: object) -> list[object]:
        return [(0, 0, 0, "", (answers.pop(0), 0))]

    async def connect(_: object, host: str, *__: object) -> None:
        connected.append(host)
        raise httpcore.ConnectError("nobody is there")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", answer)
    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)

    async def call() -> None:
        outbound = Outbound(allow_private=False, patience=30)
        with pytest.raises(OutboundError, match="nobody is there"):
            await outbound.ask("GET", "http://rebound.example/")
        with pytest.raises(OutboundError, match=r"127\.0\.0\.1, which is not a public address"):
            await outbound.ask("GET", "http://rebound.example/")

    asyncio.run(call())
    # By its number: nothing looks the name up again after the look at it.
    assert connected == ["93.184.216.34"]
