"""Notifications to systemd that the service is ready, alive, or stopping.

The protocol is sd_notify(3): lines of `NAME=value` in one datagram to the socket in NOTIFY_SOCKET.
Without this variable, nothing is sent.
"""

import asyncio
import os
import socket

import structlog

log = structlog.get_logger()

READY_STATE = "READY=1"
STOPPING_STATE = "STOPPING=1"
ALIVE_STATE = "WATCHDOG=1"


def notify(*states: str) -> None:
    """Send states to systemd if it requested notifications. A failure is logged."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    # "@" represents the NUL byte at the start of an abstract address.
    place = f"\0{address[1:]}" if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
            opened.connect(place)
            opened.sendall("\n".join(states).encode())
    except OSError as error:
        log.warning("systemd could not be notified", states=list(states), problem=str(error))


def watchdog_seconds() -> float:
    """Return the time in seconds without a notification after which systemd kills this process.

    If the process has no watchdog, the result is 0. Environment variables for a parent process are
    ignored.
    """
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0.0
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1_000_000 if microseconds.isdecimal() else 0.0


async def show_life() -> None:
    """Notify systemd periodically that the event loop works, until cancelled.

    The same event loop starts visits, publishes and serves. If it hangs, systemd gets no
    notification and restarts the service.
    """
    if seconds := watchdog_seconds():
        while True:
            notify(ALIVE_STATE)
            # sd_watchdog_enabled(3) recommends half of the limit.
            await asyncio.sleep(seconds / 2)
