"""Publishing for the service, in a child process of its own.

Rendering keeps the interpreter busy, and readers would wait for it: what publishes is another
process, which lives on between two publications. Lines of JSON go in and out; it ends when its
standard input does.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec

from data.errors import CommuniqueError
from scheduler.home import Home, open_home
from scheduler.jobs.child import GRACE, pipes_of, start_child
from scheduler.jobs.publish import publish_home


class Published(msgspec.Struct, frozen=True):
    """What one publication did: counts of feeds, and what failed, in sentences."""

    feeds: int = 0
    written: int = 0
    errors: tuple[str, ...] = ()


class Publisher:
    """Has one HOME published, once at a time."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._child: asyncio.subprocess.Process | None = None
        self._one = asyncio.Lock()

    @property
    def child(self) -> int | None:
        """The process id of the child, while there is one."""
        return self._child.pid if self._child else None

    async def publish(self) -> Published:
        """Publish what changed; where the child dies of it, that is an error and no exception.

        Cancelled, it goes on to its end unseen: an answer that nobody took would be taken for the
        next.
        """
        return await asyncio.shield(asyncio.create_task(self._publish()))

    async def _publish(self) -> Published:
        async with self._one:
            try:
                child = self._child or await start_child(
                    "scheduler.executors.publisher", str(self._home.path)
                )
            except OSError as error:
                # Too many files are open, or there is no memory for a child.
                return Published(errors=(f"publishing did not start: {error}; it is tried again",))
            self._child = child
            stdin, stdout = pipes_of(child)
            try:
                stdin.write(b"\n")
                await stdin.drain()
                line = await stdout.readline()
            except (OSError, RuntimeError):
                # It has died meanwhile; uvloop says so by a RuntimeError.
                line = b""
            # It may have died in the middle of a line.
            if line.endswith(b"\n"):
                return msgspec.json.decode(line, type=Published)
            self._child = None
            stdin.close()
            code = await child.wait()
            return Published(errors=(f"publishing ended with code {code}; it is tried again",))

    async def close(self) -> None:
        """Let the child end what it is doing."""
        async with self._one:
            child, self._child = self._child, None
        if child is None:
            return
        pipes_of(child)[0].close()
        try:
            async with asyncio.timeout(GRACE):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()


def main() -> None:
    """Publish once for every line that comes in."""
    home = open_home(Path(sys.argv[1]))
    for _ in sys.stdin:
        try:
            done = publish_home(home)
            said = Published(done.feeds, done.written, tuple(map(str, done.errors)))
        except CommuniqueError as error:
            said = Published(errors=(str(error),))
        sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
