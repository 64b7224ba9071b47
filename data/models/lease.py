"""What says that one worker visits a host, and no other."""

from __future__ import annotations

from typing import NamedTuple


class DueHosts(NamedTuple):
    """How many hosts are due and visited by nobody, and for how many seconds the first has been."""

    number: int
    seconds: float


class Lease(NamedTuple):
    """A host and the token that its row has while a worker visits it; it is never 0."""

    host: str
    token: int
