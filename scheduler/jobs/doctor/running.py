"""What runs on a HOME now, and what runs that were killed have left."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from typing import Final

from data.files import is_held
from data.wording import lasting
from scheduler.home import DUMP, RESTORING, HalfRestored, Home, StoreNotBack
from scheduler.jobs.backup.contents import LEFT
from scheduler.jobs.doctor.finding import Finding

PROCESS: Final = re.compile(r"\(process (\d+)\)")

OLD: Final = 3600
"""Seconds after which what is half written is nobody's any more."""


def examine_locks(home: Home) -> Iterator[Finding]:
    """Which locks are held, and by whom."""
    folder = home.path / "locks"
    names = sorted(folder.iterdir()) if folder.is_dir() else []
    held = [(path.name, path.read_text("utf-8", "replace")) for path in names if is_held(path)]
    for name, holder in held:
        told = f"{name}: held by {holder or 'a process that did not say which'}"
        process = PROCESS.search(holder)
        if process and not is_alive(int(process[1])):
            yield Finding(
                "locks",
                "warning",
                f"{told}, which is not on this machine",
                "let one machine alone work on a HOME, unless its store is in PostgreSQL",
            )
        else:
            yield Finding("locks", "ok", told)
    if not any(name == "run" for name, _ in held):
        yield Finding("locks", "ok", "`communique run` does not run on it")


def is_alive(process: int) -> bool:
    """Whether there is a process of that number here."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def examine_leftovers(home: Home) -> Iterator[Finding]:
    """What runs that were killed have left behind."""
    if (home.path / RESTORING).exists():
        yield Finding("leftovers", "error", str(HalfRestored(home.path)))
    elif home.settings.store.url and (home.path / DUMP).exists():
        yield Finding("leftovers", "error", str(StoreNotBack(home.path)))
    before = time.time() - OLD
    folders = [
        home.path,
        home.sources,
        home.watches,
        home.tokens,
        home.archive,
        home.archive / "log",
    ]
    found = [
        path
        for folder in folders
        if folder.is_dir()
        for path in folder.iterdir()
        if LEFT.fullmatch(path.name) and path.lstat().st_mtime < before
    ]
    for path in found:
        ago = lasting(time.time() - path.lstat().st_mtime)
        text = f"{path} was half written {ago} ago, and is nobody's any more"
        yield Finding("leftovers", "warning", text, f"rm -r {path}")
    if not found:
        yield Finding("leftovers", "ok", "no run that was killed has left anything")
