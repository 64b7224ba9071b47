"""The process at the other end of a connection is looked up once per connection, and rarely."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from data.settings import SiteSettings
from feeds.server.requests import peer_process
from feeds.server.requests.client import CONNECTION_SCOPE_KEY
from feeds.server.requests.peer_process import OwnClients, is_own_client
from feeds.server.requests.work_queue import RateLimit, Unanswered

RATE = 1
BURST = 10
"""Requests that this machine may send at once at this rate."""


@pytest.fixture
def connected() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection on loopback."""
    with ExitStack() as ends, closing(socket.create_server(("127.0.0.1", 0))) as server:
        client = ends.enter_context(closing(socket.create_connection(server.getsockname())))
        yield client, ends.enter_context(closing(server.accept()[0]))


def scope_of(connected: tuple[socket.socket, socket.socket], facts: dict[str, object]) -> Any:
    """The scope of a request on a connection."""
    client, server = connected
    return {
        "type": "http",
        "http_version": "1.1",
        "client": client.getsockname(),
        "server": server.getsockname(),
        "headers": [(b"host", b"127.0.0.1")],
        CONNECTION_SCOPE_KEY: facts,
    }


def test_requests_on_one_connection_are_looked_up_once(
    connected: tuple[socket.socket, socket.socket],
) -> None:
    clients, facts = OwnClients(SiteSettings(api_rate=RATE)), dict[str, object]()
    for _ in range(2 * BURST):
        assert asyncio.run(clients.include(scope_of(connected, facts)))
    # The kernel no longer knows the connection, but its result is kept.
    for one in connected:
        one.close()
    scope = scope_of_closed(facts)
    assert asyncio.run(clients.include(scope))
    assert not asyncio.run(clients.include({**scope, CONNECTION_SCOPE_KEY: {}}))


def test_a_client_is_recognized_on_a_machine_without_ipv6(
    connected: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Linux then has no table of such sockets.
    monkeypatch.setattr(peer_process, "SOCKET_TABLES", ("self/net/tcp", "self/net/missing"))
    assert is_own_client(scope_of(connected, {}))


def test_no_process_is_recognized_on_a_system_without_proc(
    connected: tuple[socket.socket, socket.socket],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peer_process, "PROC", tmp_path / "proc")
    assert not is_own_client(scope_of(connected, {}))


def scope_of_closed(facts: dict[str, object]) -> Any:
    """The scope of a connection that is not open."""
    return {
        "type": "http",
        "http_version": "1.1",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "headers": [(b"host", b"127.0.0.1")],
        CONNECTION_SCOPE_KEY: facts,
    }


def test_connections_count_for_the_rate(
    connected: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Time stands still, so a slow machine permits no further request.
    monkeypatch.setattr(peer_process, "RateLimit", partial(RateLimit, clock=lambda: 0.0))
    clients = OwnClients(SiteSettings(api_rate=RATE))
    for _ in range(BURST):
        assert asyncio.run(clients.include(scope_of(connected, {})))
    with pytest.raises(Unanswered) as refused:
        asyncio.run(clients.include(scope_of(connected, {})))
    assert refused.value.status == 429
    # Requests that their header refuses do not count.
    far = {**scope_of(connected, {}), "headers": [(b"host", b"harbour.example")]}
    assert not asyncio.run(clients.include(far))
