"""Requests that others told us to make: to public addresses only, short, and never for long.

Server-side request forgery (CWE-918): the address that is checked is the one that is connected to,
so that no name can lead elsewhere between the two. Redirects are not followed.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore

from data.errors import CommuniqueError
from data.network.addresses import PrivateAddress, is_public

MOST: Final = 65_536
"""Bytes of an answer's body that are read."""

OK: Final = 200

HOUR: Final = 3600

PATIENCE: Final = 20.0
"""Seconds from the first look-up to the last byte."""

UNANSWERED: Final = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    PrivateAddress,
    # An address that is none, such as one with port 99999 or with letters beyond ASCII.
    ValueError,
)


class OutboundError(CommuniqueError):
    """A request got no answer."""

    def __init__(self, host: str, cause: str) -> None:
        super().__init__(f"{host} did not answer: {cause}")
        self.host = host
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; the body is cut at MOST bytes."""

    status: int
    body: bytes

    @property
    def is_good(self) -> bool:
        """Whether the status is one of success."""
        return OK <= self.status < OK + 100


@dataclass(frozen=True, slots=True)
class Outbound:
    """A client that asks public hosts only, unless told otherwise. ``patience`` is in seconds."""

    agent: str = "Communique"
    allow_private: bool = False
    patience: float = PATIENCE

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """One request and its answer, whatever its status.

        Raises OutboundError where there is none in time or the host leads to a private address.
        """
        fields = {"accept": "*/*", "connection": "close", "user-agent": self.agent}
        host = ""
        try:
            host = urlsplit(url).hostname or ""
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
                return Answer(response.status, await beginning_of(response))
        except TimeoutError as error:
            raise OutboundError(host, f"nothing within {self.patience:g} seconds") from error
        except UNANSWERED as error:
            raise OutboundError(host, str(error) or type(error).__name__) from error


@lru_cache(maxsize=1)
def certificates(_hour: int) -> ssl.SSLContext:
    """The system's certificates, not those that a library brings, read once an hour.

    Reading them takes as long as some requests to a server nearby.
    """
    return ssl.create_default_context()


async def beginning_of(response: httpcore.Response) -> bytes:
    """The body of an answer, or the first MOST bytes of it."""
    body = bytearray()
    async for piece in response.aiter_stream():
        body += piece
        if len(body) >= MOST:
            break
    return bytes(body[:MOST])


def reason_of(error: BaseException) -> str:
    """Why the system refused a connection, behind the errors of libraries that wrap this reason."""
    first = error
    while inner := error.__cause__ or error.__context__:
        error = inner
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number).lower() if number and number > 0 else str(first)


class CheckedBackend(httpcore.AnyIOBackend):
    """How connections are made: to none but public addresses, unless private ones are allowed."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore calls it
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a host that takes the connection.

        Raises PrivateAddress where one of them is not public, and httpcore.ConnectError.
        """
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        private = next((one for one in addresses if not is_public(one)), None)
        if private and not self._allow_private:
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
    """A connection that is read while a request is still being sent.

    Whoever answers early, by 410 or 413, need not take all of the body, and may close at once.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._sending: asyncio.Task[None] | None = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """The next bytes of the answer."""
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Begin to send bytes, once those before them are sent."""
        if not buffer:
            # The end of a body, of which nothing is sent.
            return
        if self._sending:
            await self._sending
        self._sending = asyncio.create_task(self._stream.write(buffer, timeout))

    async def aclose(self) -> None:
        """Send and read no more."""
        if self._sending:
            self._sending.cancel()
            # What could not be sent is told by the answer, or by there being none.
            await asyncio.gather(self._sending, return_exceptions=True)
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore calls it
    ) -> httpcore.AsyncNetworkStream:
        """The same connection, encrypted."""
        stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return FullDuplexStream(stream)

    def get_extra_info(self, info: str) -> Any:
        """What is known of the connection."""
        return self._stream.get_extra_info(info)
