"""Error responses of the API (problem details, RFC 9457)."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response

from data.access.permissions import AccessVerdict
from data.errors import StoreError
from data.wording import meant
from feeds.server.requests.security import API_ORIGIN
from feeds.server.requests.work_queue import Unanswered

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

BEARER_CHALLENGE: Final = 'Bearer realm="Communique"'
"""Value of the WWW-Authenticate header for programs."""

SERVER_FAILED: Final = "the server failed; its log contains the error"


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error response of the API (problem details, RFC 9457)."""

    title: Annotated[str, Meta(description="The standard phrase of the status.")]
    status: Annotated[int, Meta(description="The status of the response.", ge=400, le=599)]
    detail: Annotated[str, Meta(description="The cause and the fix.")]
    parameter: Annotated[
        str | None, Meta(description="The invalid parameter, if the error is about one.")
    ] = None
    position: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(description="Number of characters before the fault in `q`."),
    ] = None


class ApiError(Exception):
    """An error that the API returns as a response.

    ``parameter`` is the name of the invalid parameter, or None, and ``position`` the number of
    characters before the fault in a query.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        parameter: str | None = None,
        position: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.parameter = parameter
        self.position = position
        self.headers = headers or {}

    @property
    def values(self) -> dict[str, Any]:
        """Return the body of the response as JSON values."""
        title = HTTPStatus(self.status).phrase
        problem = Problem(title, self.status, self.detail, self.parameter, self.position)
        found: dict[str, Any] = msgspec.to_builtins(problem)
        return found

    def response(self) -> Response:
        """Return the error as a problem response."""
        headers = {"cache-control": "no-store", **API_ORIGIN, **self.headers}
        return Response(msgspec.json.encode(self.values), self.status, headers, MEDIA_TYPE)


def unknown_name(what: str, name: str, known: Sequence[str]) -> ApiError:
    """Return the error for an unknown parameter or field, with a similar name or all names."""
    listed = f"; use {', '.join(known)}" if known else f"; this operation has no {what}s"
    why = f"there is no {what} {name[:100]!r}{meant(name, known) or listed}"
    return ApiError(422, why, parameter=name[:100])


def error_of(error: Exception) -> ApiError:
    """Return the error that a client gets for an exception.

    Texts of other exceptions are only logged, because they may contain paths and data.
    """
    match error:
        case ApiError():
            return error
        case Unanswered():
            wait = {"retry-after": str(error.retry_after)}
            return ApiError(error.status, str(error), headers=wait)
        case StoreError():
            log.warning("API request failed: %s", error)
            why = "the store is unavailable; try again in a minute"
            return ApiError(503, why, headers={"retry-after": "60"})
    log.error("API request failed unexpectedly", exc_info=error)
    return ApiError(500, SERVER_FAILED)


def api_refusal(verdict: AccessVerdict) -> Response:
    """Return the error response for an API request without access."""
    why, headers = {
        401: (
            "this needs a token: send it as `Authorization: Bearer`",
            {"www-authenticate": BEARER_CHALLENGE},
        ),
        403: ("this token does not allow the request", {}),
        429: ("too many wrong tokens from your address", {"retry-after": str(verdict.retry_after)}),
    }[verdict.status]
    return ApiError(verdict.status, why, headers=headers).response()
