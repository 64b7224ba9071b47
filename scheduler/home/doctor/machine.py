"""Checks of the machine: versions of libraries, disk space, and the clock."""

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
from data.sqlite_file import MIN_FREE_BYTES
from data.wording import how_to_install, lasting, sized
from scheduler.home.doctor.finding import Examination, Finding

MIN_SQLITE: Final = (3, 40)
"""Oldest supported version of SQLite."""

MIN_SPARE_BYTES: Final = 500_000_000
"""Minimum free space on the disk in bytes, in addition to the size of the store. If there is less,
the doctor warns."""

MIN_INODES: Final = 10_000
"""Minimum number of free inodes. If there are fewer, the doctor warns, because a large site writes
thousands of files at a time."""

CLOCK_TOLERANCE: Final = dt.timedelta(minutes=5)
"""Maximum time by which the timestamp of a file may be in the future. Clocks of file servers differ
slightly.
"""

FIRST_RELEASE_TIME: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
"""Time before the first release of Communique. A clock with an earlier time is wrong."""

MAX_CLOCK_STEP: Final = 0.5
"""Maximum change of the clock during the check, in seconds. After a larger change, the result is
not reported."""


def check_versions(_: Examination) -> Iterator[Finding]:
    """Check that all required libraries are installed in supported versions."""
    problems = False
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
        problems = True
        what = f"version {found} is installed" if found else "it is not installed"
        text = f"{needed} is required, but {what}"
        yield Finding("versions", "error", text, how_to_install(str(needed)))
    if sqlite3.sqlite_version_info < MIN_SQLITE:
        problems = True
        text = f"SQLite {sqlite3.sqlite_version} is older than 3.40"
        yield Finding("versions", "error", text, "use a Python with a newer SQLite")
    try:
        with closing(sqlite3.connect(":memory:")) as db:
            db.execute("CREATE VIRTUAL TABLE t USING fts5(a)")
    except sqlite3.Error as error:
        problems = True
        text = f"SQLite was built without full-text search ({error})"
        yield Finding("versions", "error", text, "use a Python whose SQLite has FTS5")
    if not problems:
        names = ", ".join(f"{name} {version(name)}" for name in ("communique", "scrapy", "lxml"))
        text = f"{names}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
        yield Finding("versions", "ok", f"{text} with FTS5")


def check_disk(examination: Examination) -> Iterator[Finding]:
    """Check that the disk has enough free space, even for an upgrade that copies all tables."""
    home = examination.home
    disk = os.statvfs(home.path)
    free = disk.f_bavail * disk.f_frsize
    store = sum(one.stat().st_size for one in home.store_files)
    room = f"{sized(free)} of {sized(shutil.disk_usage(home.path).total)} are free"
    fix = f"free space on the disk of {home.path}"
    if disk.f_flag & os.ST_RDONLY:
        text = f"the disk of {home.path} is mounted read-only"
        yield Finding("disk", "warning", text, "mount it for writing to collect releases")
    elif free < MIN_FREE_BYTES:
        yield Finding("disk", "error", f"the disk is full: {room}", fix)
    elif free < store + MIN_SPARE_BYTES:
        text = f"{room}; an upgrade may need {sized(store)}, and visits need more every day"
        yield Finding("disk", "warning", text, fix)
    else:
        yield Finding("disk", "ok", room)
    if disk.f_files and disk.f_favail < MIN_INODES:
        text = f"the disk has room for only {disk.f_favail} more files"
        yield Finding("disk", "warning", text, fix)


def check_clock(examination: Examination) -> Iterator[Finding]:
    """Compare the clock with the times of files and of the newest visit in the store."""
    home, stored = examination.home, examination.stored
    wall, steady = time.time(), time.monotonic()
    now = utc_now()
    fix = "set the clock, and synchronize it with a time server (NTP)"
    times = [("the last visit was stored", stored.last_visit if stored else None)]
    for path in (home.database, home.archive, home.sources):
        if path.exists():
            changed = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
            times.append((f"{path.name} was written", changed))
    later = [(what, at) for what, at in times if at and at > now + CLOCK_TOLERANCE]
    if now < FIRST_RELEASE_TIME:
        text = f"the clock shows {now:%Y-%m-%d}, which is before the release of this version"
        yield Finding("clock", "error", text, fix)
    for what, at in later:
        text = (
            f"{what} at {at:%Y-%m-%d %H:%M} UTC, but the clock shows {now:%Y-%m-%d %H:%M}: it is "
            f"{lasting((at - now).total_seconds())} slow now, or was fast then"
        )
        yield Finding("clock", "error", text, fix)
    moved = (time.time() - wall) - (time.monotonic() - steady)
    if abs(moved) > MAX_CLOCK_STEP:
        text = f"the clock was changed by {moved:.1f} seconds during this check"
        yield Finding("clock", "warning", text, fix)
    elif not later and now >= FIRST_RELEASE_TIME:
        yield Finding("clock", "ok", f"the clock shows {now:%Y-%m-%d %H:%M} UTC")
