"""Leases, so that only one worker at a time visits a host, and only one service performs a duty.

Hosts and duties are rows in the same table. Only this module distinguishes their names.
"""

from typing import Final, NamedTuple

DUTY_PREFIX: Final = "duty:"
"""Prefix for the names of duties. No host starts with it, because a port is a number."""


def duty_key(duty: str) -> str:
    """Return the name of a duty in the table of leases, which is also the duty's source id."""
    return f"{DUTY_PREFIX}{duty}"


def duty_of(key: str) -> str:
    """Return the duty with this name in the table of leases."""
    return key.removeprefix(DUTY_PREFIX)


class DueHosts(NamedTuple):
    """Number of hosts that wait for a worker, and the longest waiting time in seconds.

    ``held`` is the number of hosts that workers are visiting.
    """

    number: int
    seconds: float
    held: int = 0


class Lease(NamedTuple):
    """A leased host or duty, and the token of this lease, which is never 0."""

    host: str
    token: int

    @property
    def is_duty(self) -> bool:
        """Return whether the lease is for a duty and not for a host."""
        return self.host.startswith(DUTY_PREFIX)
