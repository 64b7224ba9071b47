"""Checks of the archive: its log and keys, its files, and the last verification."""

import datetime as dt
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import closing
from typing import Final

from data.archive.capture_search import archive_file_size
from data.archive.log.tree_log import log_of
from data.archive.log.witness import Witness
from data.archive.warc.reader import DOT_OPEN
from data.archive.warc.warc_file import own_files
from data.clock import utc_now
from data.errors import ArchiveError
from data.files import is_held
from data.store.sqlite.copy import StoreCopy
from data.wording import counted, lasting
from scheduler.home.backup.archive_files import LogState, log_state, logged_part
from scheduler.home.doctor.finding import Examination, Finding
from scheduler.home.home import Home
from scheduler.home.home_records import LastVerification, last_done

SEE_VERIFY: Final = "run `communique mirror verify` to see where"

VERIFICATION_INTERVAL: Final = dt.timedelta(days=35)
"""Maximum age of the last verification. If it is older, the doctor warns."""

OLD_SCHEMA: Final = "its schema is of an earlier version; the next command upgrades it"
OLD_SCHEMA_FIX: Final = (
    "back it up first (`communique backup`): an older version can't read it after the upgrade"
)


def check_archive(examination: Examination) -> Iterator[Finding]:
    """Check the log, unfinished files, the records of the store's captures, and verification."""
    home, stored = examination.home, examination.stored
    if not home.archive.is_dir():
        if stored and any(one.file for one in stored.captures):
            text = f"the store refers to records, but {home.archive} is missing"
            yield Finding("archive", "error", text, "restore the folder, or mount its disk")
            return
        text = "no archive exists yet" if home.settings.archive.enabled else "it is turned off"
        yield Finding("archive", "ok", text)
        return
    state = log_state(home.path, wait=False)
    if home.has_shared_log:
        # The pending leaves are in the database.
        state.given = state.leaves
    yield from check_log(home, state)
    yield from check_growing_files(home, state)
    if stored:
        yield from check_captures(home, state, stored)
    yield check_verification(home)


def check_log(home: Home, state: LogState) -> Iterator[Finding]:
    """Check that the log is complete, and that it can be signed."""
    problems = False
    if state.problem:
        problems = True
        yield Finding("log", "error", state.problem, SEE_VERIFY)
    witness = Witness(home.path / "witness", home.path / "witness.key")
    with closing(log_of(home.path)) as log:
        for check_key in (log.check_key, witness.check_key):
            try:
                check_key()
            except ArchiveError as error:
                problems = True
                yield Finding("log", "error", str(error))
    leaves = counted(state.leaves, "leaf", "leaves")
    if not state.origin and state.leaves:
        problems = True
        text = f"the log has {leaves} but no signature yet"
        fix = "the next visit signs it; if it does not, see crawl.log"
        yield Finding("log", "warning", text, fix)
    if not problems:
        yield Finding("log", "ok", f"it has {leaves}, of which {state.signed} are signed")


def check_growing_files(home: Home, state: LogState) -> Iterator[Finding]:
    """Check for WARC files that end with an incomplete record from a killed process."""
    growing = [path for path in own_files(home.archive) if path.suffix == DOT_OPEN]
    written = 0
    for path in growing:
        try:
            if is_held(path):
                written += 1
                continue
            excess = path.stat().st_size - logged_part(home.path, path, state).size
        except FileNotFoundError:
            # The file was finished and renamed in the meantime.
            continue
        if excess:
            text = f"{path.name} ends with {counted(excess, 'byte')} that a killed process left"
            fix = "no action is needed: the next visit keeps complete records and removes the rest"
            yield Finding("archive", "warning", text, fix)
    count = counted(len(growing), "unfinished WARC file")
    yield Finding("archive", "ok", f"{count}; running processes write to {written or 'none'}")


def check_captures(home: Home, state: LogState, stored: StoreCopy) -> Iterator[Finding]:
    """Compare the store's captures with the sizes of files and the length of the log."""
    sizes = {
        path.name.removesuffix(DOT_OPEN): archive_file_size(path)
        for path in own_files(home.archive)
    }
    lost = sorted(
        {one.file for one in stored.captures if one.file and one.end > sizes.get(one.file, 0)}
    )
    for name in lost:
        text = f"the store refers to records in archive/{name} that are missing"
        yield Finding("archive", "error", text, "restore the file from a backup")
    if any(one.leaf >= state.leaves for one in stored.captures):
        text = "the store refers to leaves that are missing in the log: an older log was restored"
        yield Finding("log", "error", text, "restore the newest archive/log, for example site/log")


def check_verification(home: Home) -> Finding:
    """Report the time of the last verification of the archive, and the number of its problems."""
    last = last_done(home, LastVerification)
    if home.has_fleet and (last is None or last.problems):
        text = "only the archives of all machines together can be verified (docs/mirror.md)"
        return Finding("verification", "ok", text)
    verify = "run `communique mirror verify`"
    if last is None:
        return Finding("verification", "warning", "the archive was never verified here", verify)
    age = utc_now() - last.at
    text = f"the archive was last verified {lasting(age.total_seconds())} ago"
    if last.problems:
        text = f"{text}: {counted(last.problems, 'problem')} found"
        return Finding("verification", "error", text, SEE_VERIFY)
    if age > VERIFICATION_INTERVAL:
        return Finding("verification", "warning", text, verify)
    return Finding("verification", "ok", f"{text}, without a problem")


def check_orders(home: Home, applied: AbstractSet[str]) -> Iterator[Finding]:
    """Check that the store has applied all removal orders in the archive.

    ``applied`` contains the ids of the orders that the store has applied.
    """
    missing = sum(order.id not in applied for order in home.orders.read())
    if missing:
        text = (
            "the store is older than the archive: it has not applied "
            f"{counted(missing, 'order')} to hide, remove, redact or restore releases"
        )
        yield Finding("orders", "error", text, "run `communique publish`, which applies them")
    if damaged := home.orders.damaged_lines():
        text = f"{counted(damaged, 'line')} of {home.orders.path} can't be read"
        fix = "restore the file from a backup: a restored older store would ignore these orders"
        yield Finding("orders", "error", text, fix)
