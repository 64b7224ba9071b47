"""Child process of the service that publishes a home directory and updates health.

`ServiceChild` is the parent's side, and ``main`` is the child's side. Rendering pages and
estimating health use the CPU for long, so readers would have to wait. The service therefore has one
child process for both, which keeps running between publications. If the service dies, the child
finishes its job and releases the leases that the service held.
"""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from data.errors import CommuniqueError
from data.models import Lease
from scheduler.children.child import Child, ChildEnded, ending, lower_priority
from scheduler.children.crawl_lines import ParentLines, give_back, write_line
from scheduler.home.home import Home, open_home
from scheduler.home.home_publication import publish_home
from scheduler.logs import log_as
from scheduler.sources.home_health import note_health

T = TypeVar("T")

CLOSING_SECONDS: Final = 20.0
"""Maximum seconds to wait for the current job when the service ends."""


class PublishResult(msgspec.Struct, frozen=True):
    """Result of a publication: the numbers of feeds, and the error messages."""

    feeds: int = 0
    written: int = 0
    errors: tuple[str, ...] = ()


class PublishJob(msgspec.Struct, frozen=True, tag=True):
    """Line that requests one publication."""


class LeaseLine(msgspec.Struct, frozen=True, tag=True):
    """Line with a lease of the service, which the child releases if the service dies."""

    lease: Lease


class HealthJob(msgspec.Struct, frozen=True, tag=True):
    """Line that requests one update of the health of all sources."""


class HealthNoted(msgspec.Struct, frozen=True):
    """Result of a HealthJob: number of stored changes, and an error message or an empty string."""

    changes: int = 0
    error: str = ""


Job: TypeAlias = PublishJob | HealthJob | LeaseLine


class ServiceChild:
    """Publishes one home directory and updates health in a child process, one job at a time."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._child: Child | None = None
        self._one = asyncio.Lock()
        self._starting = asyncio.Lock()
        self._jobs: set[asyncio.Task[Any]] = set()

    @property
    def child(self) -> int | None:
        """Return the process id of the child, or None."""
        return self._child.pid if self._child else None

    async def publish(self) -> PublishResult:
        """Publish all changes.

        If the child dies, the result contains an error, and no exception is raised. If the caller
        is cancelled, the job still runs to its end; otherwise the next job would receive its
        result.
        """
        done = await self._done(PublishJob(), PublishResult)
        if isinstance(done, PublishResult):
            return done
        return PublishResult(errors=(f"the process that publishes {done}; it will be tried again",))

    async def note_health(self) -> HealthNoted:
        """Update the health of all sources.

        If the child dies, the result contains an error, and no exception is raised. If the caller
        is cancelled, the job still runs to its end, as in ``publish``.
        """
        done = await self._done(HealthJob(), HealthNoted)
        if isinstance(done, HealthNoted):
            return done
        return HealthNoted(error=f"the process that updates health {done}; it will be tried again")

    async def give_back_later(self, lease: Lease) -> None:
        """Pass a lease to the child, which releases it if this process dies."""
        with suppress(OSError, ChildEnded):
            child = await self._started()
            await child.say(LeaseLine(lease))

    async def _done(self, job: Job, answer: type[T]) -> T | str:
        """Run a job in the child and return the result. If the caller is cancelled, it continues.

        If the child fails, return how it failed, as part of a sentence.
        """
        task = asyncio.create_task(self._run(job, answer))
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)
        return await asyncio.shield(task)

    async def _run(self, job: Job, answer: type[T]) -> T | str:
        async with self._one:
            try:
                child = await self._started()
                await child.say(job)
                return await child.hear(answer)
            except OSError as error:
                # Too many files are open, or memory is scarce.
                return f"did not start: {error}"
            except ChildEnded as error:
                self._child = None
                return ending(error.code)
            except msgspec.DecodeError as error:
                # The child's next line could be taken for the result of another job.
                self._child = None
                child.kill()
                await child.end()
                return f"sent an invalid line: {error}"

    async def _started(self) -> Child:
        """Return the child process. Start it if it is not running.

        Raises OSError if the child process can't be started.
        """
        async with self._starting:
            if self._child is None:
                child = await Child.start("scheduler.children.service_child", str(self._home.path))
                lower_priority(child.pid)
                self._child = child
            return self._child

    def cut(self) -> None:
        """Kill the child, even during a publication."""
        if self._child:
            self._child.kill()

    async def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """Let the child finish its job, and kill it after ``seconds``.

        Unfinished changes remain marked in the store, and are published after the next start.
        """
        late = {*self._jobs}
        if late:
            _, late = await asyncio.wait(late, timeout=seconds)
        for job in late:
            job.cancel()
        if late:
            self.cut()
            await asyncio.wait(late)
        child, self._child = self._child, None
        if child:
            await child.end()


def published(home: Home) -> PublishResult:
    """Publish a home directory. Errors are part of the result, not raised."""
    try:
        done = publish_home(home)
    except (CommuniqueError, OSError) as error:
        return PublishResult(errors=(str(error),))
    return PublishResult(done.feeds, done.written, tuple(map(str, done.errors)))


def noted_health(home: Home) -> HealthNoted:
    """Update the health of all sources. Errors are part of the result, not raised."""
    try:
        return HealthNoted(note_health(home))
    except (CommuniqueError, OSError) as error:
        return HealthNoted(error=str(error))


def main() -> None:
    """Run each job that the parent sends, and record the leases that it sends."""
    home = open_home(Path(sys.argv[1]))
    log_as(home.settings.log)
    lines, leases = ParentLines(), dict[str, Lease]()
    for line in lines:
        match msgspec.json.decode(line, type=Job):
            case HealthJob():
                write_line(noted_health(home))
            case LeaseLine(lease):
                # Leases that the service has released since remain here, which does no harm.
                leases[lease.host] = lease
            case PublishJob():
                write_line(published(home))
    if leases and lines.parent_died:
        asyncio.run(give_back(home.store_url, leases.values()))


if __name__ == "__main__":
    main()
