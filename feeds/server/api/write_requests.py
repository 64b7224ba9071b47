"""Write requests over HTTP: checks of headers and body, and the responses."""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from feeds.server.api.jobs import Outcome
from feeds.server.api.operations import Write
from feeds.server.api.parameters import Parameters, read_parameters
from feeds.server.api.problems import MEDIA_TYPE, ApiError
from feeds.server.api.writes import KEY_HEADER, Writes, body_from
from feeds.server.connection.security import NO_SNIFFING
from feeds.server.requests.access import TOKEN_NAME
from feeds.server.requests.work_queue import WorkQueue

MAX_BODY_BYTES: Final = 65_536
"""Maximum size in bytes of a request body."""


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
