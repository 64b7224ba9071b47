"""A proxy on loopback that lets a browser connect only to public addresses.

A browser resolves names and follows redirects without Scrapy. The proxy checks the address of every
connection when it is made, so redirects, DNS rebinding and scripts can't bypass the check.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import ClassVar
from urllib.parse import urlsplit

from data.network.addresses import refused_address
from spiders.download.ssrf import HostResolver
from spiders.download.upstream import ProxyFailure, Upstream

CHUNK = 65_536
CONNECT_SECONDS = 30.0
"""Maximum time to open a connection, in seconds."""

HOP_BY_HOP = (b"proxy-connection:", b"connection:", b"keep-alive:", b"proxy-authorization:")


class Refused(Exception):
    """Raised if the proxy rejects a request of the browser."""


class PublicOnlyProxy:
    """An HTTP proxy (RFC 9110, 3.7 and 9.3.6) on a free port of the loopback interface.

    ``max_bytes`` is the maximum number of response bytes per connection. ``upstream`` is the
    operator's proxy for all connections, which gets checked IP addresses. ``failures`` contains the
    reasons why it failed, by host, because Twisted and the browser only see a closed connection.
    """

    failures: ClassVar[dict[str, str]] = {}

    def __init__(
        self, *, allow_private: bool, max_bytes: int, upstream: Upstream | None = None
    ) -> None:
        self._allow_private = allow_private
        self._upstream = upstream
        self._max_bytes = max_bytes
        self._server: asyncio.Server | None = None

    async def open(self) -> str:
        """Start listening, and return the proxy's URL."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def close(self) -> None:
        """Stop accepting connections."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = b""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                host, port, first = _destination(head)
                far_reader, far_writer = await self._connect(host, port)
            try:
                if first:
                    far_writer.write(first)
                    await self._body(head, reader, far_writer)
                    await self._copy(far_reader, writer)
                else:
                    head = b""
                    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    there = asyncio.create_task(_forward(reader, far_writer))
                    await self._copy(far_reader, writer)
                    there.cancel()
            finally:
                far_writer.close()
        except (Refused, OSError, TimeoutError, EOFError, ValueError, asyncio.LimitOverrunError):
            # The client sees a refused tunnel or a closed connection, and the spider reports the
            # page's error.
            if head.startswith(b"CONNECT "):
                writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        finally:
            writer.close()

    async def _connect(
        self, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        loop = asyncio.get_running_loop()
        found = [str(info[4][0]) for info in await loop.getaddrinfo(host, port)]
        if private := refused_address(found, allow_private=self._allow_private):
            HostResolver.refused[host] = private
            raise Refused(host)
        if self._upstream:
            HostResolver.refused.pop(host, None)
            try:
                streams = await self._upstream.connect(found[0], port)
            except ProxyFailure as error:
                self.failures[host] = str(error)
                raise Refused(host) from error
            self.failures.pop(host, None)
            return streams
        for address in found[:-1]:
            with suppress(OSError):
                return await asyncio.open_connection(address, port)
        return await asyncio.open_connection(found[-1], port)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self._max_bytes
        while left > 0 and (chunk := await reader.read(CHUNK)):
            left -= len(chunk)
            writer.write(chunk)
            await writer.drain()

    @staticmethod
    async def _body(
        head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Forward the body of a request and nothing after it.

        ``head`` contains the request's headers.
        """
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                left = int(value)
                while left > 0 and (chunk := await reader.read(min(left, CHUNK))):
                    left -= len(chunk)
                    writer.write(chunk)
        await writer.drain()


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()


def _destination(head: bytes) -> tuple[str, int, bytes]:
    """Return the host and port of a request, and the first bytes to send to the host.

    For a tunnel (CONNECT), there are no such bytes.
    """
    start, *fields = head.split(b"\r\n")
    method, target, _ = start.decode("ascii").split(" ")
    if method == "CONNECT":
        parts = urlsplit(f"//{target}")
        return parts.hostname or "", parts.port or 443, b""
    parts = urlsplit(target)
    if parts.scheme != "http" or not parts.hostname:
        raise Refused(target)
    path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    kept = [field for field in fields if field and not field.lower().startswith(HOP_BY_HOP)]
    lines = [f"{method} {path} HTTP/1.1".encode("ascii"), *kept, b"Connection: close", b"", b""]
    return parts.hostname, parts.port or 80, b"\r\n".join(lines)
