"""Write requests: idempotency keys, the record of operations, and errors as responses.

REST and the tools for assistants (MCP) call the same function, `Writes.call`.
"""

import asyncio
import hashlib
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from functools import cache, partial
from pathlib import PurePath
from typing import Any, Final, TypeVar

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
from data.wording import meant
from feeds.server.api import schemas
from feeds.server.api.jobs import Jobs, Outcome, RunningJob
from feeds.server.api.operations import Operation, Write, WriteBody, WriteCall
from feeds.server.api.parameters import Parameters
from feeds.server.api.problems import ApiError, error_of

log = logging.getLogger(__name__)

WAIT_SECONDS: Final = 5.0
"""Maximum time in seconds that a request waits for its result. Then the response is the address of
its job (202)."""

MAX_TARGET_CHARS: Final = 200
"""Maximum length in characters of an id in the record of operations. Longer ids are cut."""

KEY_PATTERN: Final = re.compile(r"[!-~]{1,255}")
"""Pattern that matches an idempotency key: visible ASCII characters."""

KEY_HEADER: Final = "Idempotency-Key"

UNKNOWN_FIELD: Final = re.compile(r"unknown field `(.+?)`")
FIELD_PATH: Final = re.compile(r"at `\$\.?([^`]*)`")
MISSING_FIELD: Final = re.compile(r"missing required field `(.+?)`")

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

Body = TypeVar("Body", bound=WriteBody)


class Writes:
    """Runs the write operations of a site whose store is at ``store_url``.

    ``reads`` are the read operations for operators.
    """

    def __init__(
        self, store_url: str, operations: Sequence[Write], reads: Sequence[Operation] = ()
    ) -> None:
        self._url = store_url
        self._keys: dict[tuple[str, str], RunningJob] = {}
        self.jobs = Jobs()
        self.operations: Final = tuple(operations)
        self.reads: Final = (
            *reads,
            Operation(
                "/api/jobs/{id}",
                "job",
                "State and result of a request that takes longer",
                Parameters,
                schemas.Job,
                lambda context, _: self.jobs.answer(context.name),
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
                self.jobs.add(job, lambda: self._run(job, operation, handle, record, place))
        except Exception as error:  # noqa: BLE001 - other requests may wait for the job
            job.end(refused(problem_of(error)))
        finally:
            if job.task is None:
                self._keys.pop(place, None)
        return job

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


REUSED_KEY: Final = "this key was used for another request in the last 24 hours: use a new key"

BAD_KEY: Final = "a key has 1 to 255 visible ASCII characters: send one such as a UUID"


def refused(error: ApiError) -> Outcome:
    """Return an error as the outcome of a request."""
    return Outcome(error.status, error.values)


def without_secrets(operation: Write, outcome: Outcome) -> Outcome:
    """Return a response with digests instead of secret fields, for the record of operations."""
    hidden = _secrets(operation, outcome)
    return _replaced(outcome, {name: json_digest(outcome.values[name]) for name in hidden})


def with_secrets(operation: Write, recorded: Outcome) -> Outcome:
    """Return a recorded response with its secret fields.

    A field is null if its secret has changed or been removed since then.
    """
    found = _secrets(operation, recorded)
    kept = {name for name in found if json_digest(found[name]) == recorded.values[name]}
    return _replaced(recorded, {name: found[name] if name in kept else None for name in found})


def _secrets(operation: Write, outcome: Outcome) -> Mapping[str, Any]:
    """Return the secret fields of a response as they are stored now. Errors have none."""
    return operation.secrets(outcome.values) if outcome.status < 400 else {}  # noqa: PLR2004 - errors begin here


def _replaced(outcome: Outcome, values: Mapping[str, Any]) -> Outcome:
    return Outcome(outcome.status, {**outcome.values, **values})


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
        case ApiError():
            return error
        case UnknownSource() | UnknownWatch() | UnknownSearch():
            return ApiError(404, str(error))
        case RenamedSource() | HomeInUse():
            return ApiError(409, str(error))
        case StoreError() | OSError():
            return ApiError(503, str(error), headers={"retry-after": "60"})
        case CommuniqueError():
            return _unprocessable(error, fields)
    return error_of(error)


def _unprocessable(error: CommuniqueError, fields: Sequence[str]) -> ApiError:
    if isinstance(error, ConfigurationError):
        # A client can't open files on this machine, so the name of the file is enough.
        name = "" if error.key in fields else f"{PurePath(error.path).name}: "
        parameter = error.key if error.key in fields else None
        return ApiError(422, f"{name}{error.key}: {error.fix}", parameter=parameter)
    return ApiError(422, str(error))


def body_from(raw: bytes, kind: type[Body]) -> Body:
    """Parse and validate the body of a request that writes.

    Raises ApiError: 400 if it is not JSON, with the position of the error, and 422 if a field is
    unknown, missing or invalid.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise invalid_field(str(error), kind) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise ApiError(400, f"the request body is not valid JSON: {error}") from error


def body_of_values(values: Any, kind: type[Body]) -> Body:
    """Validate JSON values as the body of a request that writes. Raises ApiError (422)."""
    try:
        return msgspec.convert(values, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise invalid_field(str(error), kind) from error


def invalid_field(message: str, kind: type[WriteBody]) -> ApiError:
    """Return the response for an invalid field, from a message of msgspec."""
    known = kind.__struct_fields__
    if found := UNKNOWN_FIELD.search(message):
        name = found[1][:100]
        near = meant(name, known) or f"; use {', '.join(known)}"
        why = f"there is no field {name!r}{near}"
        return ApiError(422, why, parameter=name)
    if found := MISSING_FIELD.search(message):
        return ApiError(422, f"the field {found[1]!r} is missing", parameter=found[1])
    found = FIELD_PATH.search(message)
    name = re.split(r"[.\[]", found[1])[0][:100] if found else ""
    why = message.partition(" - at ")[0]
    if "matching regex" in why:
        schema = body_fields(kind).get(name, {})
        about = found_in(schema, "pattern").get("description") or schema.get("description", "")
        why = f"write another value ({about or 'without control characters'})"
    elif "enum value" in why:
        values = found_in(body_fields(kind).get(name, {}), "enum").get("enum", ())
        why = f"{why.removeprefix('Invalid enum value ')} is not one of {', '.join(values)}"
    return ApiError(422, f"{name}: {why}" if name else f"the body: {why}", parameter=name or None)


@cache
def body_fields(kind: type[WriteBody]) -> Mapping[str, dict[str, Any]]:
    """Return the JSON Schemas of the fields of a body, by field name."""
    _, components = msgspec.json.schema_components([kind], ref_template="{name}")
    found: dict[str, dict[str, Any]] = components[kind.__name__]["properties"]
    return found


def found_in(schema: Any, key: str) -> Mapping[str, Any]:
    """Return the first part of a JSON Schema that has the given key, or an empty mapping."""
    if isinstance(schema, dict):
        if key in schema:
            return schema
        schema = [*schema.values()]
    parts = schema if isinstance(schema, list) else ()
    return next(filter(None, (found_in(one, key) for one in parts)), {})
