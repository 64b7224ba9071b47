"""Receivers of webhooks in a separate process, which record the messages that they get.

Each receiver listens on its own port. An unreliable receiver responds with 500, hangs until the
sender gives up, closes the connection, and lies: it accepts a message but responds with 500, or
sends no response.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final

import msgspec

OK, BROKEN = 204, 500
ODDS: Final = {"take": 70, "refuse": 10, "lie": 8, "vanish": 5, "close": 5, "hang": 2}


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that came whole: when, in seconds since 1970, its id, and what it tells of.

    The answer is 0 where there was none.
    """

    at: float
    message: str
    keys: tuple[str, ...]
    releases: tuple[str, ...]
    body: int
    answer: int


class Receivers:
    """Receivers at ``urls``; what they heard is asked for once, at the end."""

    def __init__(self, urls: list[str], pipe: Connection) -> None:
        self.urls = urls
        self._pipe = pipe

    def heard(self) -> list[Heard]:
        """All that they heard, in order; they are at work no more."""
        self._pipe.send(None)
        found: list[Heard] = self._pipe.recv()
        return found


@contextmanager
def receiving(count: int, *, reliable: bool) -> Iterator[Receivers]:
    """So many receivers, while they are at work."""
    here, there = multiprocessing.Pipe()
    work = multiprocessing.Process(
        target=lambda: asyncio.run(serve(there, count, reliable=reliable)), daemon=True
    )
    work.start()
    try:
        yield Receivers([f"http://127.0.0.1:{port}/alerts" for port in here.recv()], here)
    finally:
        work.kill()
        work.join()


async def serve(pipe: Connection, count: int, *, reliable: bool) -> None:
    """Listen, and note what comes, until asked for it."""
    chance = random.Random(7)  # noqa: S311 - the same each time
    heard: list[Heard] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            body = await reader.readexactly(int(fields["content-length"]))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            return
        kind = "take" if reliable else chance.choices([*ODDS], [*ODDS.values()])[0]
        status = {"take": OK, "refuse": BROKEN, "lie": BROKEN}.get(kind, 0)
        if kind != "refuse":
            events = msgspec.json.decode(body)["data"]["events"]
            keys = tuple(one["key"] for one in events)
            releases = tuple(one["release"]["id"] for one in events)
            told = Heard(time.time(), fields["webhook-id"], keys, releases, hash(body), status)
            heard.append(told)
        if kind == "hang":
            await reader.read()
        elif status:
            writer.write(f"HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n".encode())
        elif kind == "vanish":
            writer.write(b"HTTP/1.1 2")
        writer.close()

    servers = [await asyncio.start_server(answer, "127.0.0.1", 0) for _ in range(count)]
    pipe.send([server.sockets[0].getsockname()[1] for server in servers])
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, pipe.recv)
    pipe.send(heard)
