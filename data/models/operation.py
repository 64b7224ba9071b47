"""The record of an operation that a program requested over the API."""

from typing import NamedTuple


class OperationRecord(NamedTuple):
    """A request to change something: its time, token, operation and response.

    ``at`` is in seconds since 1970, ``token`` the name of the token, ``name`` the operation, and
    ``target`` the id in its address. ``key`` is its idempotency key. ``body`` is the SHA-256 of the
    request. ``status`` is the status of the response, or 0 before the response.
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
