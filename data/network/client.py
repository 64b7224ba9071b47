"""Requests that others told us to make: to public addresses only, short, and never for long.

The address that is checked is the one that is connected to, so that no name can lead elsewhere
between the two. Redirects are not followed.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httptools

from data.errors import CommuniqueError
from data.network.addresses import PrivateAddress, is_public

MOST = 65_536
"""Bytes of an answer that are read."""

OK = 200

PATIENCE = 20.0
"""Seconds from the first look-up to the last byte."""


class OutboundError(CommuniqueError):
    """A request got no answer."""

    def __init__(self, host: str, cause: str) -> None:
        super().__init__(f"{host} did not answer: {cause}")
        self.host = host
        self.cause = cause


@dataclass(slots=True)
class Answer:
    """What a server answered; the body is cut at MOST bytes."""

    status: int = 0
    body: bytearray = field(default_factory=bytearray)
    complete: bool = False

    @property
    def is_good(self) -> bool:
        """Whether the status is one of success."""
        return OK <= self.status < OK + 100

    def on_body(self, body: bytes) -> None:
        """Take in a piece of the body; called by httptools."""
        self.body += body

    def on_message_complete(self) -> None:
        """Note the end; called by httptools."""
        self.complete = True


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
        host = urlsplit(url).hostname or ""
        try:
            async with asyncio.timeout(self.patience):
                reader, writer = await self._connect(url)
                try:
                    writer.write(
                        request(method, url, {"user-agent": self.agent, **(headers or {})}, body)
                    )
                    # Whoever answers early need not take all of the body.
                    sending = asyncio.create_task(writer.drain())
                    try:
                        return await answer_in(reader)
                    finally:
                        sending.cancel()
                        await asyncio.gather(sending, return_exceptions=True)
                finally:
                    writer.close()
        except TimeoutError as error:
            raise OutboundError(host, f"nothing within {self.patience:g} seconds") from error
        except PrivateAddress as error:
            raise OutboundError(host, str(error)) from error
        except (OSError, ValueError, httptools.HttpParserError) as error:
            raise OutboundError(host, str(error) or type(error).__name__) from error

    async def _connect(self, url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (443 if secure else 80)
        loop = asyncio.get_running_loop()
        found = [
            str(info[4][0]) for info in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        ]
        private = next((one for one in found if not is_public(one)), None)
        if private and not self.allow_private:
            raise PrivateAddress(host, private)
        failed: OSError = OSError("the name has no address")
        for address in dict.fromkeys(found):
            try:
                return await asyncio.open_connection(
                    address,
                    port,
                    ssl=ssl.create_default_context() if secure else None,
                    server_hostname=host if secure else None,
                )
            except OSError as error:
                failed = error
        raise failed


def request(method: str, url: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """A request as it goes over the wire (RFC 9112)."""
    parts = urlsplit(url)
    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    if not target.startswith("/"):
        target = f"/{target}"
    fields = {
        "host": parts.netloc,
        "accept": "*/*",
        "connection": "close",
        **({"content-length": str(len(body))} if method == "POST" else {}),
        **headers,
    }
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {fields[name]}" for name in fields)]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header holds a line break")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


async def answer_in(reader: asyncio.StreamReader) -> Answer:
    """Read an answer to its end, or to as much of it as is wanted."""
    answer = Answer()
    parser = httptools.HttpResponseParser(answer)
    taken = 0
    while not answer.complete and taken < MOST:
        piece = await reader.read(MOST - taken)
        if not piece:
            break
        taken += len(piece)
        parser.feed_data(piece)
        answer.status = parser.get_status_code()
        if answer.status < OK:
            # 103 and the like come before the answer itself.
            answer.complete = False
    if not answer.status:
        raise ValueError("the connection was closed without an answer")
    return answer
