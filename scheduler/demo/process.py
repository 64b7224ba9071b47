"""The parent's side of the press rooms: start the server, turn the days, write source files."""

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
    """The server of the press rooms did not start, or ended before its time."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"the bundled press rooms can't be served: {cause}")
        self.cause = cause


class Served:
    """Press rooms that are being served by a child: ``bases`` maps a room's id to its origin."""

    def __init__(self, loop: asyncio.Runner, child: Child) -> None:
        self.child = child
        self._loop = loop
        self.day, self.bases = self._heard()

    def show(self, day: int) -> None:
        """Let all rooms show ``day`` (1 to 3) from now on; returns once they do."""
        self._run(self.child.say(day))
        self.day, self.bases = self._heard()

    def _heard(self) -> tuple[int, Mapping[str, str]]:
        """The day and the origins that the server's next line tells."""
        told = self._run(self.child.hear(ShownDay))
        return told.day, told.rooms

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self._loop.run(work)
        except ChildEnded as error:
            raise DemoError(f"their server ended with status {error.code}") from error


@contextlib.contextmanager
def rooms_served(port: int = 0, day: int = 1) -> Iterator[Served]:
    """Serve the press rooms from a child process for the length of a ``with`` block.

    Ports count up from ``port``, one a room; 0 takes free ones. Raises DemoError where the child
    doesn't start.
    """
    with asyncio.Runner() as loop:
        arguments = (f"--port={port}", f"--day={day}")
        child = loop.run(Child.start("scheduler.demo.server", *arguments))
        try:
            yield Served(loop, child)
        finally:
            loop.run(child.end())


def write_sources(folder: Path, bases: Mapping[str, str]) -> list[str]:
    """Write a source file for every served room into ``folder``; returns the sources' ids.

    ``bases`` maps a room's id to its origin. Only files whose text differs are written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for room, base in bases.items():
        text = (SOURCES / f"{room}.toml").read_text("utf-8").replace("{base}", base)
        target = folder / f"{room}.toml"
        if not target.exists() or target.read_text("utf-8") != text:
            target.write_text(text, "utf-8")
    return list(bases)
