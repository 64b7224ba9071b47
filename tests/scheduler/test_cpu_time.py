"""Turns of CPU time: short ones for the thread that serves, long ones for children."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from scheduler.cpu_time import (
    CHILD_SLICE_SECONDS,
    SERVING_SLICE_SECONDS,
    take_long_turns,
    take_short_turns,
)
from scheduler.service.web import prefer_event_loop

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these turns")


def slice_seconds(process: str) -> float | None:
    """The time slice of a process or thread; None before Linux 6.12, where it is not a property."""
    lines = Path(f"/proc/{process}/sched").read_text("ascii").splitlines()
    found = [line.split(":")[1] for line in lines if line.startswith("se.slice")]
    return int(found[0]) / 10**9 if found else None


@contextmanager
def cat() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits for input."""
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE) as process:
        yield process


def test_a_process_with_long_turns_keeps_its_priority() -> None:
    with cat() as process:
        before = os.getpriority(os.PRIO_PROCESS, process.pid)
        take_long_turns(process.pid)
        assert os.sched_getscheduler(process.pid) == os.SCHED_BATCH
        assert slice_seconds(str(process.pid)) in {None, CHILD_SLICE_SECONDS}
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == before


def test_a_process_that_has_ended_takes_no_turns() -> None:
    with cat() as process:
        process.communicate()
        take_long_turns(process.pid)


@pytest.mark.parametrize("prepare", [take_short_turns, prefer_event_loop])
def test_a_serving_thread_has_short_turns_and_other_threads_keep_theirs(
    prepare: Callable[[], None],
) -> None:
    interval = sys.getswitchinterval()
    before = slice_seconds("thread-self")
    with ThreadPoolExecutor(1) as thread:
        thread.submit(prepare).result()
        own = thread.submit(slice_seconds, "thread-self").result()
        policy = thread.submit(os.sched_getscheduler, 0).result()
    sys.setswitchinterval(interval)
    assert policy == os.SCHED_OTHER
    assert own in {None, SERVING_SLICE_SECONDS}
    assert slice_seconds("thread-self") == before
