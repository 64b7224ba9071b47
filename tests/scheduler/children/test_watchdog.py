"""A crawl ends when its leases run out, unless its parent has renewed them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import msgspec
import pytest

from scheduler.children.crawl_lines import ParentLines
from scheduler.children.watchdog import LEASES_EXPIRED_CODE, Renewal, Watchdog
from tests.peer import PATIENCE

HOUR = 3600.0


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """The child's end and the parent's end of a pipe."""
    read, write = os.pipe()
    yield read, write
    for file in (read, write):
        os.close(file)


class Ended:
    """Records the exit codes of a process that would have ended."""

    def __init__(self) -> None:
        self.codes = list[int]()
        self._event = threading.Event()

    def __call__(self, code: int) -> None:
        """Record an exit code."""
        self.codes.append(code)
        self._event.set()

    def wait(self) -> bool:
        """Wait for the end."""
        return self._event.wait(PATIENCE)


def renewal(until: float) -> bytes:
    """The line that renews leases."""
    return msgspec.json.encode(Renewal(until)) + b"\n"


def test_a_crawl_ends_when_its_leases_expire(pipe: tuple[int, int]) -> None:
    ended = Ended()
    Watchdog(time.monotonic() - 1, ParentLines(pipe[0]), ended)
    assert ended.wait()
    assert ended.codes == [LEASES_EXPIRED_CODE]


def test_a_renewal_is_not_passed_on_as_a_job(pipe: tuple[int, int]) -> None:
    ended = Ended()
    watchdog = Watchdog(time.monotonic() + HOUR, ParentLines(pipe[0]), ended)
    os.write(pipe[1], b'{"source":"harbour"}\n' + renewal(1.5) + b'{"source":"pilots"}\n\n')
    assert [*watchdog] == [b'{"source":"harbour"}', b'{"source":"pilots"}']
    # The renewed lease is over, too.
    assert ended.wait()


def test_a_waiting_renewal_counts_after_the_first_lease_expired(
    pipe: tuple[int, int],
) -> None:
    """The start of a child may take longer than a lease while the machine is busy."""
    ended = Ended()
    os.write(pipe[1], renewal(time.monotonic() + HOUR) + b'{"source":"harbour"}\n\n')
    watchdog = Watchdog(time.monotonic() - HOUR, ParentLines(pipe[0]), ended)
    assert [*watchdog] == [b'{"source":"harbour"}']
    assert ended.codes == []


def test_a_renewal_received_with_the_first_line_counts(pipe: tuple[int, int]) -> None:
    ended = Ended()
    os.write(pipe[1], b"{}\n" + renewal(time.monotonic() + HOUR) + b"\n")
    lines = ParentLines(pipe[0])
    assert next(lines) == b"{}"
    assert [*Watchdog(time.monotonic() - HOUR, lines, ended)] == []
    assert ended.codes == []
