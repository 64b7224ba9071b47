"""Bodies of write requests, and write requests over HTTP: headers and responses."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from feeds.server.api.operations import Write, WriteBody
from feeds.server.api.parameters import Parameters, fields_of, read_parameters
from feeds.server.api.problems import MEDIA_TYPE, ApiError, unknown_name
from feeds.server.api.writes import KEY_HEADER, Outcome, Writes
from feeds.server.requests.client import TOKEN_NAME
from feeds.server.requests.security import NO_SNIFFING
from feeds.server.requests.work_queue import WorkQueue

MAX_BODY_BYTES: Final = 65_536
"""Maximum size in bytes of a request body."""


UNKNOWN_FIELD: Final = re.compile(r"unknown field `(.+?)`")
FIELD_PATH: Final = re.compile(r"at `\$\.?([^`]*)`")
MISSING_FIELD: Final = re.compile(r"missing required field `(.+?)`")

Body = TypeVar("Body", bound=WriteBody)


def write_endpoint(
    writes: Writes, operation: Write, queue: WorkQueue
) -> Callable[[Request], Awaitable[Response]]:
    """Return the function that responds to requests for an operation that writes.

    The token gate has checked the token of the request.
    """

    async def answer(request: Request) -> Response:
        queue.count(request.scope)
        read_parameters(request.scope["query_string"], Parameters)
        body = body_from(await raw_body(request), operation.body)
        outcome = await writes.call(
            operation,
            request.path_params.get("id", ""),
            body,
            by=request.scope[TOKEN_NAME],
            key=request.headers.get(KEY_HEADER),
        )
        return response_to_write(outcome)

    return answer


async def raw_body(request: Request) -> bytes:
    """Return the body of a request. Raises ApiError (413, 415) if it is too large, or not JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(415, "send a JSON object with the header `Content-Type: application/json`")
    return await limited_body(request, MAX_BODY_BYTES)


async def limited_body(request: Request, max_bytes: int) -> bytes:
    """Return the body of a request. Raises ApiError: 413 if it is too large, 400 if incomplete."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > max_bytes:
                raise ApiError(413, f"the request body has more than {max_bytes:,} bytes")
    except ClientDisconnect as error:
        raise ApiError(400, "the body is incomplete") from error
    return bytes(body)


def response_to_write(outcome: Outcome) -> Response:
    """Return the HTTP response for the outcome of a request that writes."""
    headers = {"cache-control": "no-store", **NO_SNIFFING}
    kind = MEDIA_TYPE if outcome.status >= 400 else "application/json"  # noqa: PLR2004 - errors begin here
    if outcome.status == 202:  # noqa: PLR2004 - Accepted
        headers |= {"location": f"/api/jobs/{outcome.values['job']}", "retry-after": "1"}
    if outcome.status in {409, 503}:
        headers["retry-after"] = "60"
    return Response(msgspec.json.encode(outcome.values) + b"\n", outcome.status, headers, kind)


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
    if found := UNKNOWN_FIELD.search(message):
        return unknown_name("field", found[1][:100], kind.__struct_fields__)
    if found := MISSING_FIELD.search(message):
        return ApiError(422, f"the field {found[1]!r} is missing", parameter=found[1])
    found = FIELD_PATH.search(message)
    name = re.split(r"[.\[]", found[1])[0][:100] if found else ""
    why = message.partition(" - at ")[0]
    if "matching regex" in why:
        schema = fields_of(kind).get(name, {})
        about = found_in(schema, "pattern").get("description") or schema.get("description", "")
        why = f"write another value ({about or 'without control characters'})"
    elif "enum value" in why:
        values = found_in(fields_of(kind).get(name, {}), "enum").get("enum", ())
        why = f"{why.removeprefix('Invalid enum value ')} is not one of {', '.join(values)}"
    return ApiError(422, f"{name}: {why}" if name else f"the body: {why}", parameter=name or None)


def found_in(schema: Any, key: str) -> Mapping[str, Any]:
    """Return the first part of a JSON Schema that has the given key, or an empty mapping."""
    if isinstance(schema, dict):
        if key in schema:
            return schema
        schema = [*schema.values()]
    parts = schema if isinstance(schema, list) else ()
    return next(filter(None, (found_in(one, key) for one in parts)), {})
