"""Fetching pages for many threads with one child process."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scheduler.children import child
from scheduler.children.fetch import SharedFetcher
from scheduler.home.home import Home, home_at
from spiders.discovery.fetcher import NotFetched
from tests.command import SETTINGS
from tests.press_room import Answer, served


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A HOME that may reach loopback."""
    (tmp_path / "communique.toml").write_text(SETTINGS)
    return home_at(tmp_path)


@pytest.mark.thorough
def test_threads_share_a_response_and_a_child_that_ended_is_replaced(home: Home) -> None:
    held = threading.Event()
    with served() as room, SharedFetcher(home, archive=False) as fetcher:
        room.answers["/same/"] = Answer(b"<p>same", hold=held)
        room.page("/next/", "<p>next")
        with ThreadPoolExecutor(2) as threads, fetcher.opened(60) as site:
            pages = [threads.submit(site.page, f"{room.base}/same/") for _ in range(2)]
            room.wait_for("/same/")
            assert fetcher._child is not None  # noqa: SLF001 - to kill it, as a hostile page might
            first = fetcher._child.pid  # noqa: SLF001
            os.kill(first, signal.SIGKILL)
            held.set()
            assert [page.result().body for page in pages] == [b"<p>same"] * 2
            assert fetcher._child.pid != first  # noqa: SLF001
            assert site.page(f"{room.base}/next/").body == b"<p>next"
            with pytest.raises(NotFetched, match="404"):
                site.page(f"{room.base}/missing/")


@pytest.mark.usefixtures("forked_children")
def test_a_child_that_sends_too_long_a_line_is_ended(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "MAX_LINE_BYTES", 5000)
    held = threading.Event()
    with served() as room, SharedFetcher(home, archive=False) as fetcher:
        room.answers["/long/"] = Answer(b"<p>" + b"long " * 10_000, hold=held)
        room.page("/next/", "<p>next")
        with ThreadPoolExecutor(1) as threads, fetcher.opened(60) as site:
            page = threads.submit(site.page, f"{room.base}/long/")
            room.wait_for("/long/")
            assert fetcher._child is not None  # noqa: SLF001 - its process must end
            first = fetcher._child.pid  # noqa: SLF001
            held.set()
            assert isinstance(page.exception(), NotFetched)
            assert site.page(f"{room.base}/next/").body == b"<p>next"
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


@pytest.mark.usefixtures("forked_children")
def test_a_response_that_takes_too_long_or_comes_after_the_end_is_an_error(home: Home) -> None:
    held = threading.Event()
    with served() as room, SharedFetcher(home, archive=False) as fetcher:
        room.answers["/slow/"] = Answer(b"<p>slow", hold=held)
        with fetcher.opened(0.1) as site, pytest.raises(NotFetched, match="no response within"):
            site.page(f"{room.base}/slow/")
        held.set()
    (late,) = site.fetch([f"{room.base}/slow/"])
    assert "ended" in late.why
