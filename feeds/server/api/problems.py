"""What went wrong, as programs read it: problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"

CROSS_ORIGIN = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag, Link, Retry-After",
}
"""All of the API may be read by scripts of any site."""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why there is no answer (RFC 9457)."""

    title: Annotated[str, Meta(description="The name of the status.")]
    status: Annotated[int, Meta(description="The status of the answer.", ge=400, le=599)]
    detail: Annotated[str, Meta(description="What is wrong, and what to do.")]
    parameter: Annotated[
        str | None, Meta(description="The parameter that is wrong, where it is one.")
    ] = None


class Refused(Exception):
    """A request that has no answer: ``detail`` says why, ``parameter`` by which one."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        parameter: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.parameter = parameter
        self.headers = headers or {}

    def response(self) -> Response:
        """The answer that says so."""
        problem = Problem(HTTPStatus(self.status).phrase, self.status, self.detail, self.parameter)
        headers = {
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            **CROSS_ORIGIN,
            **self.headers,
        }
        return Response(msgspec.json.encode(problem), self.status, headers, MEDIA_TYPE)
