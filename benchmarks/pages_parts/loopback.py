"""A smaller run of the same pages over HTTP: added, visited and stored like any source."""

from __future__ import annotations

import datetime as dt
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from random import Random

from benchmarks.pages_parts.invented import LAST_VISITS, InventedPage, invent
from data.models import Facet
from data.revisions.noise import REMOVAL_VISITS
from scheduler.cli import run
from scheduler.home.home import open_home

SETTINGS = "[network]\nallow_private = true\n"


class Pages(ThreadingHTTPServer):
    """Serves the current HTML of each page, by its path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.html: dict[str, str] = {}


class Handler(BaseHTTPRequestHandler):
    """Answers requests for pages, and for robots.txt with 404."""

    def do_GET(self) -> None:
        """Send the page at the requested path."""
        server = self.server
        assert isinstance(server, Pages)
        html = server.html.get(self.path)
        body = (html or "").encode()
        self.send_response(404 if html is None else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
        """Log nothing."""


@contextmanager
def served() -> Iterator[Pages]:
    """Serve pages for the length of a ``with`` block."""
    server = Pages()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def over_loopback(pages: int, visits: int) -> dict[str, int]:
    """Visit pages over HTTP. Return the numbers of changes, of those found, and of false ones.

    The last change is followed by the visits that confirm a removal beside rotating texts.
    """
    randoms = [Random(70_000 + seed) for seed in range(pages)]  # noqa: S311 - invented data
    invented = [invent(random, visits - REMOVAL_VISITS + LAST_VISITS) for random in randoms]
    counts = {"changes": 0, "found": 0, "false_changes": 0, "visits": pages * visits}
    with tempfile.TemporaryDirectory() as folder, served() as server:
        home = Path(folder)
        (home / "communique.toml").write_text(SETTINGS)
        (home / "sources").mkdir()
        for number in range(pages):
            url = f"http://127.0.0.1:{server.server_address[1]}/{number}"
            text = f'name = "Page {number}"\nurl = "{url}"\ntimezone = "UTC"\nkind = "page"\n'
            (home / "sources" / f"page-{number}.toml").write_text(text)
        revisions = [0] * pages
        missing: list[set[tuple[str, bool]]] = [set() for _ in range(pages)]
        for visit in range(visits):
            for number, (page, random) in enumerate(zip(invented, randoms, strict=True)):
                missing[number] |= _changed(page, random, visit)
                server.html[f"/{number}"] = page.html(random, visit, dt.datetime.now(dt.UTC))
            with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
                run(["collect", "--json", "--home", folder])
            stored = _stored(home)
            for number in range(pages):
                revision, body = stored[f"page-{number}"]
                found = {one for one in missing[number] if (one[0] in body) == one[1]}
                if revisions[number] and revision > revisions[number] and not found:
                    counts["false_changes"] += 1
                missing[number] -= found
                counts["found"] += len(found)
                revisions[number] = revision
        counts["changes"] = counts["found"] + sum(map(len, missing))
    return counts


def _changed(page: InventedPage, random: Random, visit: int) -> set[tuple[str, bool]]:
    """Change a page by its script, and return its new lines, and its old ones with False.

    Dates of some languages contain special spaces, which are stored as plain spaces.
    """
    new: set[tuple[str, bool]] = set()
    for part in page.script.get(visit, ()):
        old, part.lines = part.lines, part.renew(random, part.lines)
        new |= {(" ".join(line.split()), True) for line in part.lines if line not in old}
        new |= {(" ".join(line.split()), False) for line in old if line not in part.lines}
    return new


def _stored(home: Path) -> dict[str, tuple[int, str]]:
    """Return the revision and the text of each source's page."""
    store = open_home(home).plain_store()
    try:
        return {
            one.source: (one.revision, one.content.body_text) for one in store.releases(Facet())
        }
    finally:
        store.close()
