"""Checks of the machine and its processes: libraries, disk, clock, locks, leftovers, consumers."""

import datetime as dt
import os
import platform
import re
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Final

from packaging.requirements import Requirement

from data.clock import utc_now
from data.errors import WatchError
from data.files import is_held
from data.models.deliveries import DepositCount
from data.models.event import ConsumerLag
from data.sqlite_file import MIN_FREE_BYTES
from data.store.shared_sql.events import ALERTS, DEPOSITS
from data.toml_files import toml_files
from data.wording import counted, how_to_install, lasting, sized
from scheduler.home.backup.contents import UNFINISHED_FILE
from scheduler.home.doctor.finding import Examination, Finding
from scheduler.home.errors import DatabaseNotRestored, HalfRestored
from scheduler.home.home import Home

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


LOCK_PROCESS: Final = re.compile(r"\(process (\d+)\)")
"""Pattern that matches the process id in the text of a lock."""

MIN_LEFTOVER_AGE_SECONDS: Final = 3600
"""Minimum age in seconds at which an unfinished file counts as abandoned."""


PROBLEM_STATES: Final = ("waiting", "running", "dead")
"""States of deposits whose problems are reported."""

MAX_CONSUMER_LAG: Final = dt.timedelta(days=7)
"""Maximum time for which an event may wait for a consumer before the doctor warns. Events of some
kinds are deleted after 30 days.
"""


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


def check_locks(examination: Examination) -> Iterator[Finding]:
    """Report which locks of the home directory are held, and by which processes."""
    folder = examination.home.path / "locks"
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    held = [(path.name, path.read_text("utf-8", "replace")) for path in paths if is_held(path)]
    for name, holder in held:
        text = f"{name}: held by {holder or 'an unknown process'}"
        process = LOCK_PROCESS.search(holder)
        if process and not is_alive(int(process[1])):
            text = f"{text}, which does not run on this machine"
            fix = "let only one machine use a home directory, unless its store is in PostgreSQL"
            yield Finding("locks", "warning", text, fix)
        else:
            yield Finding("locks", "ok", text)
    if not any(name == "run" for name, _ in held):
        yield Finding("locks", "ok", "`communique run` is not running")


def is_alive(process: int) -> bool:
    """Return whether a process with this id runs on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def check_leftovers(examination: Examination) -> Iterator[Finding]:
    """Check for unfinished restores and for files from killed processes."""
    home = examination.home
    try:
        home.check_restored()
    except (HalfRestored, DatabaseNotRestored) as error:
        yield Finding("leftovers", "error", str(error))
    now = time.time()
    folders = [
        home.path,
        home.sources,
        home.watches,
        home.searches,
        home.tokens,
        home.archive,
        home.archive / "log",
    ]
    found = [
        path
        for folder in folders
        if folder.is_dir()
        for path in folder.iterdir()
        if UNFINISHED_FILE.fullmatch(path.name)
        and path.lstat().st_mtime < now - MIN_LEFTOVER_AGE_SECONDS
    ]
    for path in found:
        age = lasting(now - path.lstat().st_mtime)
        text = f"{path} is unfinished, and was last written {age} ago"
        yield Finding("leftovers", "warning", text, f"rm -r {path}")
    if not found:
        yield Finding("leftovers", "ok", "no killed process left unfinished files")


def check_consumers(home: Home, lags: Iterable[ConsumerLag]) -> Iterator[Finding]:
    """Check that the consumers of events work, and lag by less than seven days."""
    for lag in lags:
        if lag.problem:
            text = f"{lag.name} failed: {counted(lag.events, 'event')} still to be handled"
            fix = f"the next visit or `communique run` tries again; the failure was: {lag.problem}"
            yield Finding("events", "warning", text, fix)
        elif lag.since and utc_now() - lag.since > MAX_CONSUMER_LAG:
            if lag.name == ALERTS.name and not toml_files(home.watches, WatchError):
                # Without watches, no alerts are expected.
                continue
            if lag.name == DEPOSITS.name and not home.settings.archive.deposits:
                continue
            count = counted(lag.events, "event")
            text = f"{lag.name} has not handled {count} since {lag.since:%Y-%m-%d}"
            yield Finding("events", "warning", text, "start `communique run`")


def check_deposits(home: Home, counts: Iterable[DepositCount]) -> Iterator[Finding]:
    """Check that other archives accept the deposits of new versions."""
    found = {(one.archive, one.state): one for one in counts}
    for name in home.settings.archive.deposits:
        states = [one for (archive, _), one in found.items() if archive == name]
        parts = [f"{one.number:,} {one.state}" for one in states]
        text = f"{name}: {', '.join(parts) or 'nothing deposited yet'}"
        failed = [one for one in states if one.problem and one.state in PROBLEM_STATES]
        refused = [one for one in states if one.problem and one.state == "refused"]
        if failed:
            fix = "dead deposits are not sent again; `communique run` sends the others later"
            yield Finding("deposits", "warning", f"{text}; last problem: {failed[0].problem}", fix)
        elif refused:
            yield Finding("deposits", "ok", f"{text} (for example because {refused[0].problem})")
        else:
            yield Finding("deposits", "ok", text)
