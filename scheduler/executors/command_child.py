"""Runs one of our commands in a child process, within a bound of time, and takes what it says.

So what a page has done is done as in a terminal: by the same code, and with the same sentences.
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
    """A command took longer than it may, and was ended."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(
            f"`communique {name}` took longer than {time_limit(seconds)} and was ended. Run it "
            "in a terminal: it has no time limit there"
        )
        self.name = name
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What came of a command: its exit code, the JSON that it printed, and its complaints."""

    code: int
    told: Any
    complaints: tuple[str, ...]


async def run_command(home: Home, *arguments: str, seconds: float) -> CommandResult:
    """The result of a command on a HOME that prints JSON; the first argument is its name.

    Cancelled, it ends the child. Raises CommandLate, and OSError where the system gives no process.
    """
    child = await asyncio.create_subprocess_exec(
        # -P: a folder named data where the user stands is none of ours.
        *(sys.executable, "-P", "-m", "scheduler", "--home", str(home.path), *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # A Ctrl-C is for us.
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            said, complained = await child.communicate()
    except TimeoutError as error:
        raise CommandLate(arguments[0], seconds) from error
    finally:
        # What it started ends with it: their standard input does.
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
    lines = complained.decode("utf-8", "replace").splitlines()
    complaints = tuple(one.removeprefix(PREFIX) for one in lines if one.startswith(PREFIX))
    try:
        told = json.loads(said)
    except ValueError:
        told = None
    return CommandResult(child.returncode or 0, told, complaints)
