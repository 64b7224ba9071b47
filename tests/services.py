"""Commands that run for long, as real processes, and what they log."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO

from tests.command import SETTINGS, make_home
from tests.fork_client import Forked
from tests.fork_server import forked
from tests.peer import PATIENCE
from tests.press_room import Room


class ForkedCommand:
    """A forked command with the methods of ``subprocess.Popen`` that tests use."""

    def __init__(self, forked: Forked) -> None:
        self._forked = forked
        self._code: int | None = None
        self.pid = forked.process

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the command has ended."""
        if self.poll() is None:
            self._forked.send_signal(number)

    def kill(self) -> None:
        """Kill the command, but not its children."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the command to stop."""
        self.send_signal(signal.SIGTERM)

    def poll(self) -> int | None:
        """Return the exit code, or None while the command runs."""
        with suppress(BlockingIOError):
            return self.wait(0)
        return None

    def wait(self, seconds: float | None = None) -> int:
        """Return the exit code. Raises TimeoutError."""
        if self._code is None:
            self._code = self._forked.wait(seconds)
        return self._code


@contextmanager
def started(
    name: str,
    home: Path,
    *program: str,
    first: str = "",
    environ: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> Iterator[tuple[subprocess.Popen[str] | ForkedCommand, IO[str]]]:
    """Run a command on a HOME for the length of a ``with`` block; yields it and its log.

    The command is forked from a process that has imported everything, unless ``program`` is given.
    ``first`` is code that the forked process executes before the command. ``environ`` has
    additional environment variables.
    """
    asked = [name, "--home", str(home), *options]
    if not program:
        variables = f"import os\nos.environ.update({dict(environ or {})!r})\n"
        with forked_command(asked, variables + first) as running:
            yield running
        return
    with subprocess.Popen(  # noqa: S603 - our own program
        [*program, *asked],
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


@contextmanager
def forked_command(arguments: Sequence[str], first: str) -> Iterator[tuple[ForkedCommand, IO[str]]]:
    """Run a forked command for the length of a ``with`` block; see ``started``."""
    asked = ["-c", f"{first}\nfrom scheduler.__main__ import main\nmain()\n", *arguments]
    read, write = os.pipe()
    with open(os.devnull) as nothing, open(read, encoding="utf-8") as log:  # noqa: PTH123 - descriptors
        try:
            started_process = forked(asked, (nothing.fileno(), write, write))
        finally:
            os.close(write)
        with closing(started_process):
            process = ForkedCommand(started_process)
            try:
                yield process, log
            finally:
                process.kill()
                process.wait(PATIENCE)


def until(log: IO[str], event: str) -> str:
    """The first line of a log that tells of an event, which begins with these words."""
    said = []
    for line in log:
        said.append(line)
        if f"event={event}" in line or f'event="{event}' in line:
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
        (folder / "communique.db").unlink()
    else:
        folder.mkdir(parents=True)
    (folder / "communique.toml").write_text(
        f"{SETTINGS}\n[store]\nurl = '{url}'\n\n[run]\nexecutor = 'procrastinate'\n"
        f"\n[site]\nport = 0\n{more}"
    )
    return folder
