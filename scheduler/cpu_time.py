"""How Linux divides CPU time between the process that serves and its children.

A request needs a fraction of a millisecond of CPU time, and soon. Crawls and publications need
seconds, at any time. Neither gets a larger share by what is set here, except in ``lower_priority``:
only the order and the length of turns change (docs/decisions/0086).
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

NICE: Final = 5
"""Niceness added to children that publish or backfill."""

SERVING_SLICE_SECONDS: Final = 0.0003
"""CPU time that a serving thread requests for one turn: more than a request for a feed needs."""

CHILD_SLICE_SECONDS: Final = 0.01
"""CPU time that a child requests for one turn. The default of Linux is 0.7 to 2.8 milliseconds."""

SCHED_SETATTR: Final = {"x86_64": 314, "aarch64": 274, "riscv64": 274}
"""Numbers of the system call by machine. Neither Python nor older C libraries have a function."""

NORMAL_POLICY: Final = 0
BATCH_POLICY: Final = 3
"""Policies of Linux (sched(7)). A process of the second one preempts no other when it wakes."""

ATTRIBUTES: Final = struct.Struct("=IIQiIQQQ")
"""struct sched_attr: its size, policy, flags, nice, priority, runtime (ns), deadline, period."""


def lower_priority(process: int) -> None:
    """Lower the priority of a process that has a session of its own.

    Only for work that nobody waits for: publishing and backfill. Linux divides CPU time among
    sessions before processes (sched(7), autogroup), so both priorities are set. The parent does
    it, because the child starts to use CPU time before it could.
    """
    nice = min(os.getpriority(os.PRIO_PROCESS, 0) + NICE, 19)
    # The process may have ended already; its parent notices.
    with suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, process, nice)
    # Other systems have no such file. Linux limits how often it changes.
    with suppress(OSError):
        Path(f"/proc/{process}/autogroup").write_text(str(nice))


def take_short_turns() -> None:
    """Have this thread, and threads that it starts, run soon after an event wakes them."""
    _set_turns(0, NORMAL_POLICY, SERVING_SLICE_SECONDS)


def take_long_turns(process: int) -> None:
    """Have a process run in few long turns, which a thread with short turns interrupts.

    The threads and children that the process starts later do the same.
    """
    _set_turns(process, BATCH_POLICY, CHILD_SLICE_SECONDS)


def _set_turns(process: int, policy: int, seconds: float) -> None:
    """Set the policy and the time slice of a process, or of this thread (0), if the system can."""
    number = SCHED_SETATTR.get(platform.machine())
    if sys.platform != "linux" or number is None or sys.maxsize < 2**32:
        return
    # The process may have ended already; a sandbox may forbid the call.
    with suppress(OSError):
        nice = os.getpriority(os.PRIO_PROCESS, process)
        values = ATTRIBUTES.size, policy, 0, nice, 0, round(seconds * 10**9), 0, 0
        system = ctypes.CDLL(None, use_errno=True)
        if system.syscall(ctypes.c_long(number), process, ATTRIBUTES.pack(*values), 0):
            raise OSError(ctypes.get_errno(), "sched_setattr")
