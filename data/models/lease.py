"""Leases: one worker at a time visits a host, and one service at a time performs a duty.

Hosts and duties are rows of one table. Only this module knows how their names differ.
"""

from __future__ import annotations

from typing import Final, NamedTuple

DUTY_PREFIX: Final = "duty:"
"""Prefix of the names of duties. No host starts with it, because a port is a number."""

JOB_LOCK_PREFIX: Final = "visit:"
"""Prefix of the Procrastinate lock for the jobs of a host or duty, before its name."""


def duty_key(duty: str) -> str:
    """Return the name of a duty's row, which is also the name of its source."""
    return f"{DUTY_PREFIX}{duty}"


def duty_of(key: str) -> str:
    """Return the duty with this row name."""
    return key.removeprefix(DUTY_PREFIX)


class DueHosts(NamedTuple):
    """The number of hosts that wait for a worker, and the longest waiting time in seconds.

    ``held`` is the number of hosts that workers are visiting.
    """

    number: int
    seconds: float
    held: int = 0


class Lease(NamedTuple):
    """A leased host or duty and the token of its row during the lease; the token is never 0."""

    host: str
    token: int

    @property
    def is_duty(self) -> bool:
        """Return whether a duty is leased, not a host."""
        return self.host.startswith(DUTY_PREFIX)

    @property
    def job_lock(self) -> str:
        """Return the Procrastinate lock for jobs of this host or duty."""
        return f"{JOB_LOCK_PREFIX}{self.host}"
