"""Move a store as `communique migrate` does, and print a line for each step; it will be killed."""

from __future__ import annotations

import sys

from scheduler.commands.migrate import migrate_store


def told(step: str, done: int, of: int) -> None:
    """Write a step, how much of it is done, and how much there is."""
    print(step, done, of, flush=True)


if __name__ == "__main__":
    source, target = sys.argv[1:]
    migrate_store(source, target, told)
