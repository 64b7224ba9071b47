"""A real server on loopback for the time of a test."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import httpx
import uvicorn
from starlette.types import ASGIApp

from scheduler.service.web import server_config
from tests.peer import PATIENCE


class Server(uvicorn.Server):
    """A server in a thread of its own, on a socket that is open before it starts."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(server_config(app))
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.run, kwargs={"sockets": [self.socket]})

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}"


def served_by(app: ASGIApp) -> Iterator[httpx.Client]:
    """A client of an application while it is served."""
    server = Server(app)
    server.thread.start()
    try:
        # Without its own default of accepting gzip: each test says what it accepts.
        with httpx.Client(
            base_url=server.url, headers={"accept-encoding": ""}, timeout=PATIENCE
        ) as client:
            yield client
    finally:
        server.should_exit = True
        server.thread.join()
        server.socket.close()
