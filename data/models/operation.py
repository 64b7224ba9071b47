"""The record of an operation that a program requested over the API."""

from __future__ import annotations

from typing import NamedTuple


class OperationRecord(NamedTuple):
    """Who requested what, when, and with which response.

    ``at`` is in seconds since 1970, ``token`` the name of the token, ``name`` the operation, and
    ``target`` the id in its address. ``key`` is its idempotency key. ``body`` is the SHA-256 of the
    request. ``status`` is that of the response, 0 until there is one.
    """

    number: int
    at: float
    token: str
    name: str
    target: str
    key: str | None
    body: bytes
    status: int = 0
    response: bytes | None = None
