"""Publishes a HOME and notes the health of its sources in a child process, for the service."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

from data.models import Lease
from scheduler.home import Home
from scheduler.jobs.child import Child, ChildEnded, ending, stand_back
from scheduler.jobs.publish import HealthJob, HealthNoted, Job, Published, PublishJob

T = TypeVar("T")

CLOSING_SECONDS: Final = 20.0
"""Maximum time that a job under way gets when the service ends."""


class Publisher:
    """Publishes one HOME and notes its health, one job at a time."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._child: Child | None = None
        self._one = asyncio.Lock()
        self._jobs: set[asyncio.Task[Any]] = set()

    @property
    def child(self) -> int | None:
        """The process id of the child, while there is one."""
        return self._child.pid if self._child else None

    async def publish(self) -> Published:
        """Publish what changed; where the child dies of it, that is an error and no exception.

        Cancelled, it goes on to its end unseen: an answer that nobody took would be taken for the
        next.
        """
        return await self._to_its_end(self._publish())

    async def note_health(self) -> HealthNoted:
        """Note the health of all sources; if the child dies, that is an error and no exception.

        Cancelled, the child ends its job: see ``publish``.
        """
        return await self._to_its_end(self._note_health())

    async def give_back_later(self, lease: Lease) -> None:
        """Have the child give a lease back where this process dies; without it, it runs out."""
        with suppress(OSError, ChildEnded):
            child = self._child
            if child is None:
                async with self._one:
                    child = self._child = self._child or await self._start()
            await child.say(PublishJob(lease))

    async def _to_its_end(self, job: Coroutine[Any, Any, T]) -> T:
        """The result of a job, which continues if its caller is cancelled."""
        task = asyncio.create_task(job)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)
        return await asyncio.shield(task)

    async def _publish(self) -> Published:
        done = await self._done(PublishJob(), Published)
        if isinstance(done, Published):
            return done
        return Published(errors=(f"publishing {done}; it is tried again",))

    async def _note_health(self) -> HealthNoted:
        done = await self._done(HealthJob(), HealthNoted)
        if isinstance(done, HealthNoted):
            return done
        return HealthNoted(error=f"the process that notes health {done}; it is tried again")

    async def _done(self, job: Job, answer: type[T]) -> T | str:
        """The answer of the child to a job, or why it gave none."""
        async with self._one:
            try:
                child = self._child = self._child or await self._start()
                await child.say(job)
                return await child.hear(answer)
            except OSError as error:
                # Too many files are open, or there is no memory for a child.
                return f"did not start: {error}"
            except ChildEnded as error:
                self._child = None
                return ending(error.code)

    async def _start(self) -> Child:
        child = await Child.start("scheduler.jobs.publish", str(self._home.path))
        stand_back(child.pid)
        return child

    def cut(self) -> None:
        """End a publication that is under way, which is left half done."""
        if self._child:
            self._child.kill()

    async def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """Let the child end its job, and kill it after some seconds: the next start publishes.

        A publication that was ended leaves its marks in the store.
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
