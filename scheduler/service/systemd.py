"""What systemd is told of the service: that it serves, that it lives, that it ends.

The protocol is sd_notify(3): lines of `NAME=value`, one datagram, to the socket that NOTIFY_SOCKET
names. Whoever started the service otherwise set none of it, and nothing is told.
"""

from __future__ import annotations

import asyncio
import os
import socket

import structlog

log = structlog.get_logger()

READY = "READY=1"
STOPPING = "STOPPING=1"
ALIVE = "WATCHDOG=1"


def tell(*states: str) -> None:
    """Tell systemd some states, where it asked to be told. One that does not listen is logged."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    # An "@" stands for the NUL that abstract addresses begin with.
    place = f"\0{address[1:]}" if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
            opened.connect(place)
            opened.sendall("\n".join(states).encode())
    except OSError as error:
        log.warning("systemd was not told", states=list(states), problem=str(error))


def patience() -> float:
    """Seconds without a sign of life after which systemd ends this process; 0 where it never does.

    A child that inherited what was said to its parent is not meant.
    """
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0.0
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1_000_000 if microseconds.isdecimal() else 0.0


async def show_life() -> None:
    """Tell systemd that the event loop turns, often enough for its patience, until cancelled.

    It is the loop that starts visits, publishes and serves: one that hangs tells nothing, and
    systemd starts the service anew.
    """
    if seconds := patience():
        while True:
            tell(ALIVE)
            # Half of it, as sd_watchdog_enabled(3) says.
            await asyncio.sleep(seconds / 2)
