"""Leases: only one worker at a time visits a host."""

from __future__ import annotations

from typing import NamedTuple


class DueHosts(NamedTuple):
    """Due hosts: how many wait for a worker, and how many seconds the first one has waited.

    ``held`` is the number of hosts that workers visit now.
    """

    number: int
    seconds: float
    held: int = 0


class Lease(NamedTuple):
    """A leased host and the token of its row during the visit; the token is never 0."""

    host: str
    token: int
