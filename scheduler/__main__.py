"""The entry point: only calls the command line."""

from __future__ import annotations

import signal
import sys
from types import FrameType

from scheduler.cli import run


def main() -> None:
    """Run the command line and exit with its code; SIGTERM ends it as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    sys.exit(run())


def _as_ctrl_c(number: int, frame: FrameType | None) -> None:
    del number, frame
    signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    main()
