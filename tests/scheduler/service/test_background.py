"""What systemd hears, at a socket as it has one."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from scheduler.service.background import (
    ALIVE_STATE,
    READY_STATE,
    STOPPING_STATE,
    notify,
    show_life,
    watchdog_seconds,
)
from tests.peer import PATIENCE


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Where systemd listens, as the service is told it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(PATIENCE)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield heard


def test_states_are_sent_in_one_message(systemd: socket.socket) -> None:
    notify(READY_STATE, "STATUS=serves")
    assert systemd.recv(1000) == b"READY=1\nSTATUS=serves"


def test_an_abstract_socket_address_is_supported(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"communique-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"\0{name}")
        heard.settimeout(PATIENCE)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        notify(STOPPING_STATE)
        assert heard.recv(1000) == b"STOPPING=1"


def test_nothing_is_sent_without_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    with capture_logs() as logged:
        notify(READY_STATE)
    assert logged == []


def test_a_missing_socket_is_logged_and_the_service_continues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    with capture_logs() as logged:
        notify(READY_STATE)
    assert [(one["event"], one["states"]) for one in logged] == [
        ("systemd could not be notified", ["READY=1"])
    ]


@pytest.mark.parametrize(
    ("microseconds", "process", "seconds"),
    [
        ("30000000", str(os.getpid()), 30),
        ("30000000", None, 30),
        ("30000000", "1", 0),
        ("soon", None, 0),
        (None, None, 0),
    ],
    ids=["ours", "whoever's", "another's", "nonsense", "nothing"],
)
def test_the_watchdog_interval_is_the_one_for_this_process(
    microseconds: str | None, process: str | None, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("WATCHDOG_USEC", microseconds), ("WATCHDOG_PID", process)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert watchdog_seconds() == seconds


def test_life_is_reported_periodically(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "2000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)

    async def hear() -> list[bytes]:
        showing = asyncio.create_task(show_life())
        heard = [await asyncio.to_thread(systemd.recv, 100) for _ in range(3)]
        showing.cancel()
        return heard

    assert asyncio.run(hear()) == [ALIVE_STATE.encode()] * 3


def test_nothing_is_sent_without_a_watchdog(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    asyncio.run(show_life())
    systemd.settimeout(0)
    with pytest.raises(BlockingIOError):
        systemd.recv(100)
