"""The entry point: only calls the command line."""

from __future__ import annotations

import sys

from scheduler.cli import run
from scheduler.commands import collect, demo, publish, serve, service, sources

COMMANDS = (collect, demo, publish, serve, service, sources)
"""The modules that add themselves to the command line when they are imported."""


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run())


if __name__ == "__main__":
    main()
