"""Commands that run for long, as real processes, and what they log."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.command import SETTINGS, command, make_home
from tests.peer import PATIENCE
from tests.press_room import Room


@contextmanager
def started(
    name: str,
    home: Path,
    *program: str,
    environ: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """A command on a HOME and its log, for the length of a ``with`` block.

    It is forked from a process that has imported all, unless a ``program`` is named; ``environ``
    are variables for it besides ours.
    """
    with subprocess.Popen(  # noqa: S603 - our own program
        [*(program or command()), name, "--home", str(home), *options],
        env={**os.environ, **environ} if environ else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout
        finally:
            if process.poll() is None:
                process.kill()


def until(log: IO[str], event: str) -> str:
    """The first line of a log that tells of an event."""
    said = []
    for line in log:
        said.append(line)
        if f"event={event}" in line or f'event="{event}"' in line:
            return line
    raise AssertionError(f"it ended without saying {event}: {''.join(said)}")


def wait_for(is_so: Callable[[], object]) -> None:
    """Return once a function returns something true.

    The pauses leave the processor to the processes that the test waits for.
    """
    end = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not is_so():
        assert time.monotonic() < end
        pause.wait(0.02)


def home_on(folder: Path, url: str, room: Room | None = None, *, more: str = "") -> Path:
    """A HOME of many on a database; of a service, with a source. ``more`` are settings."""
    if room:
        make_home(folder, f"{room.base}/news/", interval="60")
    else:
        folder.mkdir(parents=True)
    (folder / "communique.toml").write_text(
        f"{SETTINGS}\n[store]\nurl = '{url}'\n\n[run]\nexecutor = 'procrastinate'\n"
        f"\n[site]\nport = 0\n{more}"
    )
    return folder
