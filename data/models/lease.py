"""What says that one worker visits a host, and no other."""

from __future__ import annotations

from typing import NamedTuple


class DueHosts(NamedTuple):
    """The number of hosts that wait for a worker, and the seconds that the first has waited.

    ``held`` is the number of hosts that workers visit.
    """

    number: int
    seconds: float
    held: int = 0


class Lease(NamedTuple):
    """A host and the token that its row has while a worker visits it; it is never 0."""

    host: str
    token: int
