"""The entry point: calls the command line, where the system has what it needs."""

from __future__ import annotations

import signal
import sys
from types import FrameType

ELSEWHERE = (
    "communique: this system has no locks on files as Linux and macOS have; on Windows, run"
    " Communique in the Windows Subsystem for Linux or in a container"
)


def main() -> None:
    """Run the command line and exit with its code; SIGTERM ends it as Ctrl-C does."""
    try:
        import fcntl  # noqa: F401, PLC0415 - asked for first: everything below needs it
    except ImportError:
        print(ELSEWHERE, file=sys.stderr)  # noqa: T201 - the command line can't be imported
        sys.exit(2)
    ctrl_c = signal.getsignal(signal.SIGINT)
    if ctrl_c is signal.default_int_handler:
        # While all is imported nothing is begun yet: it ends at once, without a traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from scheduler.cli import run  # noqa: PLC0415

    signal.signal(signal.SIGINT, ctrl_c)
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    sys.exit(run())


def _as_ctrl_c(number: int, frame: FrameType | None) -> None:
    del number, frame
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As it is in what a script starts beside itself.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    main()
