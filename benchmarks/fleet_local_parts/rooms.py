"""Press rooms at many loopback addresses, in a separate process that counts impolite requests.

    python rooms.py HOSTS CRAWL_DELAY

Each address of 127.0.0.0/8 is a host. A page whose number was never listed does not exist. A
request to a host that has another open request is an overlap. A request that comes sooner after the
last one than the host's robots.txt allows is hasty.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

READ = 2
"""Times that a page is asked for by which it was read: known ones are looked at again."""

ANSWER = 0.01
"""Seconds that an answer takes."""

TOLERANCE = 0.99
"""The part of a gap that must be there, as clocks count in steps."""


@dataclass
class Host:
    """A press room: releases ``made`` and ``listed``, and how often each was ``asked`` for."""

    name: str
    made: int = 0
    listed: int = 0
    open: int = 0
    last: float = -1e9
    hasty: list[float] = field(default_factory=list)
    asked: Counter[int] = field(default_factory=Counter)

    def listing(self, shown: int) -> list[int]:
        """The newest releases, and those that somebody may not have read yet."""
        return [
            number
            for number in range(self.made, 0, -1)
            if number > self.made - shown or self.asked[number] < READ
        ]


class Rooms:
    """All press rooms; ``grow`` releases are new at each look at a listing, which shows so many."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.hosts: dict[str, Host] = {}
        self.grow = 0
        self.first = 0
        self.shown = 30
        self.requests = self.overlaps = self.open = self.parallel = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        address = writer.get_extra_info("sockname")[0]
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode()
                body = self.said(path) if path.startswith("/~") else await self.met(address, path)
                status = b"200 OK" if body else b"404 Not Found"
                kind = b"text/plain" if path == "/robots.txt" else b"text/html; charset=utf-8"
                text = (body or "not here").encode()
                writer.write(
                    b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b"
                    % (status, kind, len(text), text)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def said(self, path: str) -> str:
        """Do as the benchmark asks: /~grow/N, /~first/N, /~show/N, /~told."""
        name, _, number = path[2:].partition("/")
        if name == "grow":
            self.grow = int(number)
        elif name == "first":
            self.first = int(number)
        elif name == "show":
            self.shown = int(number)
        listed = {host.name: host.listed for host in self.hosts.values()}
        hasty = [gap for host in self.hosts.values() for gap in host.hasty]
        return json.dumps(
            {
                "listed": listed,
                "requests": self.requests,
                "overlaps": self.overlaps,
                "hasty": len(hasty),
                "shortest": round(min(hasty, default=self.delay), 4),
                "parallel": self.parallel,
            }
        )

    async def met(self, address: str, path: str) -> str:
        """The page that a host has at a path, or empty; it is counted."""
        host = self.hosts.setdefault(address, Host(address))
        now = time.monotonic()
        self.requests += 1
        if host.open:
            self.overlaps += 1
        if now - host.last < self.delay * TOLERANCE:
            host.hasty.append(now - host.last)
        host.last = now
        host.open += 1
        self.open += 1
        self.parallel = max(self.parallel, self.open)
        try:
            await asyncio.sleep(ANSWER)
            return self.page(host, path)
        finally:
            host.open -= 1
            self.open -= 1

    def page(self, host: Host, path: str) -> str:
        """The page at a path."""
        if path == "/robots.txt":
            return f"User-agent: *\nCrawl-delay: {self.delay}\n"
        if path == "/news/":
            host.made = max(self.first, host.made + self.grow)
            host.listed = host.made
            return listing(host.name, host.listing(self.shown))
        number = path.removeprefix("/news/").removesuffix(".html")
        if number.isdecimal() and 0 < int(number) <= host.listed:
            host.asked[int(number)] += 1
            return release(host.name, int(number))
        return ""


def listing(host: str, numbers: Iterable[int]) -> str:
    """A page that lists releases."""
    rows = "".join(
        f'<li class="row"><span class="date">{day(number)}</span> '
        f'<a href="/news/{number}.html">{title(host, number)}</a></li>'
        for number in numbers
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><title>Notices</title></head><body>'
        f'<ul class="menu"><li><a href="/">Home</a></li></ul><ul class="news">{rows}</ul>'
        "</body></html>"
    )


def release(host: str, number: int) -> str:
    """A page of a release, in words that no other one has."""
    chance = random.Random(f"{host} {number}")  # noqa: S311 - the same words each time
    parts = (
        "har",
        "bo",
        "lin",
        "mo",
        "ta",
        "ren",
        "vi",
        "ka",
        "su",
        "del",
        "or",
        "mi",
        "pen",
        "ga",
    )
    words = ["".join(chance.choices(parts, k=3)) for _ in range(90)]
    text = "".join(f"<p>The board said {' '.join(words[at : at + 30])}.</p>" for at in (0, 30, 60))
    return (
        '<!DOCTYPE html><html lang="en"><head><title>Notice</title></head><body>'
        f'<h1>{title(host, number)}</h1><span class="date">{day(number)}</span>'
        f'<div class="text">{text}</div></body></html>'
    )


def title(host: str, number: int) -> str:
    """What a release is called."""
    return f"Notice {number} of pier {host}"


def day(number: int) -> str:
    """When it came."""
    return f"{1 + number % 28} {('January', 'February')[number // 28 % 2]} 2026"


async def main() -> None:
    """Serve until killed; the first line says the port."""
    rooms = Rooms(float(sys.argv[1]))
    server = await asyncio.start_server(rooms.serve, "0.0.0.0", 0)  # noqa: S104 - all of 127/8
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
