"""Checks of processes: held locks, files from killed processes, and consumers of events."""

import datetime as dt
import os
import re
import time
from collections.abc import Iterable, Iterator
from typing import Final

from data.clock import utc_now
from data.errors import WatchError
from data.files import is_held
from data.models import ConsumerLag, DepositCount
from data.store.shared_sql.events import ALERTS, DEPOSITS
from data.toml_files import toml_files
from data.wording import counted, lasting
from scheduler.home.backup.contents import UNFINISHED_FILE
from scheduler.home.doctor.finding import Examination, Finding
from scheduler.home.errors import DatabaseNotRestored, HalfRestored
from scheduler.home.home import Home

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
