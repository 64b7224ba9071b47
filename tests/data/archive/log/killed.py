"""Processes that work on a log and end by SIGKILL before one of the calls that reach the disk."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

from data.archive.log.tree_log import TreeLog
from tests.data.archive.log.leaves import leaves_of

CALLS: Final = {
    "open", "pwrite", "ftruncate", "fsync", "flock", "replace", "rename", "link", "unlink", "rmdir",
    "mkdir", "write", "close",
}  # fmt: skip


def kill_before(call: int) -> None:
    """Let this process be killed before that call of the system, counted from here."""
    seen = 0

    def counted(frame: FrameType, event: str, called: Any) -> None:
        nonlocal seen
        del frame
        if event == "c_call" and getattr(called, "__name__", "") in CALLS:
            seen += 1
            if seen > call:
                os.kill(os.getpid(), signal.SIGKILL)

    threading.setprofile(counted)
    sys.setprofile(counted)


def work(folder: Path, name: str, leaves: int, told: int, call: int | None = None) -> None:
    """Append leaves, telling the number of each by the pipe ``told``, and integrate.

    The process is killed before a ``call``, if one is given; of many leaves the last two count.
    """
    log = TreeLog(folder / "log", folder / "log.key")
    for number, leaf in enumerate(leaves_of(name, leaves)):
        if call is not None and number == max(0, leaves - 2):
            kill_before(call)
        os.write(told, f"{log.append(leaf)} {leaf.record_id}\n".encode())
    log.integrate()
    if name.startswith("rotating"):
        log.rotate_key()
    sys.setprofile(None)


def worked(folder: Path, name: str, leaves: int, call: int | None = None) -> bool:
    """Whether a child that works so came to its end; what it tells is added to a file."""
    told = os.open(folder / "told", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    child = os.fork()
    if not child:
        with ending_here():
            work(folder, name, leaves, told, call)
            os._exit(0)
    os.close(told)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit(f"{name} failed and was not killed")
    return os.WIFEXITED(status)


@contextmanager
def ending_here() -> Iterator[None]:
    """End a forked child here, whatever it raises; that is printed."""
    try:
        yield
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(1)


def main() -> None:
    """Kill a child before each of its calls in turn, or some, each in a folder of its own.

    After each another child goes on unharmed, and the checkpoint that it found lies beside.
    """
    base, name, leaves, step = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:5])
    worked(base, "before", leaves)
    ended, call = False, 0
    while not ended:
        folder = base.with_name(f"{call:04}")
        shutil.copytree(base, folder)
        ended = worked(folder, f"{name}-{call}", leaves, call)
        shutil.copy(folder / "log" / "checkpoint", folder / "found")
        worked(folder, "after", leaves)
        call += step


if __name__ == "__main__":
    main()
