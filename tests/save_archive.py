"""A web archive on loopback with the verbs of Save Page Now and a CDX server.

Each request to save a page makes a capture, even if its answer is lost: nothing is made once only
because this server would recognize a repeated request.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class SaveArchive(ThreadingHTTPServer):
    """Captures pages; ``faults`` are those of the next requests to save a page.

    A fault is ``lost`` (a capture without an answer), ``cut`` (neither), a status, or an object
    that is the answer (an empty one is no fault). Jobs are pending for ``polls`` requests, and end
    with ``ending`` if it is set. While it is ``down``, no request is answered. The CDX server lists
    a capture after ``indexing`` seconds.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.captures: list[tuple[str, str]] = []
        self.faults: deque[str | int | dict[str, Any]] = deque()
        self.retry_after = ""
        self.polls = 1
        self.ending: dict[str, Any] = {}
        self.down = False
        self.indexing = 0.0
        self.listed_at: dict[tuple[str, str], float] = {}
        self.jobs: dict[str, tuple[str, str, int]] = {}
        self.asked: list[str] = []
        self.authorized: set[str] = set()
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what went wrong, unless a killed client closed the connection."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def settings(self) -> str:
        """The table of this archive for communique.toml, without its name."""
        return f'save = "{self.url}/save"\ncaptures = "{self.url}/web/"\ncdx = "{self.url}/cdx"\n'

    def capture(self, url: str) -> str:
        """Capture a page now. The time of its capture, as 14 digits."""
        stamp = f"{dt.datetime.now(dt.UTC):%Y%m%d%H%M%S}"
        self.captures.append((url, stamp))
        self.listed_at.setdefault((url, stamp), time.monotonic() + self.indexing)
        return stamp


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: SaveArchive

    def do_POST(self) -> None:
        """Save a page."""
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length).decode()
        if len(body) < length:
            # The client was killed during its request.
            self.close_connection = True
            return
        url = parse_qs(body)["url"][0]
        archive = self.server
        with archive.lock:
            archive.asked.append(f"save {url}")
            archive.authorized.add(self.headers.get("Authorization", ""))
            fault = archive.faults.popleft() if archive.faults else None
            if archive.down or fault == "cut":
                self.close_connection = True
                return
            if isinstance(fault, int):
                self._answer({"message": "not now"}, fault)
                return
            if isinstance(fault, dict) and fault:
                self._answer(fault)
                return
            job = f"spn2-{len(archive.jobs)}"
            archive.jobs[job] = url, archive.capture(url), archive.polls
            if fault == "lost":
                self.close_connection = True
                return
        self._answer({"url": url, "job_id": job})

    def do_GET(self) -> None:
        """Report a job, or list captures."""
        parts = urlsplit(self.path)
        archive = self.server
        with archive.lock:
            archive.asked.append(parts.path.partition("/")[2])
            if archive.down:
                self.close_connection = True
                return
            if parts.path == "/cdx":
                query = {name: some[0] for name, some in parse_qs(parts.query).items()}
                rows = [
                    ["com,page)/", stamp, url, "text/html", "200", "ABC", "1"]
                    for url, stamp in archive.captures
                    if url == query["url"] and stamp >= query.get("from", "")
                    if archive.listed_at[url, stamp] <= time.monotonic()
                ]
                names = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest"]
                self._answer([[*names, "length"], *rows] if rows else [])
                return
            job = parts.path.rpartition("/")[2]
            if job not in archive.jobs:
                self._answer({"message": "unknown"}, 404)
                return
            url, stamp, left = archive.jobs[job]
            archive.jobs[job] = url, stamp, left - 1
        if left > 0:
            self._answer({"status": "pending", "job_id": job, "resources": []})
        elif archive.ending:
            self._answer({"status": "error", "job_id": job, **archive.ending})
        else:
            self._answer({"status": "success", "timestamp": stamp, "original_url": url})

    def _answer(self, value: object, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        if self.server.retry_after and status != 200:
            self.send_header("Retry-After", self.server.retry_after)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Keep the output clean."""


@contextmanager
def archive_served() -> Iterator[SaveArchive]:
    """An archive, while it is served."""
    archive = SaveArchive()
    thread = threading.Thread(target=archive.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield archive
    finally:
        archive.shutdown()
        thread.join()
        archive.server_close()
