"""Write requests: idempotency keys, jobs, the record of operations, and errors as responses.

REST and the tools for assistants (MCP) call the same function, `Writes.call`. A job is work that
may outlast the request that started it. Its result is kept in memory.
"""

import asyncio
import hashlib
import logging
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePath
from typing import Any, Final, NamedTuple

import msgspec

from data.errors import (
    CommuniqueError,
    ConfigurationError,
    HomeInUse,
    RenamedSource,
    StoreError,
    UnknownSearch,
    UnknownSource,
    UnknownWatch,
)
from data.models import OperationRecord
from data.store.open import open_existing
from data.text.clean import plain
from feeds.sending_loop import cancel
from feeds.server.api import schemas
from feeds.server.api.operations import Operation, Write, WriteBody, WriteCall
from feeds.server.api.parameters import Parameters
from feeds.server.api.problems import ApiError, error_of

MAX_RUNNING: Final = 20
"""Maximum number of jobs that run or wait at the same time."""

MAX_KEPT: Final = 200
"""Maximum number of jobs in memory. The oldest finished jobs are dropped first."""

QUEUED_PROGRESS: Final = "waiting"
"""Progress of a job that has not started."""

log = logging.getLogger(__name__)

WAIT_SECONDS: Final = 5.0
"""Maximum time in seconds that a request waits for its result. Then the response is the address of
its job (202)."""

MAX_TARGET_CHARS: Final = 200
"""Maximum length in characters of an id in the record of operations. Longer ids are cut."""

KEY_PATTERN: Final = re.compile(r"[!-~]{1,255}")
"""Pattern that matches an idempotency key: visible ASCII characters."""

KEY_HEADER: Final = "Idempotency-Key"

JOB_EXAMPLE: Final = schemas.Job(
    job="8f1c0b6a2d93e475",
    operation="visit_source",
    target="lindmouth",
    state="running",
    progress="visiting lindmouth",
    seconds=6.2,
    status=None,
    result=None,
)

REUSED_KEY: Final = "this key was used for another request in the last 24 hours: use a new key"

BAD_KEY: Final = "a key has 1 to 255 visible ASCII characters: send one such as a UUID"


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


class Writes:
    """Runs the write operations of a site whose store is at ``store_url``.

    ``reads`` are the read operations for operators.
    """

    def __init__(
        self, store_url: str, operations: Sequence[Write], reads: Sequence[Operation] = ()
    ) -> None:
        self._url = store_url
        self._keys: dict[tuple[str, str], RunningJob] = {}
        self._jobs: OrderedDict[str, RunningJob] = OrderedDict()
        self.operations: Final = tuple(operations)
        self.reads: Final = (
            *reads,
            Operation(
                "/api/jobs/{id}",
                "job",
                "State and result of a request that takes longer",
                Parameters,
                schemas.Job,
                lambda context, _: self._job(context.name),
                access="operate",
                id_description="The id of a job.",
                refused={404: "The id is unknown. Jobs end with the service."},
                example=JOB_EXAMPLE,
            ),
        )

    async def call(
        self, operation: Write, name: str, body: WriteBody, *, by: str, key: str | None = None
    ) -> Outcome:
        """Run an operation, and return its response, or a job (202) after `WAIT_SECONDS`.

        ``name`` is the id in the path, and ``by`` the name of the token. If the idempotency key was
        used before, the first response is returned again.
        """
        if key is not None and not KEY_PATTERN.fullmatch(key):
            return refused(ApiError(422, BAD_KEY, parameter=KEY_HEADER))
        digest = hashlib.sha256(msgspec.json.encode([operation.name, name, body])).digest()
        place = by, "" if body.dry_run else key or ""
        job = self._keys.get(place) if place[1] else None
        if job is None:
            job = await self._begun(operation, name, body, digest, place)
        elif job.digest != digest:
            return refused(ApiError(422, REUSED_KEY, parameter=KEY_HEADER))
        outcome = await job.wait(WAIT_SECONDS)
        return outcome or Outcome(202, msgspec.to_builtins(job.answer))

    async def close(self) -> None:
        """Cancel all running jobs."""
        await cancel(one.task for one in self._jobs.values() if one.task and not one.task.done())

    async def _begun(
        self, operation: Write, name: str, body: WriteBody, digest: bytes, place: tuple[str, str]
    ) -> RunningJob:
        """Start a job, or return a finished job with the stored response or an error."""
        job = RunningJob(operation.name, name, digest)
        if place[1]:
            self._keys[place] = job
        try:
            began, record = time.time(), None
            if not body.dry_run:
                record = await asyncio.to_thread(self._begin, job, began, *place)
            if record and record.response is not None:
                recorded = Outcome(record.status, msgspec.json.decode(record.response))
                job.end(await asyncio.to_thread(with_secrets, operation, recorded))
            else:
                earlier = record.at if record and record.at < began else None
                handle = partial(operation.handler, WriteCall(name, job.report, earlier), body)
                self._start(job, lambda: self._run(job, operation, handle, record, place))
        except Exception as error:  # noqa: BLE001 - other requests may wait for the job
            job.end(refused(problem_of(error)))
        finally:
            if job.task is None:
                self._keys.pop(place, None)
        return job

    def _start(self, job: RunningJob, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run ``work`` in the background. Raises ApiError (503) if too many jobs are running."""
        if sum(one.outcome is None for one in self._jobs.values()) >= MAX_RUNNING:
            why = "too many requests that write are running; try again in a minute"
            raise ApiError(503, why, headers={"retry-after": "60"})
        self._jobs[job.id] = job
        ended = [one.id for one in self._jobs.values() if one.outcome is not None]
        for name in ended[: max(0, len(self._jobs) - MAX_KEPT)]:
            del self._jobs[name]
        job.task = asyncio.create_task(work())

    def _job(self, name: str) -> schemas.Job:
        """Return the state of a job. Raises ApiError (404) if the id is unknown."""
        if job := self._jobs.get(name):
            return job.answer
        raise ApiError(404, "no job has this id; jobs are lost when the service restarts")

    def _begin(self, job: RunningJob, at: float, by: str, key: str) -> OperationRecord:
        """Record that an operation begins, or return the record of an earlier request.

        Raises ApiError if the key belongs to another request.
        """
        target = plain(job.target)[:MAX_TARGET_CHARS]
        new = OperationRecord(0, at, by, job.operation, target, key or None, job.digest)
        with closing(open_existing(self._url)) as store:
            record = store.begin_operation(new)
        if record.body != job.digest:
            raise ApiError(422, REUSED_KEY, parameter=KEY_HEADER)
        return record

    async def _run(
        self,
        job: RunningJob,
        operation: Write,
        handle: Callable[[], Awaitable[schemas.ResponseBody]],
        record: OperationRecord | None,
        place: tuple[str, str],
    ) -> None:
        # The outcome if the job, or the work for which it waits, is cancelled.
        outcome = refused(ApiError(503, "the operation was interrupted; send the request again"))
        try:
            try:
                answer = await handle()
                outcome = Outcome(200, msgspec.to_builtins(answer))
            except Exception as error:  # noqa: BLE001 - a response for every error, and a log
                outcome = refused(problem_of(error, operation.body.__struct_fields__))
            if record:
                log.info(
                    "operation %s %s by token %s: %s",
                    *(operation.name, record.target, record.token, outcome.status),
                )
                await asyncio.to_thread(self._end, operation, record, outcome)
        except CommuniqueError as error:
            log.error("the result of an API operation could not be recorded: %s", error)  # noqa: TRY400 - no traceback needed
        finally:
            job.end(outcome)
            self._keys.pop(place, None)

    def _end(self, operation: Write, record: OperationRecord, outcome: Outcome) -> None:
        # The client may send a request again that failed for a passing reason, with the same key.
        may_pass = outcome.status == 409 or outcome.status >= 500  # noqa: PLR2004 - conflicts, faults
        recorded = without_secrets(operation, outcome)
        response = None if may_pass else msgspec.json.encode(recorded.values)
        with closing(open_existing(self._url)) as store:
            store.end_operation(record, outcome.status, response)


def refused(error: ApiError) -> Outcome:
    """Return an error as the outcome of a request."""
    return Outcome(error.status, error.values)


def without_secrets(operation: Write, outcome: Outcome) -> Outcome:
    """Return a response with digests instead of secret fields, for the record of operations."""
    hidden = _secrets(operation, outcome)
    digests = {name: json_digest(outcome.values[name]) for name in hidden}
    return Outcome(outcome.status, {**outcome.values, **digests})


def with_secrets(operation: Write, recorded: Outcome) -> Outcome:
    """Return a recorded response with its secret fields.

    A field is null if its secret has changed or been removed since then.
    """
    found = {
        name: value if json_digest(value) == recorded.values[name] else None
        for name, value in _secrets(operation, recorded).items()
    }
    return Outcome(recorded.status, {**recorded.values, **found})


def _secrets(operation: Write, outcome: Outcome) -> Mapping[str, Any]:
    """Return the secret fields of a response as they are stored now. Errors have none."""
    return operation.secrets(outcome.values) if outcome.status < 400 else {}  # noqa: PLR2004 - errors begin here


def json_digest(value: Any) -> str:
    """Return the SHA-256 of a JSON value in hexadecimal digits.

    Secrets can't be guessed from it, because they are long random texts.
    """
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()


def problem_of(error: Exception, fields: Sequence[str] = ()) -> ApiError:
    """Return the response for an error of an operation. Unexpected errors are logged.

    If one of the operation's ``fields`` has an invalid value, the response contains its name.
    """
    match error:
        case UnknownSource() | UnknownWatch() | UnknownSearch():
            return ApiError(404, str(error))
        case RenamedSource() | HomeInUse():
            return ApiError(409, str(error))
        case StoreError() | OSError():
            return ApiError(503, str(error), headers={"retry-after": "60"})
        case ConfigurationError():
            # A client can't open files on this machine, so the name of the file is enough.
            name = "" if error.key in fields else f"{PurePath(error.path).name}: "
            parameter = error.key if error.key in fields else None
            return ApiError(422, f"{name}{error.key}: {error.fix}", parameter=parameter)
        case CommuniqueError():
            return ApiError(422, str(error))
    return error_of(error)
