"""Web server for the press rooms, which runs in a child process of the demo, and the parent's side.

Each room has its own port, so that robots.txt, cookies and root-relative links work as on a real
site.

python -m scheduler.demo.server [--port N] [--day D]

When the server listens, it writes a ShownDay as a line of JSON. To change the day, the parent sends
a line with the day's number. The server then shows this day and writes another ShownDay. The server
ends when its standard input closes, or on Ctrl-C.
"""

import argparse
import asyncio
import contextlib
import gzip
import sys
import threading
from collections.abc import Coroutine, Iterator, Mapping
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from data.errors import CommuniqueError
from scheduler.children.child import Child, ChildEnded
from scheduler.children.crawl_lines import ParentLines, write_line
from scheduler.demo.responses import RoomResponse, not_found, responses
from scheduler.demo.rooms import Showing, load_rooms, showing

T = TypeVar("T")

SOURCES_FOLDER = Path(__file__).parent / "sources"


DEMO_HOST = "127.0.0.1"
MIN_COMPRESSED_BYTES = 1024
"""Minimum size in bytes of a compressed body, in rooms with compression."""


class RoomPortTaken(CommuniqueError):
    """Raised if a press room can't listen on its port."""

    def __init__(self, port: int, cause: str) -> None:
        super().__init__(
            f"can't listen on {DEMO_HOST}:{port} ({cause}); choose another first port with --port, "
            "each room needs one more"
        )
        self.port = port


class ShownDay(msgspec.Struct, frozen=True):
    """Line to the parent: the current day, and the origins of the rooms by id."""

    day: int
    rooms: dict[str, str]


class RoomServer(ThreadingHTTPServer):
    """HTTP server for one press room on its own port. Port 0 means any free port.

    ``day`` is the current day of the demo, for all rooms. Raises RoomPortTaken.
    """

    daemon_threads = True
    day = 1

    def __init__(self, room: str, port: int) -> None:
        try:
            super().__init__((DEMO_HOST, port), Handler)
        except OSError as error:
            raise RoomPortTaken(port, error.strerror or str(error)) from error
        self.room = room
        self.base = f"http://{DEMO_HOST}:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print the error of a request, unless the client closed the connection."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def shown(self) -> Showing:
        """Return the content of the room on the current day."""
        return showing(self.room, self.day)

    def response(self, target: str) -> RoomResponse:
        """Return the response for a path and query. Unknown queries are ignored."""
        table = responses(self.room, self.day, self.base)
        found = table.get(target) or table.get(target.partition("?")[0])
        return found or not_found(self.shown, self.base, target)


class Handler(BaseHTTPRequestHandler):
    """Handler for GET and HEAD requests, including conditional ones."""

    protocol_version = "HTTP/1.1"
    server: RoomServer
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Send the headers and the body of a response."""
        self.reply(with_body=True)

    def do_HEAD(self) -> None:
        """Send the headers of a GET response."""
        self.reply(with_body=False)

    def reply(self, *, with_body: bool) -> None:
        """Send the current day's response for the requested path."""
        room = self.server.shown.room
        response = self.server.response(self.path)
        compress = (
            room.gzip
            and len(response.body) >= MIN_COMPRESSED_BYTES
            and "gzip" in self.headers.get("Accept-Encoding", "")
        )
        if response.unchanged(self.headers["If-None-Match"], self.headers["If-Modified-Since"]):
            self.send_response(304)
            self.send_validators(response, weak=compress)
            self.end_headers()
            return
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        for name, value in room.headers.items():
            if name != "Server":
                self.send_header(name, value)
        self.send_validators(response, weak=compress)
        if response.location:
            self.send_header("Location", response.location)
        body = response.body
        if compress:
            body = gzip.compress(body, mtime=0)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Vary", "Accept-Encoding")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def send_validators(self, response: RoomResponse, *, weak: bool) -> None:
        """Send the ETag and Last-Modified headers if the response has them.

        ``weak`` converts a strong ETag to a weak one, for a compressed body.
        """
        if response.etag:
            self.send_header("ETag", "W/" * (weak and response.etag[0] == '"') + response.etag)
        if response.modified:
            self.send_header("Last-Modified", format_datetime(response.modified, usegmt=True))

    def version_string(self) -> str:
        """Return the value of the room's Server header."""
        return self.server.shown.room.headers.get("Server", "nginx")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the inherited name
        """Log nothing, because the terminal belongs to the parent process."""


def serve(first_port: int, day: int) -> None:
    """Serve all rooms until the parent closes the input.

    The rooms get ``first_port`` and the following ports, or free ports if it is 0. Raises
    RoomPortTaken.
    """
    RoomServer.day = day
    servers = [
        RoomServer(room, first_port and first_port + index)
        for index, room in enumerate(load_rooms())
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    rooms = {server.room: server.base for server in servers}
    write_line(ShownDay(day, rooms))
    for line in ParentLines():
        RoomServer.day = int(line)
        write_line(ShownDay(RoomServer.day, rooms))


def main() -> int:
    """Parse the arguments, serve, and return the exit code."""
    parser = argparse.ArgumentParser(description="Serve the bundled press rooms over loopback.")
    parser.add_argument(
        "--port", type=int, default=0, help="first port to listen on (default: any free ports)"
    )
    parser.add_argument("--day", type=int, default=1, help="first simulated day (default 1)")
    given = parser.parse_args()
    try:
        serve(given.port, given.day)
    except RoomPortTaken as error:
        print(error, file=sys.stderr)  # noqa: T201 - a message for a terminal
        return 1
    except KeyboardInterrupt:
        return 0  # Ctrl-C ends the server, like the end of its input
    return 0


class DemoError(CommuniqueError):
    """Raised if the server for the press rooms did not start, or ended unexpectedly."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"the bundled press rooms can't be served: {cause}; start the demo again")
        self.cause = cause


class ServedRooms:
    """The running server for the press rooms. ``bases`` maps the id of each room to its origin."""

    def __init__(self, loop: asyncio.Runner, child: Child) -> None:
        self.child = child
        self._loop = loop
        self.day, self.bases = self._shown_day()

    def show(self, day: int) -> None:
        """Make all rooms show ``day`` (1 to 3), and wait until they do."""
        self._run(self.child.say(day))
        self.day, self.bases = self._shown_day()

    def _shown_day(self) -> tuple[int, Mapping[str, str]]:
        """Read the current day and the origins from the server's next line."""
        line = self._run(self.child.hear(ShownDay))
        return line.day, line.rooms

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self._loop.run(work)
        except ChildEnded as error:
            raise DemoError(f"the demo's web server exited with status {error.code}") from error


@contextlib.contextmanager
def rooms_served(port: int = 0, day: int = 1) -> Iterator[ServedRooms]:
    """Context manager that serves the press rooms from a child process.

    The first room gets ``port``, and the other rooms the following ports; 0 means free ports.
    Raises DemoError if the child does not start.
    """
    with asyncio.Runner() as loop:
        arguments = (f"--port={port}", f"--day={day}")
        child = loop.run(Child.start("scheduler.demo.server", *arguments))
        try:
            yield ServedRooms(loop, child)
        finally:
            loop.run(child.end())


def write_sources(folder: Path, bases: Mapping[str, str]) -> list[str]:
    """Write a source file for each room into ``folder``, and return the ids of the sources.

    ``bases`` maps the id of each room to its origin. Unchanged files are not written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for room, base in bases.items():
        text = (SOURCES_FOLDER / f"{room}.toml").read_text("utf-8").replace("{base}", base)
        target = folder / f"{room}.toml"
        if not target.exists() or target.read_text("utf-8") != text:
            target.write_text(text, "utf-8")
    return list(bases)


if __name__ == "__main__":
    sys.exit(main())
