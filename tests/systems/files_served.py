"""A folder of files on loopback, as static hosts serve it: index.html, ETag, Last-Modified."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    protocol_version = "HTTP/1.1"
    # As in tests.press_room.
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited name
        """Keep the output clean."""


@dataclass
class Files:
    """What is served: ``folder`` may be replaced while the server runs."""

    folder: Path
    url: str = field(default="")


@contextlib.contextmanager
def served_files(folder: Path) -> Iterator[Files]:
    """A server for a folder, until the block ends."""
    files = Files(folder)

    class Handler(Quiet):
        def translate_path(self, path: str) -> str:
            self.directory = str(files.folder)
            return super().translate_path(path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler)) as server:
        server.daemon_threads = True
        files.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield files
        finally:
            server.shutdown()
            thread.join()
