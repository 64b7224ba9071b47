"""Hundreds of institutions on loopback, in the markup of 32 systems. They count rule violations.

All hosts share one port; the address in the Host header distinguishes them. The front page of a
host links to its press room, unless the press room is the front page.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from tests import listing_markup as markup
from tests.systems.rendered import Rendered

PAGE_LAYOUTS = ("plain", "latest", "recent", "events", "menu", "cloud", "calendar", "elsewhere")
TOWN_STARTS = ("Ald", "Bran", "Car", "Dun", "Esk", "Fen", "Gar", "Hol", "Inver", "Kil")
TOWN_MIDDLES = ("a", "e", "i", "o", "u", "er", "an", "in", "or", "el")
TOWN_ENDS = ("mouth", "wick", "ness", "port", "ford")
FORBIDDEN_PATH = "/internal/"
RESPONSE_SECONDS = 0.01
"""Delay of each response, so that simultaneous requests are noticed."""

RETRY_AFTER_SECONDS = 1
"""Value of Retry-After from a busy host. A busy host sends 429 to the first request for a page."""

BUSY_HOST_INTERVAL = 20
"""One in this number of hosts is busy."""


@dataclass
class Host:
    """A host: its institution, its pages by path, and its records of requests and violations."""

    number: int
    name: str
    theme: str
    base: str
    pages: dict[str, str] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()
    asked: int = 0
    open: int = 0
    waits_until: float = 0.0
    rude: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def room(self) -> str:
        """The address of the press room."""
        return self.base + markup.SYSTEMS[self.theme].first

    @property
    def entry(self) -> dict[str, object]:
        """The entry of the institution in a catalogue."""
        return {
            "id": f"board-{self.number}",
            "name": self.name,
            "url": f"{self.base}/",
            "kind": "agency",
            "country": "GB",
            "timezone": "Europe/London",
            "languages": ["en"],
        }

    def begin(self, path: str) -> int:
        """Record a request and return the status of its response."""
        now = time.monotonic()
        with self.lock:
            self.asked += 1
            self.open += 1
            if self.open > 1:
                self.rude.append(f"{path}: a second request at the same time")
            if self.asked == 1 and path != "/robots.txt":
                self.rude.append(f"{path}: requested before robots.txt")
            if path.startswith(FORBIDDEN_PATH):
                self.rude.append(f"{path}: forbidden by robots.txt")
            if now < self.waits_until and path != "/robots.txt":
                self.rude.append(f"{path}: requested before the end of Retry-After")
            is_busy = not self.waits_until and not self.number % BUSY_HOST_INTERVAL
            if is_busy and path != "/robots.txt":
                self.waits_until = now + RETRY_AFTER_SECONDS
                return 429
        return 200 if path == "/robots.txt" or path in self.pages else 404

    def end(self) -> None:
        """Record that a response was sent."""
        with self.lock:
            self.open -= 1


def host_of(number: int, port: int) -> Host:
    """Return an institution with its pages."""
    themes = [*markup.SYSTEMS]
    theme = themes[number % len(themes)]
    town = TOWN_STARTS[number % 10] + TOWN_MIDDLES[number // 10 % 10] + TOWN_ENDS[number // 100 % 5]
    base = f"http://127.1.{number // 250}.{number % 250 + 1}:{port}"
    host = Host(number, f"Harbour Board of {town}", theme, base)
    crowd = PAGE_LAYOUTS[number // len(themes) % len(PAGE_LAYOUTS)]
    every = markup.posts(21 + number % 20)
    addressed: list[tuple[str, str]] = [
        markup.render_listing(theme, every, crowd, page)
        for page in range(1, -(-len(every) // markup.PER_PAGE) + 1)
    ]
    addressed += [markup.render_release(theme, every, at, crowd) for at in range(len(every))]
    path_of = Rendered.path
    for address, html in addressed:
        text = html.replace(markup.SITE, host.name).replace(markup.HOST, base)
        host.pages[unquote(path_of(None, address))] = text  # type: ignore[arg-type]
    host.listed = frozenset(
        base + path_of(None, address)  # type: ignore[arg-type]
        for address, _ in markup.listed_on(theme, every, 1)
    )
    first = markup.SYSTEMS[theme].first
    host.pages.setdefault(
        "/",
        f"<!DOCTYPE html><html lang='en'><head><title>{escape(host.name)}</title></head><body>"
        f"<nav><a href='/about'>About</a> <a href='{escape(first)}'>Press releases</a> "
        f"<a href='{FORBIDDEN_PATH}news'>News for members</a></nav>"
        f"<main><h1>{escape(host.name)}</h1>"
        "<p>We run the harbour and its lights.</p></main></body></html>",
    )
    return host


class Sites(ThreadingHTTPServer):
    """The server of all hosts."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, count: int) -> None:
        super().__init__(("0.0.0.0", 0), Handler)  # noqa: S104 - all addresses of loopback
        port = self.server_address[1]
        self.hosts = {host.base: host for host in (host_of(n, port) for n in range(count))}

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that were killed."""

    @property
    def asked(self) -> int:
        """The number of all requests."""
        return sum(host.asked for host in self.hosts.values())


class Handler(BaseHTTPRequestHandler):
    """Serves the pages of the host in the Host header."""

    server: Sites
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Send the response of the host."""
        host = self.server.hosts[f"http://{self.headers['Host']}"]
        path = unquote(self.path)
        status = host.begin(path)
        try:
            time.sleep(RESPONSE_SECONDS)
            body = host.pages.get(path, "") if status == 200 else "not now"  # noqa: PLR2004
            kind = "text/html; charset=utf-8"
            if path == "/robots.txt":
                body, kind = f"User-agent: *\nDisallow: {FORBIDDEN_PATH}\n", "text/plain"
            content = body.encode()
        finally:
            host.end()
        self.send_response(status)
        if status == 429:  # noqa: PLR2004
            self.send_header("Retry-After", str(RETRY_AFTER_SECONDS))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited name
        """Keep the output clean."""


@contextmanager
def served(count: int) -> Iterator[Sites]:
    """Serve ``count`` hosts during a ``with`` block."""
    sites = Sites(count)
    thread = threading.Thread(target=sites.serve_forever, daemon=True)
    thread.start()
    try:
        yield sites
    finally:
        sites.shutdown()
        sites.server_close()
        thread.join()
