"""Child processes: start a module or a command of Communique, and exchange lines until it ends.

``Child`` is the parent's side; scheduler/children/crawl_lines.py is the child's side. A child ends
when its standard input closes, so it ends with its parent even if the parent is killed.

Pages of the service run commands in child processes. So they do the same as the command line, with
the same messages.
"""

from __future__ import annotations

import asyncio
import contextlib
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

NICE: Final = 5
"""Niceness added to children that publish or backfill."""

KILL_AFTER_SECONDS: Final = 15.0
"""Seconds that a child gets to end on request; then it is killed."""

MAX_LINE_BYTES: Final = 2**30
"""Maximum length in bytes of a line from a child. The line may hold a page in Base64."""


def signal_name(code: int) -> str:
    """Return the name of the signal that ended a process, from its negative exit code."""
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def ending(code: int) -> str:
    """Describe how a process with this exit code ended, as part of a sentence."""
    return f"ended with code {code}" if code >= 0 else f"was ended by {signal_name(code)}"


class ChildEnded(CommuniqueError):
    """A child ended before it responded; ``code`` is its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a child process {ending(code)}")
        self.code = code


class Child:
    """A child process and its pipes. The caller that starts a child must end it.

    To limit the time for a response, put ``asyncio.timeout`` around ``hear``.
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
        """Start a module of Communique as a child process.

        The standard error of the child goes to ``log``, or to the parent's standard error. Raises
        OSError if the system can't start a process.
        """
        return cls(
            await asyncio.create_subprocess_exec(
                # -P: do not import from the current directory, which may hold a folder named data.
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
        """Send a line of JSON. Raises ChildEnded."""
        try:
            self._stdin.write(msgspec.json.encode(line) + b"\n")
            await self._stdin.drain()
        except (OSError, RuntimeError) as error:
            # The child has died; uvloop raises RuntimeError for that.
            raise ChildEnded(await self.end()) from error

    async def hear(self, kind: type[T]) -> T:
        """Return the next line of JSON from the child.

        Raises ChildEnded if there are no more lines, and msgspec.DecodeError for a line of another
        type.
        """
        line = await self._stdout.readline()
        if not line.endswith(b"\n"):
            # The child may have died while it wrote the line.
            raise ChildEnded(await self.end())
        return msgspec.json.decode(line, type=kind)

    def close(self) -> None:
        """Close the child's standard input, so that it finishes its work and ends."""
        if not self._stdin.is_closing():
            # If the child has died, the next ``hear`` raises an error.
            with contextlib.suppress(OSError, RuntimeError):
                self._stdin.write(b"\n")
        self._stdin.close()

    def kill(self) -> None:
        """Kill the child."""
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


def lower_priority(process: int) -> None:
    """Lower the priority of a process that has a separate session.

    Call this only for background work: publishing and backfill. Linux divides CPU time among
    sessions before processes (sched(7), autogroup), so both priorities are set. The parent does it,
    because the child uses CPU time before it could lower its own priority.
    """
    nice = min(os.getpriority(os.PRIO_PROCESS, 0) + NICE, 19)
    # The process may have ended already; its parent notices.
    with contextlib.suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, process, nice)
    # Other systems have no such file. Linux limits how often it changes.
    with contextlib.suppress(OSError):
        Path(f"/proc/{process}/autogroup").write_text(str(nice))


PREFIX = "communique: "


class CommandLate(CommuniqueError):
    """A command took longer than its time limit, and was stopped."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(
            f"`communique {name}` took longer than {time_limit(seconds)} and was ended. Run it "
            "in a terminal: it has no time limit there"
        )
        self.name = name
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The result of a command: exit code, printed JSON (or None), and error messages."""

    code: int
    printed: Any
    errors: tuple[str, ...]


async def run_command(home: Home, *arguments: str, seconds: float) -> CommandResult:
    """Run a command that prints JSON; the first argument is the command's name.

    If the caller is cancelled, the child is ended. Raises CommandLate, and OSError if the system
    can't start a process.
    """
    child = await asyncio.create_subprocess_exec(
        # -P: do not import from the current directory, which may hold a folder named data.
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
        # Processes that the child started end with it, as their standard input closes.
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
    lines = messages.decode("utf-8", "replace").splitlines()
    errors = tuple(one.removeprefix(PREFIX) for one in lines if one.startswith(PREFIX))
    try:
        printed = json.loads(output)
    except ValueError:
        printed = None
    return CommandResult(child.returncode or 0, printed, errors)
