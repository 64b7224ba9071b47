"""What a HOME runs on: versions of what it needs, the disk, the clock."""

from __future__ import annotations

import datetime as dt
import os
import platform
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Final

from packaging.requirements import Requirement

from data.clock import utc_now
from data.sqlite_file import MIN_FREE_BYTES, files_of
from data.wording import how_to_install, lasting, sized
from scheduler.home import Home
from scheduler.jobs.doctor.finding import Finding

LEAST_SQLITE: Final = (3, 40)

ROOM: Final = 500_000_000
"""Bytes that a disk should have free beside what an upgrade of the store needs."""

LEAST_INODES: Final = 10_000
"""Files that a site of some size writes at once."""

AHEAD: Final = dt.timedelta(minutes=5)
"""How much later than now anything may have happened: clocks of file servers differ a little."""

BUILT: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
"""A time before which nobody had this version."""

STEP: Final = 0.5
"""Seconds by which a clock was set while it was looked at."""


def examine_versions() -> Iterator[Finding]:
    """Whether all that Communique needs is there, and new enough."""
    well = True
    for line in requires("communique") or ():
        needed = Requirement(line)
        if needed.marker and not needed.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(needed.name)
        except PackageNotFoundError:
            found = ""
        if found and needed.specifier.contains(found, prereleases=True):
            continue
        well = False
        text = f"{needed.name} {found or 'is missing, and'} does not suffice: {needed} is needed"
        yield Finding("versions", "error", text, how_to_install(str(needed)))
    if sqlite3.sqlite_version_info < LEAST_SQLITE:
        well = False
        text = f"SQLite {sqlite3.sqlite_version} is older than 3.40"
        yield Finding("versions", "error", text, "use a Python that brings a newer one")
    try:
        with closing(sqlite3.connect(":memory:")) as db:
            db.execute("CREATE VIRTUAL TABLE t USING fts5(a)")
    except sqlite3.Error as error:
        well = False
        text = f"SQLite was built without its full-text search ({error})"
        yield Finding("versions", "error", text, "use a Python whose SQLite has FTS5")
    if well:
        told = ", ".join(f"{name} {version(name)}" for name in ("communique", "scrapy", "lxml"))
        python = platform.python_version()
        yield Finding(
            "versions", "ok", f"{told}, Python {python}, SQLite {sqlite3.sqlite_version} with FTS5"
        )


def examine_disk(home: Home) -> Iterator[Finding]:
    """Whether the disk of HOME has room, for an upgrade too, which may lay all tables anew."""
    disk = os.statvfs(home.path)
    free = disk.f_bavail * disk.f_frsize
    store = sum(one.stat().st_size for one in files_of(home.database) if one.exists())
    told = f"{sized(free)} of {sized(shutil.disk_usage(home.path).total)} are free"
    make = f"make room on the disk of {home.path}"
    if disk.f_flag & os.ST_RDONLY:
        fix = "mount it for writing, to collect"
        yield Finding("disk", "warning", f"the disk of {home.path} can only be read", fix)
    elif free < MIN_FREE_BYTES:
        yield Finding("disk", "error", f"it is full: {told}", make)
    elif free < store + ROOM:
        text = f"{told}; an upgrade may need {sized(store)}, and visits need more every day"
        yield Finding("disk", "warning", text, make)
    else:
        yield Finding("disk", "ok", told)
    if disk.f_files and disk.f_favail < LEAST_INODES:
        text = f"its disk has room for {disk.f_favail} more files only"
        yield Finding("disk", "warning", text, make)


def examine_clock(home: Home, newest: dt.datetime | None) -> Iterator[Finding]:
    """Whether the clock can be right; ``newest`` is when anything was last stored, if it was."""
    wall, steady = time.time(), time.monotonic()
    now = utc_now()
    fix = "set the clock, and have it follow a time server (NTP)"
    told = [("the store holds something", newest)]
    for path in (home.database, home.archive, home.sources):
        if path.exists():
            changed = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
            told.append((f"{path.name} was written", changed))
    wrong = [(what, at) for what, at in told if at and at > now + AHEAD]
    if now < BUILT:
        text = f"the clock says {now:%Y-%m-%d}, before this version was there"
        yield Finding("clock", "error", text, fix)
    for what, at in wrong:
        text = (
            f"{what} at {at:%Y-%m-%d %H:%M} UTC, and the clock says {now:%Y-%m-%d %H:%M}: it is "
            f"{lasting((at - now).total_seconds())} behind, or was ahead then"
        )
        yield Finding("clock", "error", text, fix)
    moved = (time.time() - wall) - (time.monotonic() - steady)
    if abs(moved) > STEP:
        text = f"the clock was set by {moved:.1f} seconds while it was looked at"
        yield Finding("clock", "warning", text, fix)
    elif not wrong and now >= BUILT:
        yield Finding("clock", "ok", f"it says {now:%Y-%m-%d %H:%M} UTC")
