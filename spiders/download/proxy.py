"""A proxy on loopback that checks every address, and connections through the operator's proxies.

A browser resolves names and follows redirects without Scrapy. The proxy on loopback checks the
address of every connection when it is made, so redirects, DNS rebinding and scripts can't bypass
the check. The operator's proxy receives only the checked IP address. It may itself have a private
address. `ProxyMiddleware` sends the requests of a source or host through the operator's proxy.
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from data.network.addresses import is_metadata, refused_address
from data.text.urls import host_of
from spiders.download.downloader import visit_of
from spiders.download.settings import ALLOW_PRIVATE, CONNECTIONS, PROXIES, RENDER, CrawlConnections

UPSTREAM_SECONDS: Final = 15.0
"""Maximum time to open a connection through a proxy, in seconds."""

MAX_HEAD_BYTES: Final = 16_384
"""Maximum size of an HTTP proxy's response to CONNECT, in bytes."""

DEFAULT_PORTS: Final = {"http": 8080, "socks5": 1080}

SOCKS_REASONS: Final = {
    1: "the proxy reports a general failure",
    2: "the rules of the proxy forbid the connection. They must allow IP addresses, not only names",
    3: "the proxy can't reach the network of the site",
    4: "the proxy can't reach the site",
    5: "the site refused the connection",
    6: "the connection timed out",
    8: "the proxy does not accept IP addresses, which Communique requires",
}
"""Reason for each error code in the reply of a SOCKS5 proxy (RFC 1928, 6)."""

REFUSED_CONNECT: Final = (
    "the proxy responds with {status}. It must allow CONNECT to IP addresses, not only to names, "
    "and to port 80, too"
)
"""Message about an HTTP proxy that refuses a tunnel."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class ProxyFailure(Exception):
    """Raised if a proxy did not connect to a site. The message contains no address or password."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"the proxy {name} does not connect to the site: {why}")


@dataclass(frozen=True, slots=True)
class Upstream:
    """A proxy from ``[network.proxies]``. ``name`` is its key there."""

    name: str
    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, name: str, url: str) -> Upstream:
        """Create an Upstream from its checked URL (data.settings.load)."""
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(name, parts.scheme, parts.hostname or "", port, user, password)

    async def connect(self, address: str, port: int) -> Streams:
        """Return a connection to an IP address through the proxy. Raises ProxyFailure."""
        try:
            async with asyncio.timeout(UPSTREAM_SECONDS):
                reader, writer = await asyncio.open_connection(
                    self.host, self.port, limit=MAX_HEAD_BYTES
                )
                try:
                    await self._open_tunnel((reader, writer), address, port)
                except BaseException:
                    writer.close()
                    raise
                return reader, writer
        except TimeoutError as error:
            why = f"no response within {UPSTREAM_SECONDS:g} seconds"
            raise ProxyFailure(self.name, why) from error
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            why = "the response of the proxy is invalid"
            if isinstance(error, OSError):
                why = "the proxy is down or its address is wrong"
            raise ProxyFailure(self.name, why) from error

    async def _open_tunnel(self, streams: Streams, address: str, port: int) -> None:
        """Open a tunnel, unless the operator's proxy has an address that no setting can allow."""
        if is_metadata(streams[1].get_extra_info("peername")[0]):
            why = "the address of the proxy may serve the credentials of this machine"
            raise ProxyFailure(self.name, why)
        shake = self._socks if self.scheme == "socks5" else self._connect
        await shake(*streams, address, port)

    async def _connect(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str, port: int
    ) -> None:
        """Open a tunnel with CONNECT (RFC 9110, 9.3.6)."""
        target = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        if self.user:
            token = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            lines.append(f"Proxy-Authorization: Basic {token}")
        writer.write("\r\n".join([*lines, "", ""]).encode("ascii"))
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        start, *fields = head.split("\r\n")
        version, _, status = start.partition(" ")
        if not version.startswith("HTTP/1.") or not status[:3].isdigit():
            raise ProxyFailure(self.name, "the server is not an HTTP proxy")
        if status.startswith("407"):
            raise ProxyFailure(self.name, "the proxy rejects the user or password")
        if status.startswith("4"):
            raise ProxyFailure(self.name, REFUSED_CONNECT.format(status=status[:3]))
        if not status.startswith("2"):
            raise ProxyFailure(self.name, f"the proxy responds with status {status[:3]}")
        parts = (line.partition(":") for line in fields)
        names = {name.strip().lower(): value.strip() for name, _, value in parts}
        if names.get("content-length", "0") != "0" or "transfer-encoding" in names:
            raise ProxyFailure(self.name, "the proxy sends its own content in place of the site")

    async def _socks(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str, port: int
    ) -> None:
        """Open a connection with SOCKS5 (RFC 1928), with a user and password (RFC 1929) if set."""
        method = 2 if self.user else 0
        writer.write(bytes([5, 1, method]))
        version, chosen = await reader.readexactly(2)
        if version != 5:  # noqa: PLR2004 - the version of SOCKS
            raise ProxyFailure(self.name, "the server is not a SOCKS5 proxy")
        if chosen != method:
            why = "rejects the user" if self.user else "requires a user and password"
            raise ProxyFailure(self.name, f"the proxy {why}")
        if self.user:
            user, password = self.user.encode(), self.password.encode()
            writer.write(bytes([1, len(user), *user, len(password), *password]))
            _, status = await reader.readexactly(2)
            if status:
                raise ProxyFailure(self.name, "the proxy rejects the user or password")
        ip = ipaddress.ip_address(address.partition("%")[0])
        kind = 1 if ip.version == 4 else 4  # noqa: PLR2004 - the IP version
        writer.write(bytes([5, 1, 0, kind, *ip.packed, *port.to_bytes(2)]))
        version, reply, _, bound = await reader.readexactly(4)
        if version != 5 or reply:  # noqa: PLR2004 - as above
            why = SOCKS_REASONS.get(reply, f"the proxy responds with {reply}")
            raise ProxyFailure(self.name, why)
        size = {1: 4, 4: 16}.get(bound) or (await reader.readexactly(1))[0]
        await reader.readexactly(size + 2)


def upstream_of(proxies: Mapping[str, Upstream], name: str, host: str) -> Upstream | None:
    """Return the proxy called ``name``. If ``name`` is empty, return the proxy for the host.

    A host's proxy is also used for its subdomains.
    """
    if name:
        return proxies.get(name)
    labels = host.lower().split(".")
    hosts = (".".join(labels[start:]) for start in range(len(labels)))
    return next((proxies[one] for one in hosts if one in proxies and "." in one), None)


CHUNK = 65_536
CONNECT_SECONDS = 30.0
"""Maximum time to open a connection, in seconds."""

HOP_BY_HOP = (b"proxy-connection:", b"connection:", b"keep-alive:", b"proxy-authorization:")


class PublicOnlyProxy:
    """An HTTP proxy on a free loopback port that connects only to public addresses.

    See RFC 9110, 3.7 and 9.3.6. ``max_bytes`` is the maximum number of response bytes per
    connection. ``upstream`` is the operator's proxy, if any. All connections go through it, and it
    receives the IP addresses that were checked.
    """

    def __init__(
        self,
        connections: CrawlConnections,
        *,
        allow_private: bool,
        max_bytes: int,
        upstream: Upstream | None = None,
    ) -> None:
        self._connections = connections
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
                    await self._copy(far_reader, writer, host)
                else:
                    head = b""
                    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    there = asyncio.create_task(_forward(reader, far_writer))
                    try:
                        await self._copy(far_reader, writer, host)
                    finally:
                        there.cancel()
            finally:
                far_writer.close()
        except (OSError, TimeoutError, EOFError, ValueError, asyncio.LimitOverrunError):
            # The client sees a refused tunnel or a closed connection, and the spider reports the
            # page's error.
            if head.startswith(b"CONNECT "):
                writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        finally:
            writer.close()

    async def _connect(self, host: str, port: int) -> Streams:
        loop = asyncio.get_running_loop()
        try:
            infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            self._connections.proxy_failures.pop(host, None)
            raise
        found = list(dict.fromkeys(str(info[4][0]) for info in infos))
        if private := refused_address(found, allow_private=self._allow_private):
            self._connections.refused[host] = private
            raise ConnectionRefusedError(host)
        if self._upstream:
            self._connections.refused.pop(host, None)
            self._connections.silent_proxies[host] = self._upstream.name
            for address in found:
                try:
                    streams = await self._upstream.connect(address, port)
                except ProxyFailure as error:
                    self._connections.proxy_failures[host] = str(error)
                else:
                    self._connections.proxy_failures.pop(host, None)
                    return streams
            raise ConnectionRefusedError(host)
        for address in found[:-1]:
            with suppress(OSError):
                return await asyncio.open_connection(address, port)
        return await asyncio.open_connection(found[-1], port)

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str
    ) -> None:
        left = self._max_bytes
        while left > 0 and (chunk := await reader.read(CHUNK)):
            self._connections.silent_proxies.pop(host, None)
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
        for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")):
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
    """Return the host and port of a request, and the first bytes to send to it.

    A tunnel (CONNECT) has no such bytes.
    """
    start, *fields = head.split(b"\r\n")
    method, target, _ = start.decode("ascii").split(" ")
    if method == "CONNECT":
        parts = urlsplit(f"//{target}")
        return parts.hostname or "", parts.port or 443, b""
    parts = urlsplit(target)
    if parts.scheme != "http" or not parts.hostname:
        raise ConnectionRefusedError(target)
    path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    kept = [field for field in fields if field and not field.lower().startswith(HOP_BY_HOP)]
    lines = [f"{method} {path} HTTP/1.1".encode("ascii"), *kept, b"Connection: close", b"", b""]
    return parts.hostname, parts.port or 80, b"\r\n".join(lines)


class ProxyMiddleware:
    """Selects the proxy for a request: the source's proxy if it has one, or else the host's.

    It also runs for redirects and robots.txt.
    """

    def __init__(self, crawler: Crawler) -> None:
        urls = crawler.settings[PROXIES].items()
        self._proxies = {name: Upstream.of(name, url) for name, url in urls}
        self._allow_private = crawler.settings.getbool(ALLOW_PRIVATE)
        self._connections: CrawlConnections = crawler.settings[CONNECTIONS]
        self._opened: dict[str, tuple[PublicOnlyProxy, asyncio.Future[str]]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ProxyMiddleware:
        """Create the middleware. Raises NotConfigured without proxies."""
        if not crawler.settings.get(PROXIES):
            raise NotConfigured
        made = cls(crawler)
        crawler.signals.connect(made.close, signals.spider_closed)
        return made

    async def process_request(self, request: Request) -> None:
        """Set the proxy of a request.

        A redirected request does not keep the proxy of the previous URL.
        """
        for key in ("proxy", "playwright_context", "playwright_context_kwargs"):
            request.meta.pop(key, None)
        visit = visit_of(request)
        upstream = upstream_of(self._proxies, visit.proxy if visit else "", host_of(request.url))
        if upstream is None:
            return
        gateway = await self._gateway(upstream)
        if request.meta.get(RENDER):
            request.meta["playwright_context"] = f"proxy {upstream.name}"
            request.meta["playwright_context_kwargs"] = {
                "proxy": {"server": gateway, "bypass": "<-loopback>"},
                "service_workers": "block",
            }
        else:
            request.meta["proxy"] = gateway

    def close(self) -> None:
        """Stop all gateways. Called by Scrapy."""
        for gateway, _ in self._opened.values():
            gateway.close()

    async def _gateway(self, upstream: Upstream) -> str:
        opened = self._opened.get(upstream.name)
        if opened is None:
            gateway = PublicOnlyProxy(
                self._connections,
                allow_private=self._allow_private,
                max_bytes=sys.maxsize,  # Scrapy limits the size of responses
                upstream=upstream,
            )
            opened = self._opened[upstream.name] = gateway, asyncio.ensure_future(gateway.open())
        try:
            address = await asyncio.shield(opened[1])
        except OSError:
            # The next request tries again.
            if self._opened.get(upstream.name) is opened:
                del self._opened[upstream.name]
            raise
        self._connections.gateways.add(int(address.rpartition(":")[2]))
        return address
