"""Jobs: work that may outlast the request that started it. Results are kept in memory."""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from feeds.server.api import schemas
from feeds.server.api.problems import ApiError

MAX_RUNNING: Final = 20
"""Maximum number of jobs that run or wait at the same time."""

MAX_KEPT: Final = 200
"""Maximum number of jobs in memory. The oldest finished jobs are dropped first."""

QUEUED_PROGRESS: Final = "waiting"
"""Progress of a job that has not started."""


class Outcome(NamedTuple):
    """Status and JSON values of a response."""

    status: int
    values: dict[str, Any]


@dataclass(eq=False)
class RunningJob:
    """A job, and its outcome after its end. ``began`` is in seconds of the monotonic clock."""

    operation: str
    target: str
    digest: bytes = b""
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    began: float = field(default_factory=time.monotonic)
    progress: str = QUEUED_PROGRESS
    outcome: Outcome | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    seconds: float = 0.0

    def report(self, progress: str) -> None:
        """Store the current step of the job."""
        self.progress = progress

    def end(self, outcome: Outcome) -> None:
        """Store the outcome, and let all waiting requests continue."""
        self.outcome = outcome
        self.seconds = time.monotonic() - self.began
        self.progress = "finished"
        self.ended.set()

    async def wait(self, seconds: float) -> Outcome | None:
        """Return the outcome, or None if the job has not ended after ``seconds``."""
        try:
            async with asyncio.timeout(seconds):
                await self.ended.wait()
        except TimeoutError:
            return None
        return self.outcome

    @property
    def answer(self) -> schemas.Job:
        """Return the job as a response of the API."""
        done = self.outcome
        state = "running" if done is None else "done" if done.status < 400 else "failed"  # noqa: PLR2004 - errors begin here
        return schemas.Job(
            job=self.id,
            operation=self.operation,
            target=self.target,
            state=state,  # type: ignore[arg-type]  # one of three constants
            progress=self.progress,
            seconds=round(self.seconds if done else time.monotonic() - self.began, 3),
            status=done and done.status,
            result=done and done.values,
        )


class Jobs:
    """The jobs of this process."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, RunningJob] = OrderedDict()

    def add(self, job: RunningJob, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run ``work`` in the background. Raises ApiError (503) if too many jobs are running."""
        if sum(one.outcome is None for one in self._jobs.values()) >= MAX_RUNNING:
            why = "too many requests that write are running; try again in a minute"
            raise ApiError(503, why, headers={"retry-after": "60"})
        self._jobs[job.id] = job
        ended = [one.id for one in self._jobs.values() if one.outcome is not None]
        for name in ended[: max(0, len(self._jobs) - MAX_KEPT)]:
            del self._jobs[name]
        job.task = asyncio.create_task(work())

    def answer(self, name: str) -> schemas.Job:
        """Return the state of a job. Raises ApiError (404) if the id is unknown."""
        if job := self._jobs.get(name):
            return job.answer
        raise ApiError(404, "no job has this id; jobs are lost when the service restarts")

    async def close(self) -> None:
        """Cancel all running jobs."""
        tasks = [one.task for one in self._jobs.values() if one.task and not one.task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
