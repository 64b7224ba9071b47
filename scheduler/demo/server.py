"""The web server of the press rooms: a child process that its parent steers.

Each room has a port of its own, because robots.txt, cookies, root-relative links and politeness
belong to an origin; under a path prefix none of them would be as on a real site.

    python -m scheduler.demo.server [--port N] [--day D]

It writes a ShownDay as a line of JSON once it listens. A line with a number shows that day and is
answered with the same line. It ends when its standard input does.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import threading
from dataclasses import dataclass
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

from data.errors import CommuniqueError
from scheduler.children.parent_lines import ParentLines, write_line
from scheduler.demo.responses import Response, answers, not_found
from scheduler.demo.rooms import Showing, load_rooms, showing

HOST = "127.0.0.1"
COMPRESSED = 1024
"""Bytes from which on a room that can compress does so."""


class RoomPortTaken(CommuniqueError):
    """A press room can't listen on its port."""

    def __init__(self, port: int, cause: str) -> None:
        super().__init__(
            f"can't listen on {HOST}:{port} ({cause}); choose another first port (--port), from"
            " which each room takes the next one"
        )
        self.port = port


class ShownDay(msgspec.Struct, frozen=True):
    """A line to the parent: the day that is shown, and the origin of each room by its id."""

    day: int
    rooms: dict[str, str]


@dataclass
class Today:
    """The day that all rooms show."""

    day: int


class RoomServer(ThreadingHTTPServer):
    """One press room on its own port (0 takes a free one)."""

    daemon_threads = True

    def __init__(self, room: str, port: int, today: Today) -> None:
        super().__init__((HOST, port), Handler)
        self.room = room
        self.today = today
        self.base = f"http://{HOST}:{self.server_address[1]}"

    @property
    def shown(self) -> Showing:
        """What the room shows today."""
        return showing(self.room, self.today.day)

    def answer(self, target: str) -> Response:
        """The answer to a path and query; a query that means nothing here is passed over."""
        table = answers(self.room, self.today.day, self.base)
        found = table.get(target) or table.get(target.partition("?")[0])
        return found or not_found(self.shown, self.base, target)


def room_server(room: str, port: int, today: Today) -> RoomServer:
    """Start to listen for a room. Raises RoomPortTaken."""
    try:
        return RoomServer(room, port, today)
    except OSError as error:
        raise RoomPortTaken(port, error.strerror or str(error)) from error


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD, conditional ones too."""

    protocol_version = "HTTP/1.1"
    server: RoomServer
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer with headers and body."""
        self.reply(with_body=True)

    def do_HEAD(self) -> None:
        """Answer with the headers of a GET alone."""
        self.reply(with_body=False)

    def reply(self, *, with_body: bool) -> None:
        """Send today's answer to the address that was asked for."""
        room = self.server.shown.room
        answer = self.server.answer(self.path)
        compress = (
            room.gzip
            and len(answer.body) >= COMPRESSED
            and "gzip" in self.headers.get("Accept-Encoding", "")
        )
        if answer.unchanged(self.headers["If-None-Match"], self.headers["If-Modified-Since"]):
            self.send_response(304)
            self.send_validators(answer, weak=compress)
            self.end_headers()
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        for name, value in room.headers.items():
            if name != "Server":
                self.send_header(name, value)
        self.send_validators(answer, weak=compress)
        if answer.location:
            self.send_header("Location", answer.location)
        body = answer.body
        if compress:
            body = gzip.compress(body, mtime=0)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Vary", "Accept-Encoding")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def send_validators(self, answer: Response, *, weak: bool) -> None:
        """Send ETag and Last-Modified, as far as the answer has them.

        A strong ETag speaks for bytes, so it is ``weak`` once they are compressed on the way.
        """
        if answer.etag:
            self.send_header("ETag", "W/" * (weak and answer.etag[0] == '"') + answer.etag)
        if answer.modified:
            self.send_header("Last-Modified", format_datetime(answer.modified, usegmt=True))

    def version_string(self) -> str:
        """The Server header, which each room fills in its own way."""
        return self.server.shown.room.headers.get("Server", "nginx")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited name
        """Keep quiet: the parent's terminal belongs to the parent."""


def serve(first_port: int, day: int) -> None:
    """Serve all rooms until the parent ends; ports count up from ``first_port`` unless it is 0.

    Raises RoomPortTaken.
    """
    today = Today(day)
    servers = [
        room_server(room, first_port and first_port + index, today)
        for index, room in enumerate(load_rooms())
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    rooms = {server.room: server.base for server in servers}
    write_line(ShownDay(today.day, rooms))
    for line in ParentLines():
        today.day = int(line)
        write_line(ShownDay(today.day, rooms))


def main() -> int:
    """Read the arguments and serve; the exit code."""
    parser = argparse.ArgumentParser(description="Serve the bundled press rooms over loopback.")
    parser.add_argument("--port", type=int, default=0, help="the first of the ports; 0: free ones")
    parser.add_argument("--day", type=int, default=1, help="the day to begin with")
    given = parser.parse_args()
    try:
        serve(given.port, given.day)
    except RoomPortTaken as error:
        print(error, file=sys.stderr)  # noqa: T201 - what a person at a terminal reads
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
