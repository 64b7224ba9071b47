"""Run a command of Communique in a child process, with a time limit, and return its result.

So a page of the service does the same as the command line, with the same messages.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from data.errors import CommuniqueError
from data.wording import time_limit
from scheduler.home import Home

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
