"""The child's side of the pipes to its parent: receive lines, send lines of JSON."""

from __future__ import annotations

import os
import select
import sys
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

import msgspec

CHUNK_BYTES: Final = 65_536
"""Bytes read from standard input at a time."""


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
        more = os.read(self._file, CHUNK_BYTES)
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
    """Send a line of JSON to the parent; do nothing if the parent has ended."""
    try:
        sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # The rest of the buffer has to go somewhere when this process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
