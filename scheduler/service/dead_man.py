"""A dead man's switch: somebody else is told that the service lives, and alerts when that ends.

The form is that of https://healthchecks.io/docs/http_api/: a request to the address says that all
is well, one to the address and `/fail` that it is not, with the reason as its body.
"""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from data.network.client import Outbound, OutboundError
from data.text.redaction import redacted


async def ping(outbound: Outbound, url: str, problem: str) -> str:
    """Say that the service lives, or what is wrong with it; the reason why nobody heard it."""
    parts = urlsplit(url)
    if problem:
        url = urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/fail"))
    try:
        answer = await outbound.ask("POST", url, body=redacted(problem).encode())
    except OutboundError as error:
        return str(error)
    return "" if answer.is_good else f"{parts.hostname} answered {answer.status}"
