"""HTTP client for untrusted addresses: only public hosts, with limits.

The client prevents server-side request forgery (CWE-918). It connects to exactly the address that
it has checked, so a host name can't resolve to another address in between. It does not follow
redirects.
"""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import httpcore

from data.errors import CommuniqueError
from data.network.addresses import PrivateAddress, refused_address
from data.text.urls import host_of

MAX_BODY_BYTES: Final = 65_536
"""Default maximum number of bytes read from a response body."""

OK: Final = 200

HOUR: Final = 3600

TIMEOUT_SECONDS: Final = 20.0
"""Maximum duration of a request in seconds, from the name lookup to the last byte."""

REQUEST_ERRORS: Final = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    PrivateAddress,
    # An invalid address, for example with port 99999 or non-ASCII characters.
    ValueError,
)
"""Exceptions that are raised if a request gets no response."""


class OutboundError(CommuniqueError):
    """A request got no response."""

    def __init__(self, host: str, cause: str) -> None:
        super().__init__(f"no response from {host}: {cause}")
        self.host = host
        self.cause = cause


@dataclass(frozen=True, slots=True)
class OutboundResponse:
    """A response. Its body is truncated to the client's limit.

    Names of ``headers`` are lower-case.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Return whether the status means success."""
        return OK <= self.status < OK + 100


@dataclass(frozen=True, slots=True)
class Outbound:
    """HTTP client for public hosts, or for all hosts if ``allow_private`` is set.

    ``patience`` is the maximum duration of a request in seconds, ``max_body`` the maximum number of
    bytes read from a response body.
    """

    agent: str = "Communique"
    allow_private: bool = False
    patience: float = TIMEOUT_SECONDS
    max_body: int = MAX_BODY_BYTES

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> OutboundResponse:
        """Send a request and return the response, whatever its status.

        Raises OutboundError if no response arrives in time, or if the address is private.
        """
        fields = {"accept": "*/*", "connection": "close", "user-agent": self.agent}
        host = ""
        try:
            host = host_of(url)
            async with (
                asyncio.timeout(self.patience),
                httpcore.AsyncConnectionPool(
                    ssl_context=certificates(int(time.monotonic() // HOUR)),
                    network_backend=CheckedBackend(allow_private=self.allow_private),
                ) as pool,
                pool.stream(
                    method,
                    url.encode("ascii"),
                    headers=[*{**fields, **(headers or {})}.items()],
                    content=body if method == "POST" else None,
                ) as response,
            ):
                headers = {
                    name.decode("latin-1").lower(): value.decode("latin-1")
                    for name, value in response.headers
                }
                body = await beginning_of(response, self.max_body)
                return OutboundResponse(response.status, body, headers)
        except TimeoutError as error:
            raise OutboundError(
                host, f"the response took longer than {self.patience:g} seconds"
            ) from error
        except REQUEST_ERRORS as error:
            raise OutboundError(host, str(error) or type(error).__name__) from error


@lru_cache(maxsize=1)
def certificates(_hour: int) -> ssl.SSLContext:
    """Return the system's CA certificates, which are loaded once per hour.

    Loading them takes as long as several requests to a nearby server.
    """
    return ssl.create_default_context()


async def beginning_of(response: httpcore.Response, limit: int) -> bytes:
    """Return the body of a response, truncated to ``limit`` bytes."""
    body = bytearray()
    async for piece in response.aiter_stream():
        body += piece
        if len(body) >= limit:
            break
    return bytes(body[:limit])


def reason_of(error: BaseException) -> str:
    """Return the operating system's reason for a failed connection.

    Libraries wrap the original error in their own exceptions.
    """
    first = error
    while inner := error.__cause__ or error.__context__:
        error = inner
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number).lower() if number and number > 0 else str(first)


class CheckedBackend(httpcore.AnyIOBackend):
    """Network backend that connects only to public addresses, unless private ones are allowed."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the name in httpcore
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a host that accepts the connection.

        Raises PrivateAddress if any address of the host is not public, and httpcore.ConnectError.
        """
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        if private := refused_address(addresses, allow_private=self._allow_private):
            raise PrivateAddress(host, private)
        failed = httpcore.ConnectError("the name has no address")
        for address in addresses:
            try:
                return FullDuplexStream(
                    await super().connect_tcp(address, port, timeout, local_address, socket_options)
                )
            except httpcore.ConnectError as error:
                failed = httpcore.ConnectError(reason_of(error))
        raise failed


class FullDuplexStream(httpcore.AsyncNetworkStream):
    """Connection that can receive a response while the request is still being sent.

    A server may respond early, with 410 or 413, and close the connection without reading the body.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._sending: asyncio.Task[None] | None = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Return the next bytes of the response."""
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Start sending bytes once all earlier bytes are sent."""
        if not buffer:
            # httpcore writes an empty buffer at the end of a body.
            return
        if self._sending:
            await self._sending
        self._sending = asyncio.create_task(self._stream.write(buffer, timeout))

    async def aclose(self) -> None:
        """Close the connection."""
        if self._sending:
            self._sending.cancel()
            # The response, or its absence, shows a failure to send.
            await asyncio.gather(self._sending, return_exceptions=True)
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the name in httpcore
    ) -> httpcore.AsyncNetworkStream:
        """Switch the connection to TLS, and return the encrypted connection."""
        stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return FullDuplexStream(stream)

    def get_extra_info(self, info: str) -> Any:
        """Return information about the connection, such as its socket."""
        return self._stream.get_extra_info(info)
