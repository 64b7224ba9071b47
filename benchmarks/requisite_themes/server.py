"""Serve invented press rooms on loopback, one port each, and their other host on one more."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.requisite_themes.kit import File
from benchmarks.requisite_themes.sites import Site, build


class Host(ThreadingHTTPServer):
    """A server of ``files`` by path with query. ``log`` has the (path, status) of each request."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, File] = {}
        self.log: list[tuple[str, int]] = []
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"

    def requested(self) -> set[str]:
        """Return the paths that were requested."""
        return {path for path, _ in self.log}

    def handle_error(self, *_: object) -> None:
        """Ignore clients that close their connection."""


class Handler(BaseHTTPRequestHandler):
    """Sends files, packed if they are texts, and 304 for a known ETag."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send a file."""
        server = self.server
        assert isinstance(server, Host)
        file = server.files.get(self.path, File(b"missing", "text/plain", {}, status=404))
        tag = f'"{hashlib.sha256(file.body).hexdigest()[:20]}"'
        status = HTTPStatus.NOT_MODIFIED if self.headers["If-None-Match"] == tag else file.status
        body = b"" if status == HTTPStatus.NOT_MODIFIED else file.body
        is_text = file.kind.startswith(("text/", "image/svg"))
        packs = is_text and "gzip" in (self.headers["Accept-Encoding"] or "")
        body = gzip.compress(body, 6, mtime=0) if packs and body else body
        server.log.append((self.path, status))
        self.send_response(status)
        self.send_header("Content-Type", file.kind)
        if status == HTTPStatus.OK:
            self.send_header("ETag", tag)
        if packs and body:
            self.send_header("Content-Encoding", "gzip")
        for name, value in file.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def hosts(count: int) -> Iterator[list[Host]]:
    """Run servers without files for the length of a ``with`` block."""
    with ExitStack() as stack:
        made = [Host() for _ in range(count)]
        for one in made:
            threading.Thread(target=one.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(one.server_close)
            stack.callback(one.shutdown)
        yield made


@contextmanager
def serving(
    names: Sequence[str], releases: int = 2, *, own_pictures: bool = True
) -> Iterator[tuple[list[tuple[Site, Host]], Host]]:
    """Serve the press rooms in some designs. Yields each with its server, and their other host."""
    with hosts(len(names) + 1) as (other, *rooms):
        sites = []
        for name, room in zip(names, rooms, strict=True):
            site = build(name, room.origin, other.origin, releases, own_pictures=own_pictures)
            room.files, other.files = site.files, other.files | site.shared
            sites.append((site, room))
        yield sites, other
