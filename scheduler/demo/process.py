"""The parent's side of the press rooms: start the server, turn the days, write source files."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from data.errors import CommuniqueError

SOURCES = Path(__file__).parent / "sources"
PATIENCE = 10.0
"""Seconds that the server gets to end once its stdin is closed."""


class DemoError(CommuniqueError):
    """The server of the press rooms did not start, or ended before its time."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"the bundled press rooms can't be served: {cause}")
        self.cause = cause


class Served:
    """Press rooms that are being served: ``bases`` maps a room's id to its origin."""

    def __init__(self, process: subprocess.Popen[str], said: IO[str], told: IO[str]) -> None:
        self.process = process
        self.said = said
        self.told = told
        self.day, self.bases = self._heard()

    def show(self, day: int) -> None:
        """Let all rooms show ``day`` (1 to 3) from now on; returns once they do."""
        try:
            self.told.write(f"{day}\n")
            self.told.flush()
        except OSError as error:
            raise DemoError(f"their server is gone ({error})") from error
        self.day, self.bases = self._heard()

    def _heard(self) -> tuple[int, Mapping[str, str]]:
        """The day and the origins that the server's next line tells."""
        line = self.said.readline()
        if not line:
            raise DemoError(f"their server ended with status {self.process.wait(PATIENCE)}")
        told = json.loads(line)
        return told["day"], told["rooms"]


@contextlib.contextmanager
def rooms_served(port: int = 0, day: int = 1) -> Iterator[Served]:
    """Serve the press rooms from a child process for the length of a ``with`` block.

    Ports count up from ``port``, one a room; 0 takes free ones. Raises DemoError where the child
    doesn't start.
    """
    command = [sys.executable, "-m", "scheduler.demo.server", f"--port={port}", f"--day={day}"]
    house = str(Path(__file__).parents[2])
    path = os.pathsep.join([house, *filter(None, [os.environ.get("PYTHONPATH")])])
    with subprocess.Popen(  # noqa: S603 - our own module, no shell
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise DemoError("its pipes were not opened")
        try:
            yield Served(process, process.stdout, process.stdin)
        finally:
            with contextlib.suppress(OSError):
                process.stdin.close()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


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
