"""The cost of visits and releases, measured with the real executor and press rooms on loopback.

Each source has its own host and a listing of 20 releases, which every visit requests again. Three
rounds separate the costs: the first finds all releases. In the second, nothing has changed and
responses are 304. In the third, nothing has changed either, but servers send complete pages, as
many do. CPU time is that of the processes that visit, including their start, without the servers.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import multiprocessing
import random
import resource
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import ClassVar

from data.clock import utc_now
from scheduler.children.executor import Executor
from scheduler.home.home import Home, open_home
from spiders.sources.source_file import load_sources

LISTED = 20
SETTINGS = "[network]\nallow_private = true\n[collect]\nrevisit_days = 14\n"
PARAGRAPHS, WORDS = 8, 60
MENU = 300
"""Links around the text: pages have some 40 KB then, compressed a quarter of it."""


@dataclass(frozen=True)
class Cost:
    """What visits to some sources took."""

    visits: int
    requests: int
    cpu: float
    archive: int
    store: int
    memory: int
    """Bytes of the largest process so far."""


class Rooms(BaseHTTPRequestHandler):
    """Press rooms ``/N/`` with releases ``/N/K``; counts what it is asked."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    asked: ClassVar[Synchronized[int]]
    whole: ClassVar[Event]

    def do_GET(self) -> None:
        """Answer, by 304 where the client has the page and servers are kind."""
        with self.asked.get_lock():
            self.asked.value += 1
        _, room, *rest = self.path.split("/")
        if not room.isdecimal():
            self._answer(404, b"", "")
            return
        page = release(int(room), int(rest[0])) if rest[0] else listing(int(room))
        tag = f'"{hashlib.sha256(page).hexdigest()[:20]}"'
        if self.headers["If-None-Match"] == tag and not self.whole.is_set():
            self._answer(304, b"", tag)
        else:
            self._answer(200, page, tag)

    def _answer(self, status: int, body: bytes, tag: str) -> None:
        self.send_response(status)
        if tag:
            self.send_header("ETag", tag)
        if status != 304:  # noqa: PLR2004 - Not Modified
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@cache
def vocabulary() -> list[str]:
    """Invented words."""
    return [f"{'bcdfghklmnprstvz'[n % 16]}{'aeiou'[n % 5]}{n:x}" for n in range(8000)]


def day_of(number: int) -> dt.date:
    """The day of a release: one in ten days."""
    return utc_now().date() - dt.timedelta(days=1 + 10 * number)


@cache
def listing(room: int) -> bytes:
    """The listing of a room."""
    rows = "".join(
        f'<li class="row"><span class="date">{day_of(n):%d %B %Y}</span> '
        f'<a href="/{room}/{n}">{title(room, n)}</a></li>'
        for n in range(LISTED)
    )
    return framed(room, f'<ul class="news">{rows}</ul>')


@cache
def release(room: int, number: int) -> bytes:
    """A page of a release."""
    chance = random.Random(room * 1000 + number)  # noqa: S311 - the same pages in each run
    text = "".join(
        f"<p>{' '.join(chance.choices(vocabulary(), k=WORDS)).capitalize()}.</p>"
        for _ in range(PARAGRAPHS)
    )
    date = f'<span class="date">{day_of(number):%d %B %Y}</span>'
    return framed(room, f"<h1>{title(room, number)}</h1>{date}<div class='text'>{text}</div>")


def title(room: int, number: int) -> str:
    """The title of a release."""
    chance = random.Random(room * 1000 + number)  # noqa: S311
    return " ".join(chance.choices(vocabulary(), k=7)).capitalize()


def framed(room: int, main: str) -> bytes:
    """A page with what stands around its content."""
    chance = random.Random(room)  # noqa: S311
    links = "".join(
        f'<li><a href="/{room}/about/{chance.getrandbits(40):x}" class="menu-item depth-{n % 3}">'
        f"{' '.join(chance.choices(vocabulary(), k=3))}</a></li>"
        for n in range(MENU)
    )
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>Room {room}</title></head><body>'
        f'<ul class="menu">{links}</ul>{main}<div class="foot">Room {room}</div></body></html>'
    ).encode()


@contextmanager
def served() -> Iterator[tuple[int, Synchronized[int], Event]]:
    """The rooms at a port, what they were asked, and whether they send whole pages again."""
    asked, whole = multiprocessing.Value("q", 0), multiprocessing.Event()
    port = multiprocessing.Value("i", 0)
    ready = multiprocessing.Event()

    def serve() -> None:
        """Serve until the end."""
        Rooms.asked, Rooms.whole = asked, whole
        server = ThreadingHTTPServer(("0.0.0.0", 0), Rooms)  # noqa: S104 - many loopback addresses
        server.daemon_threads = True
        port.value = server.server_port
        ready.set()
        server.serve_forever()

    process = multiprocessing.get_context("fork").Process(target=serve, daemon=True)
    process.start()
    ready.wait()
    try:
        yield port.value, asked, whole
    finally:
        process.terminate()
        process.join()


def measure(sources: int) -> dict[str, Cost]:
    """The costs of the first visits, and of later ones by what servers answer."""
    with tempfile.TemporaryDirectory() as folder, served() as (port, asked, whole):
        home = made_home(Path(folder), sources, port)
        found = {"first": visited(home, asked), "not modified": visited(home, asked)}
        whole.set()
        found["whole page"] = visited(home, asked)
        return found


def made_home(folder: Path, sources: int, port: int) -> Home:
    """A HOME with sources on hosts of their own."""
    (folder / "sources").mkdir()
    (folder / "communique.toml").write_text(SETTINGS)
    for number in range(sources):
        (folder / "sources" / f"room-{number}.toml").write_text(
            f'name = "Room {number}"\ntimezone = "UTC"\n'
            f'url = "http://127.1.{number // 200}.{1 + number % 200}:{port}/{number}/"\n'
        )
    return open_home(folder)


def visited(home: Home, asked: Synchronized[int]) -> Cost:
    """Visit all sources once, as the service does."""
    sources, broken = load_sources(home.sources)
    assert not broken
    mine = [one for name, one in sources.items() if name.startswith("room-")]
    before, kept, stored = asked.value, size_of(home.archive), store_size(home)
    began = children_cpu()
    runs = asyncio.run(Executor(home).visit_all(mine))
    errors = [error for run in runs for error in run.errors]
    assert not errors, errors[:3]
    return Cost(
        len(runs),
        asked.value - before,
        children_cpu() - began,
        size_of(home.archive) - kept,
        store_size(home) - stored,
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
    )


def children_cpu() -> float:
    """Seconds of processor time of child processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def size_of(folder: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def store_size(home: Home) -> int:
    """The bytes of the pages that the store uses."""
    if not home.database.exists():
        return 0
    with closing(sqlite3.connect(home.database)) as connection:
        (pages,), (free,), (size,) = (
            connection.execute(f"PRAGMA {name}").fetchone()
            for name in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * size)
