"""Child processes, which run modules or commands and exchange lines with their parent.

``Child`` is the parent's side; scheduler/children/crawl_lines.py is the child's side. A child ends
when its standard input closes. So it ends with its parent, even if the parent is killed.

The service runs some commands in child processes, so its pages show the same messages as the
command line.
"""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Self, TypeVar

import msgspec

from data.errors import CommuniqueError
from data.wording import time_limit
from scheduler.home.home import Home

T = TypeVar("T")

CHILD_NICENESS: Final = 5
"""Niceness added to child processes that publish or backfill."""

KILL_AFTER_SECONDS: Final = 15.0
"""Seconds to wait after a child was requested to end, before it is killed."""

MAX_LINE_BYTES: Final = 2**30
"""Maximum length in bytes of a line from a child. A line may contain a page in Base64."""

MESSAGE_PREFIX = "communique: "


def signal_name(code: int) -> str:
    """Return the name of the signal that ended a process, from its negative exit code."""
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def ending(code: int) -> str:
    """Return how a process ended, from its exit code, as part of a sentence."""
    return f"ended with code {code}" if code >= 0 else f"was ended by {signal_name(code)}"


class ChildEnded(CommuniqueError):
    """Raised if a child process ended before it responded. ``code`` is its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a child process {ending(code)}")
        self.code = code


class Child:
    """A child process and its pipes. The caller that starts a child must also end it.

    To limit the time for a response, use ``asyncio.timeout`` around ``hear``.
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
        """Start a module of Communique in a child process.

        The child's standard error is ``log``, or the parent's standard error. Raises OSError if the
        system can't start a process.
        """
        return cls(
            await asyncio.create_subprocess_exec(
                # -P: do not import from the current directory, which may contain a folder named
                # data.
                *(sys.executable, "-P", "-m", module, *arguments),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=MAX_LINE_BYTES,
                # Ctrl-C goes only to the parent, which then ends the child cleanly.
                start_new_session=True,
            )
        )

    async def say(self, line: Any) -> None:
        """Send a line of JSON to the child. Raises ChildEnded if the child has ended."""
        try:
            self._stdin.write(msgspec.json.encode(line) + b"\n")
            await self._stdin.drain()
        except (OSError, RuntimeError) as error:
            # The child has died. uvloop raises RuntimeError in this case.
            raise ChildEnded(await self.end()) from error

    async def hear(self, kind: type[T]) -> T:
        """Wait for the next line of JSON from the child, and return its value.

        Raises ChildEnded if there are no more lines, and msgspec.DecodeError if the line can't be
        decoded as ``kind``.
        """
        line = await self._stdout.readline()
        if not line.endswith(b"\n"):
            # The child may have died while it wrote the line.
            raise ChildEnded(await self.end())
        return msgspec.json.decode(line, type=kind)

    def close(self) -> None:
        """Close the child's standard input. The child then finishes its work and ends."""
        if not self._stdin.is_closing():
            # If the child has died, the next ``hear`` raises an error.
            with suppress(OSError, RuntimeError):
                self._stdin.write(b"\n")
        self._stdin.close()

    def kill(self) -> None:
        """Kill the child."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> int:
        """Request the child to end, and return its exit code. Kill it after KILL_AFTER_SECONDS."""
        self.close()
        try:
            async with asyncio.timeout(KILL_AFTER_SECONDS):
                return await self._process.wait()
        except TimeoutError:
            self.kill()
            return await self._process.wait()


def lower_priority(process: int) -> None:
    """Lower the priority of a process in a separate session, for publishing or backfill.

    Linux divides CPU time between sessions before processes (sched(7), autogroup), so the
    priorities of both are lowered. The parent does this, because a child would use CPU time before
    it could lower its own priority.
    """
    nice = min(os.getpriority(os.PRIO_PROCESS, 0) + CHILD_NICENESS, 19)
    # If the process has ended already, its parent will notice.
    with suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, process, nice)
    # This file exists only on Linux, which limits how often it may change.
    with suppress(OSError):
        Path(f"/proc/{process}/autogroup").write_text(str(nice))


class CommandLate(CommuniqueError):
    """Raised if a command exceeded its time limit and was stopped."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(
            f"`communique {name}` took longer than {time_limit(seconds)} and was ended. Run it "
            "in a terminal: it has no time limit there"
        )
        self.name = name
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class CommandResult:
    """Result of a command: its exit code, its JSON output (or None), and its error messages."""

    code: int
    printed: Any
    errors: tuple[str, ...]


async def run_command(home: Home, *arguments: str, seconds: float) -> CommandResult:
    """Run a command that prints JSON in a child process, and return its result.

    A service calls the function behind a command instead, except in these cases:

    - The command parses pages of other sites, which may be slow or need much memory (`add`,
      `catalogue`, `sources check`).
    - It starts crawls under the locks or leases of a command (`collect`).
    - It reads the whole store into memory, which the system gets back when the child ends
      (`doctor`).

    The first argument is the command's name. If the caller is cancelled, the child is ended. Raises
    CommandLate after ``seconds``, and OSError if the system can't start a process.
    """
    child = await asyncio.create_subprocess_exec(
        # -P: do not import from the current directory, which may contain a folder named data.
        *(sys.executable, "-P", "-m", "scheduler", "--home", str(home.path), *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # Ctrl-C goes only to the parent.
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            output, messages = await child.communicate()
    except TimeoutError as error:
        raise CommandLate(arguments[0], seconds) from error
    finally:
        # Processes that the child started end with it, because their standard input closes.
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
    lines = messages.decode("utf-8", "replace").splitlines()
    errors = tuple(
        one.removeprefix(MESSAGE_PREFIX) for one in lines if one.startswith(MESSAGE_PREFIX)
    )
    try:
        printed = json.loads(output)
    except ValueError:
        printed = None
    return CommandResult(child.returncode or 0, printed, errors)
