"""A proxy on loopback, for HTTP (CONNECT) or SOCKS5, that records where it was led."""

import asyncio
import base64
import ipaddress
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """``targets`` are the requested hosts and ports, as sent. ``users`` are users and passwords.

    ``reply`` replaces the answer to CONNECT, or the reply code of SOCKS5. SOCKS5 refuses the hosts
    in ``refused``.
    """

    scheme: str
    user: str = ""
    reply: bytes = b""
    port: int = 0
    targets: list[tuple[str, int]] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    running: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The address of the proxy for the settings."""
        user = f"{self.user}@" if self.user else ""
        return f"{self.scheme}://{user}127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        task = asyncio.current_task()
        assert task
        self.running.add(task)
        with closing(writer), suppress(OSError, EOFError, asyncio.CancelledError):
            shake = self._socks if self.scheme == "socks5" else self._http
            target = await shake(reader, writer)
            if target is not None:
                far_reader, far_writer = await asyncio.open_connection(*target)
                with closing(far_writer):
                    await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))

    async def _http(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[str, int] | None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        host, _, port = head.split(" ")[1].rpartition(":")
        self.targets.append((host.strip("[]"), int(port)))
        if "Basic " in head:
            token = head.partition("Basic ")[2].partition("\r\n")[0]
            self.users.append(base64.b64decode(token).decode())
        writer.write(self.reply or b"HTTP/1.1 200 Connection established\r\n\r\n")
        return None if self.reply else self.targets[-1]

    async def _socks(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[str, int] | None:
        _, count = await reader.readexactly(2)
        method = max(await reader.readexactly(count))
        writer.write(bytes([5, method]))
        if method:
            _, size = await reader.readexactly(2)
            user = await reader.readexactly(size)
            (size,) = await reader.readexactly(1)
            self.users.append(f"{user.decode()}:{(await reader.readexactly(size)).decode()}")
            writer.write(b"\x01\x00")
        _, _, _, kind = await reader.readexactly(4)
        if kind == 3:
            (size,) = await reader.readexactly(1)
            host = (await reader.readexactly(size)).decode()
        else:
            host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == 1 else 16)))
        self.targets.append((host, int.from_bytes(await reader.readexactly(2))))
        reply = b"\x05" if host in self.refused else self.reply
        writer.write(b"\x05" + (reply or b"\x00") + b"\x00\x01" + bytes(6))
        return None if reply else self.targets[-1]


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()


@contextmanager
def proxied(scheme: str, user: str = "", reply: bytes = b"") -> Iterator[Proxy]:
    """A proxy that is served for the length of a ``with`` block."""
    proxy, ready = Proxy(scheme, user, reply), threading.Event()
    stop: list[Callable[[], object]] = []

    async def serve() -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        stop.append(lambda: loop.call_soon_threadsafe(ended.set))
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        proxy.port = server.sockets[0].getsockname()[1]
        ready.set()
        await ended.wait()
        server.close()
        for task in proxy.running:
            task.cancel()
        await asyncio.gather(*proxy.running, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield proxy
    finally:
        stop[0]()
        thread.join()
