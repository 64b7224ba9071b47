"""HTTP request and its response, as sent over the wire."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Names and values of header fields, in order; a name may occur twice."""

Truncated: TypeAlias = Literal["", "length", "time", "disconnect", "unspecified"]
"""The reason why a body is incomplete, in the terms of WARC-Truncated (WARC 1.1, section 5.13)."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response.

    ``url`` is the requested address and ``at`` the time of the response (aware UTC). ``ip`` is the
    server's address, empty if unknown. ``protocol`` is the response's, such as ``HTTP/1.1``.
    ``body`` is as served, still encoded. If ``rendered``, the body is a browser's document instead
    of a server's response. ``posted`` is the form-encoded body of a POST request, otherwise empty.
    """

    url: str
    at: dt.datetime
    status: int
    reason: str
    headers: Headers
    body: bytes
    method: str = "GET"
    request_headers: Headers = ()
    ip: str = ""
    protocol: str = "HTTP/1.1"
    truncated: Truncated = ""
    rendered: bool = False
    posted: str = ""
