"""Entry point: checks the operating system, and then runs the command line."""

import signal
import sys
from types import FrameType

UNSUPPORTED_SYSTEM = (
    "communique: this system has no POSIX file locks, which Communique needs. On Windows, run"
    " Communique in the Windows Subsystem for Linux or in a container."
)


def main() -> None:
    """Run the command line and exit with its code. SIGTERM has the same effect as Ctrl-C."""
    try:
        import fcntl  # noqa: F401, PLC0415 - all imports below need it
    except ImportError:
        print(UNSUPPORTED_SYSTEM, file=sys.stderr)  # noqa: T201 - the command line can't be imported
        sys.exit(2)
    ctrl_c = signal.getsignal(signal.SIGINT)
    if ctrl_c is signal.default_int_handler:
        # During the imports nothing has started, so Ctrl-C ends the process without a traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from scheduler.cli import run  # noqa: PLC0415

    signal.signal(signal.SIGINT, ctrl_c)
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    sys.exit(run())


def _as_ctrl_c(number: int, frame: FrameType | None) -> None:
    del number, frame
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Shells make background processes of scripts ignore SIGINT.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    main()
