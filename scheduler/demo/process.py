"""Control of the press rooms' server: start it, change the day, write source files."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from data.errors import CommuniqueError
from scheduler.children.child import Child, ChildEnded
from scheduler.demo.server import ShownDay

T = TypeVar("T")

SOURCES = Path(__file__).parent / "sources"


class DemoError(CommuniqueError):
    """The server of the press rooms did not start, or ended unexpectedly."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"the bundled press rooms can't be served: {cause}; start the demo again")
        self.cause = cause


class ServedRooms:
    """The running server of the press rooms. ``bases`` maps a room's id to its origin."""

    def __init__(self, loop: asyncio.Runner, child: Child) -> None:
        self.child = child
        self._loop = loop
        self.day, self.bases = self._shown_day()

    def show(self, day: int) -> None:
        """Make all rooms show ``day`` (1 to 3), and wait until they do."""
        self._run(self.child.say(day))
        self.day, self.bases = self._shown_day()

    def _shown_day(self) -> tuple[int, Mapping[str, str]]:
        """Read the day and the origins from the next line of the server."""
        line = self._run(self.child.hear(ShownDay))
        return line.day, line.rooms

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self._loop.run(work)
        except ChildEnded as error:
            raise DemoError(
                f"the server of the press rooms ended with status {error.code}"
            ) from error


@contextlib.contextmanager
def rooms_served(port: int = 0, day: int = 1) -> Iterator[ServedRooms]:
    """Serve the press rooms from a child process during a ``with`` block.

    The first room gets ``port``, each next room the next port; 0 chooses free ports. Raises
    DemoError if the child does not start.
    """
    with asyncio.Runner() as loop:
        arguments = (f"--port={port}", f"--day={day}")
        child = loop.run(Child.start("scheduler.demo.server", *arguments))
        try:
            yield ServedRooms(loop, child)
        finally:
            loop.run(child.end())


def write_sources(folder: Path, bases: Mapping[str, str]) -> list[str]:
    """Write a source file for each room into ``folder``, and return the ids of the sources.

    ``bases`` maps a room's id to its origin. Unchanged files are not written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for room, base in bases.items():
        text = (SOURCES / f"{room}.toml").read_text("utf-8").replace("{base}", base)
        target = folder / f"{room}.toml"
        if not target.exists() or target.read_text("utf-8") != text:
            target.write_text(text, "utf-8")
    return list(bases)
