"""HTML pages for error responses."""

import logging
from html import escape
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from data.errors import StoreError
from feeds.pages.renderer import SERVED_POLICY
from feeds.server.requests.work_queue import Unanswered

log = logging.getLogger(__name__)

ERROR_TEXTS = {
    404: "Nothing is published at this address.",
    405: "This address is read-only.",
    503: "Pages generated on demand are unavailable now. Feeds and other pages still work.",
    500: "The server failed. The error is in its log.",
}
"""Texts of error pages, by status."""


async def explain(request: Request, error: Exception) -> Response:
    """Return the error page for an exception. If the store is unavailable, also log a warning."""
    if isinstance(error, Unanswered):
        return unanswered(request.scope, error)
    if isinstance(error, StoreError):
        log.warning("page request failed: %s", error)
        return page(request.scope, 503, {"retry-after": "60"})
    return page(request.scope, error.status_code if isinstance(error, HTTPException) else 500)


def unanswered(scope: Scope, error: Unanswered) -> HTMLResponse:
    """Return the error page for a request that the work queue rejected."""
    message = str(error)
    wait = {"retry-after": str(error.retry_after)}
    return page(scope, error.status, wait, f"{message[:1].upper()}{message[1:]}.")


def page(
    scope: Scope, status: int, headers: dict[str, str] | None = None, message: str | None = None
) -> HTMLResponse:
    """Return an error page with ``message``, or with the default text for the status."""
    phrase = HTTPStatus(status).phrase
    root = escape(scope.get("root_path", ""))
    return HTMLResponse(
        f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(phrase)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="{root}/static/site.css"></head>
<body><main><div class="hero"><h1>{escape(phrase)}</h1>
<p class="lead">{escape(message or ERROR_TEXTS.get(status, phrase + "."))}</p>
<p><a href="{root}/">Newest releases</a> · <a href="{root}/sources/">Sources</a> ·
<a href="{root}/days/">Days</a> · <a href="{root}/feeds/">Feeds</a> ·
<a href="{root}/search/">Search</a></p></div></main></body></html>
""",
        status,
        {
            "cache-control": "no-store",
            "content-security-policy": SERVED_POLICY,
            **(headers or {}),
        },
    )
