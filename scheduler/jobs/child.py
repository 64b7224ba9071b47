"""Child processes: a module of ours is started, and lines of JSON go in and come out, to its end.

``Child`` is the parent's side; scheduler/parent_lines.py is the child's. A child ends
when its standard input does, and so with its parent, however that one ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import IO, Any, Final, Self, TypeVar

import msgspec

from data.errors import CommuniqueError

T = TypeVar("T")

NICE: Final = 5
"""Niceness added to children that publish or backfill."""

KILL_AFTER_SECONDS: Final = 15.0
"""Seconds that a child has to end after it was asked to; then it is killed."""

LONGEST: Final = 2**30
"""Bytes of the longest line that a child may say: one may hold a page of any size in Base64."""


def signal_name(code: int) -> str:
    """The name of the signal with which a process ended, by its negative exit code."""
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def ending(code: int) -> str:
    """How a process ended, as a part of a sentence, by its exit code."""
    return f"ended with code {code}" if code >= 0 else f"was ended by {signal_name(code)}"


class ChildEnded(CommuniqueError):
    """A child ended, or was ended, before it answered; ``code`` is its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a child process {ending(code)}")
        self.code = code


class Child:
    """A child process that lines of JSON go to and come from. Whoever starts one ends it.

    What limits the time of an answer is ``asyncio.timeout`` around ``hear``.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a child was started without pipes")
        self.pid = process.pid
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout

    @classmethod
    async def start(cls, module: str, *arguments: str, log: IO[bytes] | None = None) -> Self:
        """Run a module of ours. Its standard error goes to ``log``, else to ours.

        Raises OSError if the system gives no process.
        """
        return cls(
            await asyncio.create_subprocess_exec(
                # -P: a folder named data where the user stands is none of ours.
                *(sys.executable, "-P", "-m", module, *arguments),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=LONGEST,
                # A Ctrl-C is for us: we end the child in good order.
                start_new_session=True,
            )
        )

    async def say(self, line: Any) -> None:
        """Send it a line of JSON. Raises ChildEnded."""
        try:
            self._stdin.write(msgspec.json.encode(line) + b"\n")
            await self._stdin.drain()
        except (OSError, RuntimeError) as error:
            # It has died meanwhile; uvloop says so by a RuntimeError.
            raise ChildEnded(await self.end()) from error

    async def hear(self, kind: type[T]) -> T:
        """The next line of JSON that it says.

        Raises ChildEnded where there is none, and msgspec.DecodeError where the line is none.
        """
        line = await self._stdout.readline()
        if not line.endswith(b"\n"):
            # It may have died while it wrote.
            raise ChildEnded(await self.end())
        return msgspec.json.decode(line, type=kind)

    def close(self) -> None:
        """Send it nothing any more, and so let it end what it is doing."""
        if not self._stdin.is_closing():
            # Where it has died meanwhile, whoever hears it will see.
            with contextlib.suppress(OSError, RuntimeError):
                self._stdin.write(b"\n")
        self._stdin.close()

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> int:
        """Ask the child to end, kill it after KILL_AFTER_SECONDS, and return its exit code."""
        self.close()
        try:
            async with asyncio.timeout(KILL_AFTER_SECONDS):
                return await self._process.wait()
        except TimeoutError:
            self.kill()
            return await self._process.wait()


def stand_back(process: int) -> None:
    """Lower the priority of a process that has a session of its own.

    Only for work that nobody waits for: publishing and backfill. Linux divides CPU time among
    sessions before processes (sched(7), autogroup), so both priorities are set. The parent does
    it, because the child starts to use CPU time before it could.
    """
    nice = min(os.getpriority(os.PRIO_PROCESS, 0) + NICE, 19)
    # The process may have ended already; its parent notices.
    with contextlib.suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, process, nice)
    # Other systems have no such file. Linux limits how often it changes.
    with contextlib.suppress(OSError):
        Path(f"/proc/{process}/autogroup").write_text(str(nice))
