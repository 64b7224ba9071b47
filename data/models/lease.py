"""Leases: only one worker at a time visits a host."""

from __future__ import annotations

from typing import NamedTuple


class DueHosts(NamedTuple):
    """The number of hosts that wait for a worker, and the longest waiting time in seconds.

    ``held`` is the number of hosts that workers are visiting.
    """

    number: int
    seconds: float
    held: int = 0


class Lease(NamedTuple):
    """A leased host and the token of its row during the visit; the token is never 0."""

    host: str
    token: int
