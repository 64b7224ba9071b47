"""A process of visits ends by itself, unless it is told in time that it may go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from scheduler.jobs.leased.watchdog import LATE, Watchdog


def test_it_ends_the_process_at_its_time() -> None:
    ended, codes = threading.Event(), list[int]()

    def end(code: int) -> None:
        codes.append(code)
        ended.set()

    Watchdog(time.monotonic() - 1, end)
    assert ended.wait(60)
    assert codes == [LATE]


def test_a_renewal_puts_it_off_and_is_no_job() -> None:
    ended = threading.Event()
    watchdog = Watchdog(time.monotonic() + 3600, lambda _: ended.set())

    def lines() -> Iterator[bytes]:
        yield b'{"source":"harbour"}'
        yield b'{"until":1.5}'
        yield b'{"source":"pilots"}'

    assert [*watchdog.taking(lines())] == [b'{"source":"harbour"}', b'{"source":"pilots"}']
    # That time is over.
    assert ended.wait(60)
