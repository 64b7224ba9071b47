"""One address can't take all connections, and all together can't take all open files."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from data.settings import SiteSettings
from feeds.server.app import create_app
from feeds.server.requests.http_protocol import OpenConnections
from tests.feeds.serving import Server
from tests.peer import PATIENCE

STRANGER, OTHER = "203.0.113.9", "203.0.113.10"


def test_an_address_at_its_limit_does_not_affect_others() -> None:
    counted = OpenConnections(SiteSettings(connections=2), max_connections=100)
    assert [counted.add(STRANGER) for _ in range(3)] == [0, 0, 429]
    assert counted.add(OTHER) == 0
    counted.remove(STRANGER)
    counted.remove(STRANGER)
    assert counted.add(STRANGER) == 0


def test_addresses_of_one_subscriber_count_as_one() -> None:
    counted = OpenConnections(SiteSettings(connections=1), max_connections=100)
    assert counted.add("2001:db8::1") == 0
    assert counted.add("2001:db8::2") == 429


def test_ipv4_addresses_on_a_dual_stack_socket_are_distinguished() -> None:
    counted = OpenConnections(SiteSettings(connections=1), max_connections=100)
    assert counted.add(f"::ffff:{STRANGER}") == 0
    assert counted.add(f"::ffff:{OTHER}") == 0
    assert counted.add(STRANGER) == 429


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "192.0.2.1"])
def test_proxies_and_this_machine_count_only_towards_the_total(address: str) -> None:
    counted = OpenConnections(
        SiteSettings(connections=1, proxies=("192.0.2.0/24",)), max_connections=3
    )
    assert [counted.add(address) for _ in range(4)] == [0, 0, 0, 503]
    assert counted.add(STRANGER) == 503


def test_without_a_limit_per_address_the_total_limit_applies() -> None:
    counted = OpenConnections(SiteSettings(connections=0), max_connections=200)
    assert {counted.add(STRANGER) for _ in range(200)} == {0}
    assert counted.add(STRANGER) == 503


def test_closed_connections_are_not_counted() -> None:
    counted = OpenConnections(SiteSettings(), max_connections=1)
    for number in range(1000):
        assert counted.add(f"203.0.113.{number % 250}") == 0
        counted.remove(f"203.0.113.{number % 250}")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that takes two connections."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("here")
    server = Server(create_app(tmp_path / "site"))
    server.config.connections = OpenConnections(SiteSettings(), max_connections=2)  # type: ignore[attr-defined]
    server.thread.start()
    try:
        yield server
    finally:
        server.should_exit = True
        server.thread.join()
        server.socket.close()


def test_an_excess_connection_is_refused_and_others_work(server: Server) -> None:
    address = server.socket.getsockname()
    get = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
    with contextlib.ExitStack() as opened:
        held = [opened.enter_context(socket.create_connection(address)) for _ in range(2)]
        for one in held:
            one.sendall(get)
            assert one.recv(65536).startswith(b"HTTP/1.1 200")
        third = opened.enter_context(socket.create_connection(address))
        said = b"".join(iter(lambda: third.recv(65536), b""))
        head, _, body = said.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after" in head
        assert b"application/problem+json" in head
        assert json.loads(body)["status"] == 503
        held[0].sendall(get)
        assert held[0].recv(65536).startswith(b"HTTP/1.1 200")
    # Those that ended leave their places to others.
    with httpx.Client(timeout=PATIENCE) as client:
        for _ in range(100):
            with contextlib.suppress(httpx.TransportError):
                if client.get(server.url).status_code == 200:
                    break
        assert client.get(server.url).text == "here"


def test_a_refused_upgrade_frees_its_connection(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    asked = (
        b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    for _ in range(10):
        with socket.create_connection(server.socket.getsockname()) as opened:
            opened.sendall(asked)
            assert opened.recv(65536).startswith(b"HTTP/1.1 200")
            opened.shutdown(socket.SHUT_WR)
            while opened.recv(65536):
                pass
    assert not caplog.records
