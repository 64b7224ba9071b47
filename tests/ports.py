"""Ports for programs that are told beforehand where to listen."""

from __future__ import annotations

import errno
import random
import socket
from typing import Final

PORTS: Final = range(20_000, 32_000)
"""Ports that no system gives to those who ask for any: Linux gives 32768 and above, macOS 49152."""


def free_port() -> int:
    """A port of loopback that nobody listens on, nor is given by the system until we do."""
    while True:
        # Not by a seed, which all processes of tests may have in common.
        port = random.SystemRandom().choice(PORTS)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
