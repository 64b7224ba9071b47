"""Child processes: a module of ours is started, and lines of JSON go in and come out, to its end.

``Child`` is the parent's side; ``ParentLines`` and ``write_line`` are the child's. A child ends
when its standard input does, and so with its parent, however that one ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import sys
from collections import deque
from collections.abc import Iterator
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

READ: Final = 65_536
"""Bytes read from standard input at a time."""


class ChildEnded(CommuniqueError):
    """A child ended, or was ended, before it answered; ``code`` is its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a child process ended with code {code}")
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


class ParentLines(Iterator[bytes]):
    """The lines that the parent sends, until it ends them with an empty line.

    ``parent_died`` is true if they ended without an empty line. ``os.getppid`` would notice the
    death too late: the system closes the pipes of a killed process before it moves its children to
    another parent.
    """

    def __init__(self, file: int = 0) -> None:
        self.parent_died = False
        self.ended = False
        self._file = file
        self._rest = b""
        self._lines = deque[bytes]()

    def __next__(self) -> bytes:
        while not self._lines:
            if self.ended:
                raise StopIteration
            self.receive(None)
        return self._lines.popleft()

    def received(self) -> Iterator[bytes]:
        """The lines that were received and not read yet."""
        while self._lines:
            yield self._lines.popleft()

    def receive(self, seconds: float | None) -> bool:
        """Wait at most ``seconds`` for input, and return whether any came (or the end)."""
        # Not sys.stdin: a thread that waits in it would hold its lock when the process ends.
        if not select.select([self._file], [], [], seconds)[0]:
            return False
        more = os.read(self._file, READ)
        *whole, self._rest = (self._rest + more).split(b"\n")
        for line in whole:
            if not line:
                self.ended = True
                return True
            self._lines.append(line)
        if not more:
            self.ended = self.parent_died = True
        return True


def write_line(line: Any) -> None:
    """Send the parent a line of JSON; where it is no more, nobody hears it."""
    try:
        sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # What is left in the buffer has to go somewhere when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
