"""Children that end by SIGKILL before one of the calls of the system that reach the disk."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

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


def comes_to_its_end(folder: Path, work: Callable[[int], None]) -> bool:
    """Whether a child that does this work is not killed; what it tells is added to a file.

    ``work`` is given a descriptor of that file, ``told`` in the folder.
    """
    told = os.open(folder / "told", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    child = os.fork()
    if not child:
        with ending_here():
            work(told)
            os._exit(0)
    os.close(told)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a child failed and was not killed")
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
