"""Find the process at the other end of a connection from this machine, on Linux.

A proxy that adds no header sends the same bytes as a browser. But the process of a proxy accepts
connections itself, or runs as another user.
"""

import asyncio
import ipaddress
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from starlette.types import Scope

from data.network.addresses import Address, unmapped
from data.settings import SiteSettings
from feeds.server.requests.client import CONNECTION_SCOPE_KEY, is_local
from feeds.server.requests.work_queue import RateLimit, Unanswered

PROC: Final = Path("/proc")
SOCKET_TABLES: Final = ("self/net/tcp", "self/net/tcp6")
"""Files in PROC that list the TCP sockets of this network namespace."""

LISTENING_STATE: Final = "0A"
"""State of a socket that accepts connections, as in /proc/net/tcp (proc_pid_net(5))."""

WORD_BYTES: Final = 4
"""Size in bytes of a word in an address in /proc/net/tcp."""

OWN_CLIENT: Final = "own client"
"""Key of the cached result of ``is_own_client`` in the dict of facts about a connection."""


class SocketRow(NamedTuple):
    """A TCP socket in /proc/net/tcp: local and remote address, state, owner and inode."""

    local: tuple[Address, int]
    remote: tuple[Address, int]
    state: str
    user: int
    inode: str


class OwnClients:
    """Recognizes requests from programs that run as the server's user on the same machine.

    The client's process is inspected once per connection, at most ``site.api_rate`` times per
    minute, because a proxy opens connections for many clients.
    """

    def __init__(self, site: SiteSettings) -> None:
        self._site = site
        self._limit = RateLimit(site.api_rate)

    async def include(self, scope: Scope) -> bool:
        """Whether a request comes from a program that the server's user runs on this machine.

        Raises Unanswered if the rate limit is exceeded.
        """
        if not is_local(scope, self._site):
            return False
        facts = scope.get(CONNECTION_SCOPE_KEY, {})
        if OWN_CLIENT not in facts:
            if wait := self._limit.wait(scope):
                message = f"too many connections from this machine; try again in {wait} s"
                raise Unanswered(429, message, wait)
            facts[OWN_CLIENT] = await asyncio.to_thread(is_own_client, scope)
        return bool(facts[OWN_CLIENT])


def is_own_client(scope: Scope) -> bool:
    """Whether a request comes from a program of the server's user that is not a proxy.

    The result is False if the process can't be found: on systems other than Linux, or for another
    container. A process may be a proxy if it or one of its parents accepts TCP connections. Parents
    of this server are exempt.
    """
    if not scope.get("client") or not scope.get("server"):
        return False
    try:
        rows = list(socket_rows())
    except OSError:
        return False
    ends = tuple(
        (unmapped(ipaddress.ip_address(host)), port)
        for host, port in (scope["client"], scope["server"])
    )
    own = [one for one in rows if one.user == os.geteuid()]
    inodes = {one.inode for one in own if (one.local, one.remote) == ends}
    if not inodes:
        return False
    listening = {one.inode for one in rows if one.state == LISTENING_STATE}
    exempt = {*lineage(os.getpid())}
    processes = {process: sockets_of(process) for process in own_processes()}
    owners = [process for process, sockets in processes.items() if sockets & inodes]
    suspects = {process for owner in owners for process in lineage(owner)} - exempt
    accepts = any(processes.get(process, set()) & listening for process in suspects)
    return bool(owners) and not accepts


def socket_rows() -> Iterator[SocketRow]:
    """Yield all TCP sockets in this network namespace. Raises OSError if they can't be read."""
    for name in SOCKET_TABLES:
        # This file is missing if the system has no IPv6.
        rows = (PROC / name).read_text("ascii").splitlines()[1:] if (PROC / name).exists() else ()
        for line in rows:
            _, local, remote, state, _, _, _, user, _, inode, *_ = line.split()
            yield SocketRow(decoded(local), decoded(remote), state, int(user), inode)


def decoded(text: str) -> tuple[Address, int]:
    """Parse an address and port from /proc/net/tcp.

    The address is in 32-bit words in the host's byte order.
    """
    address, _, port = text.partition(":")
    words = (address[start : start + 8] for start in range(0, len(address), 8))
    packed = b"".join(int(word, 16).to_bytes(WORD_BYTES, sys.byteorder) for word in words)
    return unmapped(ipaddress.ip_address(packed)), int(port, 16)


def own_processes() -> Iterator[int]:
    """Yield the ids of all processes that run as the server's user."""
    for path in PROC.iterdir():
        with suppress(OSError):
            if path.name.isdecimal() and path.stat().st_uid == os.geteuid():
                yield int(path.name)


def sockets_of(process: int) -> set[str]:
    """Return the inodes of a process's open sockets.

    The result is empty if this process may not inspect them.
    """
    found = set()
    with suppress(OSError):
        for path in (PROC / str(process) / "fd").iterdir():
            with suppress(OSError):
                kind, _, inode = str(path.readlink()).partition(":")
                if kind == "socket":
                    found.add(inode.strip("[]"))
    return found


def lineage(process: int) -> Iterator[int]:
    """Yield the ids of a process, of its parent, and so on up to the first process."""
    while process > 0:
        yield process
        try:
            text = (PROC / str(process) / "stat").read_text("utf-8", "replace")
        except OSError:
            return
        # The process name is in parentheses, and may itself contain parentheses.
        process = int(text.rpartition(")")[2].split()[1])
