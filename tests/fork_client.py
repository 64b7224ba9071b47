"""What tests run in place of Python: asks the fork server for a process, and becomes its shadow.

Arguments are the address of the server, the real interpreter, and what the interpreter would get.
Standard streams, folder and environment go to the new process, signals are handed on, and this one
ends as that one does. What the server does not serve is run by the interpreter itself.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys

SERVED = (
    "scheduler", "scheduler.demo.server", "scheduler.jobs.crawl", "scheduler.jobs.fetch",
    "scheduler.jobs.publish",
)  # fmt: skip
"""The modules that a forked process may run; the larger part of their time is imports."""

FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)


def main() -> None:
    """Run what is asked for."""
    address, python, *arguments = sys.argv[1:]
    if arguments[:2] != ["-P", "-m"] or arguments[2] not in SERVED:
        os.execv(python, [python, *arguments])  # noqa: S606 - the tests' own command
    server = socket.socket(socket.AF_UNIX)
    server.connect(address)
    environment = [f"{name}={value}" for name, value in os.environ.items()]
    folder = os.getcwd()  # noqa: PTH109 - pathlib takes as long to import as all else here
    words = [folder, str(len(arguments) - 2), *arguments[2:], *environment]
    said = b"\0".join(map(os.fsencode, words))
    # Until the process is known, a signal waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    socket.send_fds(server, [struct.pack("!I", len(said))], [0, 1, 2])
    server.sendall(said)
    (process,) = struct.unpack("!i", received(server))
    for number in FORWARDED:
        signal.signal(number, lambda number, _: os.kill(process, number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
    # A pipe shall be at its end when that process ends, whatever becomes of this one.
    for stream in (0, 1, 2):
        os.close(stream)
    (status,) = struct.unpack("!i", received(server))
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def received(server: socket.socket) -> bytes:
    """The next number, as it was packed."""
    number = server.recv(4, socket.MSG_WAITALL)
    if len(number) < 4:
        os._exit(70)  # the server is gone
    return number


if __name__ == "__main__":
    main()
