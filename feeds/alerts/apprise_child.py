"""Child process that sends one message with Apprise, restricted by an audit hook.

python -I -m feeds.alerts.apprise_child

The process reads a SendTask as JSON on standard input and writes a SendOutcome to standard output.
Plugins of Apprise open their own connections. Before Apprise is imported, an audit hook (PEP 578)
is set, which plugins can't remove. The hook blocks connections to private addresses, starting
programs, loading native libraries and writing files. It also blocks reading files other than
libraries, because an Apprise URL may name a template or key file whose content would be sent.
"""

import ipaddress
import logging
import os
import re
import resource
import socket
import sys
import sysconfig
from collections.abc import Callable
from typing import Any, Final

import msgspec

from data.network.addresses import PrivateAddress, refused_address
from data.wording import how_to_install

MAX_MEMORY_BYTES, MAX_CPU_SECONDS = 1_000_000_000, 30
"""Maximum memory of this process in bytes, and its maximum CPU time in seconds."""

CONNECTING_EVENTS: Final = {"socket.connect", "socket.sendto", "socket.sendmsg"}
"""Audit events raised when data is sent to an address."""

BLOCKED_EVENTS: Final = {
    *("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"),
    *("pty.spawn", "subprocess.Popen", "syslog.openlog", "syslog.syslog"),
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"),
}
"""Audit events that are always blocked, because sending a message never needs them."""

LIBRARY_FOLDERS: Final = tuple(
    os.path.realpath(folder) + os.sep
    for folder in {
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        *("/usr/share", "/etc/ssl"),
    }
)
SYSTEM_FILES: Final = frozenset(
    {"/etc/mime.types", "/etc/hosts", "/etc/resolv.conf", "/dev/urandom"}
)
"""Single files that plugins may read, in addition to Python modules and files in LIBRARIES."""

WRITE_FLAGS: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


MIN_SECRET_LENGTH: Final = 4
"""Minimum length in characters of a part of a URL to mask. Shorter parts are common words."""

APPRISE_URL: Final = re.compile(r"[a-z0-9]+://[!-~]*")

LOCAL_SCHEMES: Final = frozenset(
    {
        *("dbus", "qt", "kde", "glib", "gio", "gnome", "macosx", "windows", "blink1", "syslog"),
        *("file", "exec", "cmd", "script", "python", "ssh"),
    }
)
"""Apprise URL schemes of services on this machine: desktop, log, devices, programs."""


class SendTask(msgspec.Struct, frozen=True):
    """A message and the Apprise URL to which the child process sends it."""

    url: str
    title: str
    body: str
    allow_private: bool = False


class SendOutcome(msgspec.Struct, frozen=True):
    """Result of a SendTask: whether the service accepted the message, and otherwise the problem.

    ``final`` means that further attempts are useless.
    """

    taken: bool
    problem: str = ""
    final: bool = False


class BlockedByGuard(PermissionError):
    """Raised in an Apprise plugin when the guard blocks one of its actions."""


class PluginGuard:
    """Audit hook that blocks dangerous actions of Apprise plugins.

    ``refused`` describes the first action that the hook blocked.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self.refused = ""

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Check an audit event.

        Raises BlockedByGuard if plugins may not do what the event describes.
        """
        if event in CONNECTING_EVENTS:
            problem = self._fault_of(*arguments[:2])
        elif event in BLOCKED_EVENTS:
            problem = f"a plugin tried to use {event}"
        elif event == "ctypes.dlopen" and arguments[0]:
            problem = "a plugin loaded a native library"
        elif event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITE_FLAGS:
            problem = "a plugin tried to write a file"
        elif event == "open" and not is_library(arguments[0]):
            problem = "a plugin tried to read a file of this machine"
        else:
            return
        if problem:
            self.refused = self.refused or problem
            raise BlockedByGuard(problem)

    def _fault_of(self, sender: socket.socket, address: object) -> str:
        if address is None:
            # The socket is connected, and the connection was checked.
            return ""
        if sender.family not in {socket.AF_INET, socket.AF_INET6} or not isinstance(address, tuple):
            return "a plugin opened a socket of this machine"
        host = str(address[0])
        try:
            ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            # A name resolved after this check could lead to a private address.
            return f"{host} is not an IP address, so this kind of service is not supported"
        if refused_address([host], allow_private=self._allow_private) is None:
            return ""
        return str(PrivateAddress("the service", host))


def is_library(path: object) -> bool:
    """Whether plugins may open a path: a library file or an open file descriptor."""
    if isinstance(path, int):
        return True
    real = os.path.realpath(os.fsdecode(path)) if isinstance(path, str | bytes) else ""
    return (
        real.startswith(LIBRARY_FOLDERS) or real in SYSTEM_FILES or real.endswith((".py", ".pyc"))
    )


class LastWarning(logging.Handler):
    """Log handler that keeps the last warning that Apprise logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning that Apprise logged."""
        self.text = record.getMessage()


def fault_of_address(url: str) -> str:
    """Return an error message and a fix for an unusable Apprise URL, or an empty string."""
    if not APPRISE_URL.fullmatch(url):
        return (
            "it is not an Apprise URL; write a service and its parameters, such as "
            "ntfys://ntfy.sh/topic"
        )
    scheme = url.partition("://")[0]
    if scheme in LOCAL_SCHEMES:
        return f"{scheme}:// is a service on this machine, to which alerts can't be sent"
    return ""


def send(task: SendTask, blocked: Callable[[], str]) -> SendOutcome:
    """Send a message with Apprise and return the outcome.

    ``blocked`` returns a description of the action that the guard blocked, or an empty string.
    """
    if fault := fault_of_address(task.url):
        return SendOutcome(taken=False, problem=fault, final=True)
    try:
        import apprise  # noqa: PLC0415 - after the hook is set; optional dependency
    except ImportError:
        fix = how_to_install("communique[apprise]")
        return SendOutcome(taken=False, problem=f"Apprise is not installed: {fix}")
    warning = LastWarning()
    logger = logging.getLogger("apprise")
    logger.addHandler(warning)
    logger.propagate = False
    asset = apprise.AppriseAsset(
        app_id="Communique",
        app_desc="Communique",
        storage_mode=apprise.PersistentStoreMode.MEMORY,
        async_mode=False,
    )
    service = apprise.Apprise.instantiate(task.url, asset=asset)
    if service is None:
        return SendOutcome(taken=False, problem="Apprise does not support this URL", final=True)
    if "overflow=" not in task.url:
        # Truncate messages that are too long for a service.
        service.overflow_mode = apprise.OverflowMode.TRUNCATE
    client = apprise.Apprise(asset=asset)
    client.add(service)
    taken = client.notify(title=task.title, body=task.body, body_format=apprise.NotifyFormat.TEXT)
    if taken:
        return SendOutcome(taken=True)
    return SendOutcome(taken=False, problem=blocked() or without_parts(warning.text, task.url))


def without_parts(text: str, url: str) -> str:
    """Remove all parts of an Apprise URL from an error message, because they may be secret."""
    scheme, _, rest = url.partition("://")
    parts = {part for part in re.split(r"[/@:?&=,\s]+", rest) if len(part) >= MIN_SECRET_LENGTH}
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, "***")
    problem = f"{scheme} did not accept the message"
    return f"{problem}: {text[:200]}" if text else problem


def main() -> int:
    """Send the message from standard input and write the outcome to standard output."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=SendTask)
    for limit, value in (
        (resource.RLIMIT_AS, MAX_MEMORY_BYTES),
        (resource.RLIMIT_CPU, MAX_CPU_SECONDS),
    ):
        resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))
    # Output of plugins must not mix with the outcome on standard output.
    result = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    guard = PluginGuard(allow_private=task.allow_private)
    sys.addaudithook(guard)
    result.write(msgspec.json.encode(send(task, lambda: guard.refused)))
    result.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
