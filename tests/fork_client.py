"""What asks the fork server for processes: from a test, or as what tests run in place of Python.

As a program it is the shadow of the process that it asks for. Its arguments are the address of the
server, the real interpreter, and what the interpreter would get. Standard streams, folder and
environment go to the new process, signals are handed on, and this one ends as that one does. What
the server does not serve is run by the interpreter itself.
"""

from __future__ import annotations

# Those below signal and socket, which themselves take longer to import than all else here.
import _signal as signal  # type: ignore[import-not-found]
import _socket as socket
import os
import sys

SERVED = (
    "scheduler", "scheduler.demo.server", "scheduler.children.correction.correction_child",
    "scheduler.children.crawl", "scheduler.children.fetch", "scheduler.children.service_child",
    "spiders.download.pdf_reader", "tests.hanging_python",
)  # fmt: skip
"""The modules that a forked process may run; the larger part of their time is imports."""

FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)


class Forked:
    """A process that the server at ``address`` forks: a module with its arguments.

    It gets these standard streams, and this process's folder and environment. The server kills it
    when the connection is closed.
    """

    def __init__(self, address: str, arguments: list[str], streams: tuple[int, int, int]) -> None:
        self._server = socket.socket(socket.AF_UNIX)
        self._server.connect(address)
        environment = [f"{name}={value}" for name, value in os.environ.items()]
        folder = os.getcwd()  # noqa: PTH109 - pathlib takes as long to import as all else here
        words = [folder, str(len(arguments)), *arguments, *environment]
        said = b"\0".join(map(os.fsencode, words))
        descriptors = b"".join(stream.to_bytes(4, sys.byteorder) for stream in streams)
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)
        self._server.sendmsg([len(said).to_bytes(4, "big")], [rights])
        self._server.sendall(said)
        self.process = self._number()

    def wait(self, seconds: float | None = None) -> int:
        """The exit code once it ended, as subprocess tells it. Raises TimeoutError."""
        self._server.settimeout(seconds)
        return os.waitstatus_to_exitcode(self._number())

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        try:
            os.kill(self.process, number)
        except ProcessLookupError:
            # The server learns of the end before it sends the exit code.
            return

    def close(self) -> None:
        """Let go of it."""
        self._server.close()

    def _number(self) -> int:
        number = self._server.recv(4, socket.MSG_WAITALL)
        if len(number) < 4:
            raise EOFError("the fork server is gone")
        return int.from_bytes(number, "big", signed=True)


def main() -> None:
    """Run what is asked for."""
    address, python, *arguments = sys.argv[1:]
    if arguments[:2] == ["-P", "-c"]:
        arguments.pop(0)
    elif arguments[:2] == ["-P", "-m"] and arguments[2] in SERVED:
        arguments = arguments[2:]
    else:
        os.execv(python, [python, *arguments])  # noqa: S606 - the tests' own command
    # Until the process is known, a signal waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    forked = Forked(address, arguments, (0, 1, 2))
    for number in FORWARDED:
        signal.signal(number, lambda number, _: forked.send_signal(number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
    # A pipe shall be at its end when that process ends, whatever becomes of this one.
    for stream in (0, 1, 2):
        os.close(stream)
    code = forked.wait()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main()
