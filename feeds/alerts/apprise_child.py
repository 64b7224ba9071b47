"""Sends one message by Apprise: a process of its own, as plugins of Apprise connect themselves.

    python -I -m feeds.alerts.apprise_child

It reads a Task as JSON on standard input, and writes an Outcome. Before Apprise is imported, an
audit hook (PEP 578) is set that no plugin can take away: it refuses every connection but to public
addresses, programs, foreign libraries, files that are written, and files that are read but for
those of libraries: an address may name a template or a key, which would be sent along.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import resource
import socket
import sys
import sysconfig
from collections.abc import Callable
from typing import Any, Final

import msgspec

from data.network.addresses import PrivateAddress, is_public
from data.watches.services import fault_of_service
from data.wording import how_to_install

MEMORY, CPU = 1_000_000_000, 30
"""Bytes and seconds that this process may take."""

SENT: Final = {"socket.connect", "socket.sendto", "socket.sendmsg"}
"""What reaches another machine, or this one."""

FORBIDDEN: Final = {
    *("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"),
    *("pty.spawn", "subprocess.Popen", "syslog.openlog", "syslog.syslog"),
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"),
}
"""What no message needs."""

LIBRARIES: Final = tuple(
    os.path.realpath(folder) + os.sep
    for folder in {
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        *("/usr/share", "/etc/ssl"),
    }
)
SYSTEM: Final = frozenset({"/etc/mime.types", "/etc/hosts", "/etc/resolv.conf", "/dev/urandom"})
"""What may be read, besides Python's modules."""

WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Task(msgspec.Struct, frozen=True):
    """What is to be sent, and where."""

    url: str
    title: str
    body: str
    allow_private: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """Whether a service took it; else why not, and ``final`` says that it never will."""

    taken: bool
    problem: str = ""
    final: bool = False


class Refused(PermissionError):
    """A plugin asked for what it may not have."""


class Guard:
    """The audit hook, and the first thing that it ``refused``."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self.refused = ""

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Look at what is about to be done. Raises Refused."""
        if event in SENT:
            problem = self._fault_of(*arguments[:2])
        elif event in FORBIDDEN:
            problem = f"a plugin asked for {event}"
        elif event == "ctypes.dlopen" and arguments[0]:
            problem = "a plugin asked for a library of the system"
        elif event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING:
            problem = "a plugin was about to write a file"
        elif event == "open" and not is_library(arguments[0]):
            problem = "a plugin was about to read a file of this machine"
        else:
            return
        if problem:
            self.refused = self.refused or problem
            raise Refused(problem)

    def _fault_of(self, sender: socket.socket, address: object) -> str:
        if address is None:
            # It is connected already, which was looked at.
            return ""
        if sender.family not in {socket.AF_INET, socket.AF_INET6} or not isinstance(address, tuple):
            return "a plugin asked for a socket of this machine"
        host = str(address[0])
        try:
            ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            # Whatever is looked up after this look could lead elsewhere.
            return f"{host} is no IP address, which this kind of service needs"
        if self._allow_private or is_public(host):
            return ""
        return str(PrivateAddress("the service", host))


def is_library(path: object) -> bool:
    """Whether a file is one that libraries consist of; one that is open already may be read."""
    if isinstance(path, int):
        return True
    real = os.path.realpath(os.fsdecode(path)) if isinstance(path, str | bytes) else ""
    return real.startswith(LIBRARIES) or real in SYSTEM or real.endswith((".py", ".pyc"))


class Complaints(logging.Handler):
    """Keeps the last of what Apprise warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning."""
        self.last = record.getMessage()


def send(task: Task, guard: Callable[[], str]) -> Outcome:
    """Send a message; ``guard`` says what was refused meanwhile."""
    if fault := fault_of_service(task.url):
        return Outcome(taken=False, problem=fault, final=True)
    try:
        import apprise  # noqa: PLC0415 - after the hook, and not installed everywhere
    except ImportError:
        fix = how_to_install("communique[apprise]")
        return Outcome(taken=False, problem=f"Apprise is not installed: {fix}")
    complaints = Complaints()
    logger = logging.getLogger("apprise")
    logger.addHandler(complaints)
    logger.propagate = False
    asset = apprise.AppriseAsset(
        app_id="Communique",
        app_desc="Communique",
        storage_mode=apprise.PersistentStoreMode.MEMORY,
        async_mode=False,
    )
    service = apprise.Apprise.instantiate(task.url, asset=asset)
    if service is None:
        return Outcome(taken=False, problem="Apprise knows no such address", final=True)
    if "overflow=" not in task.url:
        # What a service is too small for is cut, not refused.
        service.overflow_mode = apprise.OverflowMode.TRUNCATE
    told = apprise.Apprise(asset=asset)
    told.add(service)
    taken = told.notify(title=task.title, body=task.body, body_format=apprise.NotifyFormat.TEXT)
    if taken:
        return Outcome(taken=True)
    return Outcome(taken=False, problem=guard() or without_parts(complaints.last, task.url))


def without_parts(text: str, url: str) -> str:
    """What Apprise says of a failure, without anything that its address consists of."""
    scheme, _, rest = url.partition("://")
    for part in sorted(filter(None, _parts(rest)), key=len, reverse=True):
        text = text.replace(part, "***")
    return f"{scheme} did not take it: {text[:200]}" if text else f"{scheme} did not take it"


def _parts(rest: str) -> list[str]:
    for sign in "/@:?&=,":
        rest = rest.replace(sign, " ")
    return [part for part in rest.split() if len(part) > 3]  # noqa: PLR2004 - shorter ones are words


def main() -> int:
    """Send the message on standard input."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    for limit, value in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU)):
        resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))
    # No plugin writes into the answer.
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    guard = Guard(allow_private=task.allow_private)
    sys.addaudithook(guard)
    answer.write(msgspec.json.encode(send(task, lambda: guard.refused)))
    answer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
