"""Which process is at the other end of a connection from this machine, as Linux reports it.

A proxy that adds no header field sends the same bytes as a browser. Its process differs: it accepts
connections itself, or runs as another user.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from starlette.types import Scope

from data.settings import Site
from feeds.server.requests.client import CONNECTION, Address, is_local, unmapped
from feeds.server.requests.rate_limit import RateLimit
from feeds.server.requests.work_queue import Unanswered

PROC: Final = Path("/proc")
TABLES: Final = ("self/net/tcp", "self/net/tcp6")

LISTENING: Final = "0A"
"""The state of a socket that accepts connections (proc_pid_net(5))."""

WORD_BYTES: Final = 4

OWN_CLIENT: Final = "own client"
"""The key among the facts of a connection for the result of ``is_own_client``."""


class SocketRow(NamedTuple):
    """A TCP socket of this machine: its two ends, its state, the user who has it, its inode."""

    local: tuple[Address, int]
    remote: tuple[Address, int]
    state: str
    user: int
    inode: str


class OwnClients:
    """Recognizes requests of programs of the user who runs an open site, on the same machine.

    The processes of the machine are read once per connection, at most as often as ``site.api_rate``
    allows: a proxy opens connections for everybody.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._limit = RateLimit(site.api_rate)

    async def include(self, scope: Scope) -> bool:
        """Whether a request comes from such a program. Raises Unanswered if they come too often."""
        if not is_local(scope, self._site):
            return False
        facts = scope.get(CONNECTION, {})
        if OWN_CLIENT not in facts:
            if wait := self._limit.wait(scope):
                message = f"too many connections came from this machine; come again in {wait} s"
                raise Unanswered(429, message, wait)
            facts[OWN_CLIENT] = await asyncio.to_thread(is_own_client, scope)
        return bool(facts[OWN_CLIENT])


def is_own_client(scope: Scope) -> bool:
    """Whether a request comes from a program of this user that is not a server itself.

    False if the process is unknown: on other systems than Linux, or if it is in another container.
    A process that accepts TCP connections, or one of whose parents does, may be a proxy. Processes
    that started this server are exempt.
    """
    if not scope.get("client") or not scope.get("server"):
        return False
    try:
        rows = list(socket_rows())
    except OSError:
        return False
    ends = end_of(*scope["client"]), end_of(*scope["server"])
    inodes = {one.inode for one in rows if (one.local, one.remote) == ends and is_own(one)}
    if not inodes:
        return False
    listening = {one.inode for one in rows if one.state == LISTENING}
    exempt = {*lineage(os.getpid())}
    processes = {process: sockets_of(process) for process in own_processes()}
    owners = [process for process, sockets in processes.items() if sockets & inodes]
    suspects = {process for owner in owners for process in lineage(owner)} - exempt
    accepts = any(processes.get(process, set()) & listening for process in suspects)
    return bool(owners) and not accepts


def socket_rows() -> Iterator[SocketRow]:
    """All TCP sockets in this network namespace. Raises OSError."""
    for name in TABLES:
        # A machine without IPv6 lacks that table.
        rows = (PROC / name).read_text("ascii").splitlines()[1:] if (PROC / name).exists() else ()
        for line in rows:
            _, local, remote, state, _, _, _, user, _, inode, *_ = line.split()
            yield SocketRow(decoded(local), decoded(remote), state, int(user), inode)


def decoded(text: str) -> tuple[Address, int]:
    """An end of a socket, as the tables of the kernel write it: words of the host's byte order."""
    address, _, port = text.partition(":")
    words = (address[start : start + 8] for start in range(0, len(address), 8))
    packed = b"".join(int(word, 16).to_bytes(WORD_BYTES, sys.byteorder) for word in words)
    return unmapped(ipaddress.ip_address(packed)), int(port, 16)


def end_of(host: str, port: int) -> tuple[Address, int]:
    """An end of a connection, as ASGI names it."""
    return unmapped(ipaddress.ip_address(host)), port


def is_own(row: SocketRow) -> bool:
    """Whether a socket belongs to the user who runs this server."""
    return row.user == os.geteuid()


def own_processes() -> Iterator[int]:
    """The processes of this user."""
    for path in PROC.iterdir():
        with suppress(OSError):
            if path.name.isdecimal() and path.stat().st_uid == os.geteuid():
                yield int(path.name)


def sockets_of(process: int) -> set[str]:
    """The inodes of the open sockets of a process; empty if they are not ours to see."""
    found = set()
    with suppress(OSError):
        for path in (PROC / str(process) / "fd").iterdir():
            with suppress(OSError):
                kind, _, inode = str(path.readlink()).partition(":")
                if kind == "socket":
                    found.add(inode.strip("[]"))
    return found


def lineage(process: int) -> Iterator[int]:
    """A process and its parents, up to the first process of the machine."""
    while process > 0:
        yield process
        try:
            text = (PROC / str(process) / "stat").read_text("utf-8", "replace")
        except OSError:
            return
        # The name of the process is in parentheses, and may contain parentheses.
        process = int(text.rpartition(")")[2].split()[1])
