"""A question to a server and its answer, as they went over the wire."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Names and values of header fields, in their order; a name may come twice."""

Truncated: TypeAlias = Literal["", "length", "time", "disconnect", "unspecified"]
"""Why a body is not whole, in the words of WARC-Truncated (WARC 1.1, section 5.13)."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, and the response to it.

    ``url`` is the address that was asked, ``at`` the instant (aware UTC) of its answer, ``ip`` the
    address that answered, empty where it is not known, and ``protocol`` that of the answer, such as
    ``HTTP/1.1``. ``body`` is as served, still encoded. With ``rendered`` it is no answer of a
    server but the document as a browser had it. ``posted`` is the form-encoded body of a request by
    POST, otherwise empty.
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
