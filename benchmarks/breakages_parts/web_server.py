"""A web server on loopback that can fail as real servers do.

It can truncate responses, send them slowly, hang, close connections, and fail at TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "127.0.0.1"

TLS_HANDSHAKE = b"\x16"
"""How a client begins that expects TLS (RFC 8446, 5.1)."""

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Asked:
    """A request: ``path`` with its query, and the headers by their names in lower case."""

    host: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What a server says, and ``how``.

    ``cut`` sends half of the body, ``drip`` a byte a second, ``hang`` nothing, ``drop`` hangs up.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = HTML
    headers: Mapping[str, str] = field(default_factory=dict)
    how: Literal["whole", "cut", "drip", "hang", "drop"] = "whole"


Answerer = Callable[[Asked], Answer]


class WebServer:
    """One site on a port of its own. ``close`` leaves nothing that listens there."""

    def __init__(self, answer: Answerer) -> None:
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._busy: set[asyncio.Task[None]] = set()
        self.port = 0

    async def listen(self, context: ssl.SSLContext | None = None) -> None:
        """Listen, again on the same port if it did before; with TLS where a context is given."""
        await self.close()
        self._server = await asyncio.start_server(self._serve, HOST, self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Listen no more."""
        for task in self._busy:
            task.cancel()
        if self._server:
            self._server.close()
            await asyncio.gather(*self._busy, return_exceptions=True)
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while True:
                    first = await reader.readexactly(1)
                    if first == TLS_HANDSHAKE:
                        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
                        break
                    head = first + await reader.readuntil(b"\r\n\r\n")
                    if not await self._reply(asked_of(head), writer):
                        break
        finally:
            self._busy.discard(task)
            writer.close()

    async def _reply(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        """Answer a request; whether another may follow."""
        answer = self._answer(asked)
        if answer.how == "drop":
            return False
        if answer.how == "hang":
            await asyncio.Event().wait()
        status = HTTPStatus(answer.status)
        head = {
            "Content-Type": answer.content_type,
            "Content-Length": f"{len(answer.body)}",
            **answer.headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        writer.write(f"HTTP/1.1 {status} {status.phrase}\r\n{lines}\r\n".encode("latin-1"))
        if answer.how == "cut":
            writer.write(answer.body[: len(answer.body) // 2])
            await writer.drain()
            return False
        if answer.how == "drip":
            for byte in answer.body:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(1)
        writer.write(answer.body if status != HTTPStatus.NOT_MODIFIED else b"")
        await writer.drain()
        return True


def asked_of(head: bytes) -> Asked:
    """The request that a head makes."""
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return Asked(headers.get("host", "").partition(":")[0], first.split()[1], headers)


def tls_context(folder: Path, host: str, until: dt.datetime) -> ssl.SSLContext:
    """A context with a certificate of our own for a host, good for two years up to ``until``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - dt.timedelta(days=730))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{host}.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
