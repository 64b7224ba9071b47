"""A server on loopback that sends bytes as they are: heads that no HTTP library would write."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

Answering = Callable[[str], Iterable[bytes]]
"""The bytes to send for a path, part by part."""


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, answering: Answering) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answering = answering


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Answer request after request, until the other side hangs up."""
        try:
            while asked := self.rfile.readline():
                while self.rfile.readline().strip():
                    pass
                for part in self.server.answering(asked.split()[1].decode()):
                    self.wfile.write(part)
        except OSError:
            return


def plain(body: bytes, *headers: bytes) -> Iterable[bytes]:
    """A whole answer with a page."""
    lines = (b"HTTP/1.1 200 OK", b"Content-Type: text/html", *headers)
    yield b"\r\n".join((*lines, b"Content-Length: %d" % len(body), b"", body))


@contextmanager
def serving(answering: Answering) -> Iterator[str]:
    """The address of a server that answers so, for the length of a ``with`` block."""
    with _Server(answering) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
