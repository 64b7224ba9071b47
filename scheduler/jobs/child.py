"""Child processes of the service: how they are started, and how they stand back for readers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import IO

NICE = 5
"""How much children that crawl or publish stand back for others who want the processor."""

GRACE = 15.0
"""Seconds that a child has to end what it is doing, when it is told to stop."""

LINE = 2**26
"""Bytes of the longest line that a child may say."""


async def start_child(
    module: str, *arguments: str, log: IO[bytes] | None = None
) -> asyncio.subprocess.Process:
    """Run a module of ours in a child that lines go to and come from; ``log`` takes its errors."""
    child = await asyncio.create_subprocess_exec(
        # -P: a folder named data where the user stands is none of ours.
        *(sys.executable, "-P", "-m", module, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        limit=LINE,
        # A Ctrl-C is for us: we end the child in good order.
        start_new_session=True,
    )
    # By us and at once: it takes half a second to load what it needs, at whose expense we choose.
    stand_back(child.pid)
    return child


def stand_back(process: int) -> None:
    """Let a process with a session of its own wait where there is too little to go round.

    Linux shares the processor among sessions first, and among their processes then (sched(7), the
    autogroup feature); the niceness of one says nothing to another.
    """
    # It may be gone already; who waits for it will see.
    with contextlib.suppress(ProcessLookupError):
        nice = min(os.getpriority(os.PRIO_PROCESS, 0) + NICE, 19)
        os.setpriority(os.PRIO_PROCESS, process, nice)
    # Other systems have no such file, and this one takes few changes in a second.
    with contextlib.suppress(OSError):
        Path(f"/proc/{process}/autogroup").write_text(str(nice))


def pipes_of(
    child: asyncio.subprocess.Process,
) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    """The pipes to and from a child that was started with both."""
    if child.stdin is None or child.stdout is None:
        raise RuntimeError("a child was started without pipes")
    return child.stdin, child.stdout
