"""A small web archive on loopback: a CDX server, TimeMaps, and captures as first stored."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.http_handlers import answered_by

BANNER = b"<!-- WB Insert -->\n<script src='/static/wombat.js'></script>\n<!-- End WB Insert -->"


@dataclass
class Held:
    """A capture in the archive. ``told`` is its Memento-Datetime if that is another time."""

    url: str
    stamp: str
    body: bytes = b""
    status: int = 200
    told: str = ""
    digest: str | None = None

    @property
    def sha1(self) -> str:
        """The digest in the index."""
        if self.digest is not None:
            return self.digest
        return base64.b32encode(hashlib.sha1(self.body).digest()).decode()  # noqa: S324 - as indexes have it


@dataclass
class LoopbackArchive:
    """The captures of an archive, and what was requested from it.

    ``index`` is the format of its index: "pywb", "wayback", "plain", "timemap" or "endless".
    ``down`` contains the responses (status and headers) to the next requests for captures.
    With ``adds``, the archive offers no captures as first stored. After ``limit`` captures, clients
    must wait for a week.
    """

    held: list[Held] = field(default_factory=list)
    index: str = "pywb"
    adds: bool = False
    limit: int | None = None
    down: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def add(self, url: str, stamp: str, html: str, **more: Any) -> None:
        """Add a capture of a page."""
        self.held.append(Held(url, stamp, html.encode(), **more))

    @property
    def fetched(self) -> list[str]:
        """The requested captures."""
        return [one for one in self.asked if "id_/" in one or "mp_/" in one]

    def answer(self, target: str) -> tuple[int, dict[str, str], bytes]:
        """The response to a request."""
        self.asked.append(target)
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == ("/cdx/search/cdx" if self.index == "wayback" else "/coll/cdx"):
            return self._cdx(query) if self.index != "timemap" else (404, {}, b"")
        if self.index == "timemap" and parts.path.startswith("/coll/timemap/link/"):
            return self._timemap(target.removeprefix("/coll/timemap/link/"))
        base = "/web/" if self.index == "wayback" else "/coll/"
        stamp, _, url = target.removeprefix(base).partition("/")
        if stamp[:14].isdigit() and url.startswith("http"):
            return self._capture(stamp, url)
        return 404, {"Content-Type": "text/html"}, b"<html>not here</html>"

    def _rows(self, query: dict[str, str]) -> list[Held]:
        def key(url: str) -> str:
            return url.partition("://")[2].rstrip("/")

        wanted = key(query["url"])
        prefix = query.get("matchType") == "prefix"
        found = [
            one
            for one in self.held
            if key(one.url) == wanted or (prefix and key(one.url).startswith(wanted))
        ]
        return sorted(found, key=lambda one: (key(one.url), one.stamp))

    def _cdx(self, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        rows = self._rows(query)
        if self.index == "wayback":
            names = [
                "urlkey",
                "timestamp",
                "original",
                "mimetype",
                "statuscode",
                "digest",
                "length",
            ]
            start = int(query.get("resumeKey", "0"))
            some = rows[start : start + 3]
            table = [
                ["k", one.stamp, one.url, "text/html", str(one.status), one.sha1, "9"]
                for one in some
            ]
            more = [[], [str(start + 3)]] if start + 3 < len(rows) else []
            return (
                200,
                {"Content-Type": "application/json"},
                json.dumps([names, *table, *more]).encode(),
            )
        if self.index == "endless":
            rows = rows[:1]
        lines = [
            f"k {one.stamp} {one.url} text/html {one.status} {one.sha1 or '-'} 9"
            if self.index in {"plain", "endless"}
            else json.dumps(
                {
                    "urlkey": "k",
                    "timestamp": one.stamp,
                    "url": one.url,
                    "mime": "text/html",
                    "status": str(one.status),
                    **({"digest": one.sha1} if one.sha1 else {}),
                }
            )
            for one in rows
        ]
        if self.index == "endless":
            lines += ["", f"key{len(self.asked)}"]
        return 200, {"Content-Type": "text/x-ndjson"}, "\n".join(lines).encode() + b"\n"

    def _timemap(self, url: str) -> tuple[int, dict[str, str], bytes]:
        """The first TimeMap refers to two others, each with half of the captures."""
        url, _, page = url.partition("?page=")
        rows = self._rows({"url": url})
        if not rows:
            return 404, {"Content-Type": "application/link-format"}, b""
        base = f"{self.address}/coll/timemap/link/{url}"
        links = [
            f'<{url}>; rel="original"',
            f'<{base}>; rel="self"; type="application/link-format"',
        ]
        half = len(rows) // 2
        if page:
            rows = rows[:half] if page == "1" else rows[half:]
            links += (
                f'<{self.address}/coll/{one.stamp}mp_/{one.url}>; rel="memento";'
                f' datetime="{http_date(one.stamp)}"'
                for one in rows
            )
        else:
            links += (f'<{base}?page={number}>; rel="timemap"' for number in (1, 2))
        return 200, {"Content-Type": "application/link-format"}, ",\n".join(links).encode()

    def _capture(self, stamp: str, url: str) -> tuple[int, dict[str, str], bytes]:
        if self.limit is not None and len(self.fetched) > self.limit:
            return 429, {"Retry-After": "604800"}, b""
        if self.down:
            status, headers = self.down.pop(0)
            return status, headers, b""
        digits = stamp[:14]
        found = next((h for h in self.held if h.url == url and h.stamp == digits), None)
        if found is None:
            return 404, {"Content-Type": "text/html"}, b"not in this collection"
        body = found.body
        if self.adds:
            replay = f"{self.address}/coll/{digits}mp_/".encode()
            body = body.replace(b"<head>", b"<head>" + BANNER).replace(
                b"href='http", b"href='" + replay + b"http"
            )
        headers = {"Content-Type": "text/html; charset=utf-8"}
        return found.status, {**headers, "Memento-Datetime": http_date(found.told or digits)}, body


def http_date(stamp: str) -> str:
    """The time of a capture as an HTTP date."""
    at = dt.datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)
    return format_datetime(at, usegmt=True)


@contextmanager
def web_archive(archive: LoopbackArchive) -> Iterator[LoopbackArchive]:
    """Serve an archive on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = archive.answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    with answered_by(Handler) as address:
        archive.address = address.rstrip("/")
        yield archive
