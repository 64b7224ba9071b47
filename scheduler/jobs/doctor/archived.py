"""The archive: its log and keys, files that grow, what the store points to, what verify found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final

from data.archive.log.tree_log import log_of
from data.archive.log.witness import Witness
from data.archive.warc.reader import OPEN
from data.archive.warc.warc_file import own_files
from data.clock import utc_now
from data.errors import ArchiveError
from data.files import is_held
from data.store.sqlite.copy import StoreCopy
from data.wording import counted, lasting
from scheduler.home import Home
from scheduler.jobs.backup.archive_files import LogState, growing_file, log_state
from scheduler.jobs.doctor.finding import Finding
from scheduler.jobs.doctor.last_done import Verification, last_done

VERIFY: Final = "`communique mirror verify` tells the places"

OFTEN: Final = dt.timedelta(days=35)
"""How long after a verification another one is due."""


def examine_archive(home: Home, held: StoreCopy | None) -> Iterator[Finding]:
    """Whether the archive can be signed and gone on with; ``held`` is what the store holds."""
    if not home.archive.is_dir():
        if held and any(one.file for one in held.captures):
            text = f"the store points to records, and {home.archive} is not there"
            yield Finding("archive", "error", text, "restore the folder, or mount its disk")
            return
        told = "there is none yet" if home.settings.archive.enabled else "it is off"
        yield Finding("archive", "ok", told)
        return
    state = log_state(home.path, wait=False)
    if home.settings.store.url:
        # The database has the leaves that wait.
        state.given = state.leaves
    yield from examine_log(home, state)
    yield from examine_growing(home, state)
    if held:
        yield from examine_captures(home, state, held)
    yield examine_verification(home)


def examine_log(home: Home, state: LogState) -> Iterator[Finding]:
    """Whether the log is whole at its end, and can be signed."""
    well = True
    if state.problem:
        well = False
        yield Finding("log", "error", state.problem, VERIFY)
    witness = Witness(home.path / "witness", home.path / "witness.key")
    with closing(log_of(home.path)) as log:
        for check in (log.check_key, witness.check_key):
            if cause := cause_of(check):
                well = False
                yield Finding("log", "error", cause)
    if not state.origin and state.leaves:
        well = False
        text = f"{counted(state.leaves, 'leaf', 'leaves')} and no signature yet"
        yield Finding("log", "warning", text, "the next visit signs it, if nothing keeps it from")
    if well:
        yield Finding(
            "log", "ok", f"{counted(state.leaves, 'leaf', 'leaves')}, {state.signed} signed"
        )


def cause_of(check: Callable[[], None]) -> str:
    """Why a check fails, and what to do; empty where it does not."""
    try:
        check()
    except ArchiveError as error:
        return str(error)
    return ""


def examine_growing(home: Home, state: LogState) -> Iterator[Finding]:
    """Which files of records a process that was killed has left without an end."""
    growing = [path for path in own_files(home.archive) if path.suffix == OPEN]
    written = 0
    for path in growing:
        try:
            if is_held(path):
                written += 1
                continue
            over = path.stat().st_size - growing_file(home.path, path, state).size
        except FileNotFoundError:
            # It was finished just now.
            continue
        if over:
            text = f"{path.name} ends with {counted(over, 'byte')} that a killed process left"
            fix = "no action is needed: the next visit keeps whole records and removes the rest"
            yield Finding("archive", "warning", text, fix)
    yield Finding(
        "archive",
        "ok",
        f"{counted(len(growing), 'file')} of records may grow, {written} of them being written",
    )


def examine_captures(home: Home, state: LogState, held: StoreCopy) -> Iterator[Finding]:
    """Whether the archive holds what the store points to, as sizes and numbers tell."""
    sizes = {path.name.removesuffix(OPEN): path.stat().st_size for path in own_files(home.archive)}
    lost = sorted(
        {one.file for one in held.captures if one.file and one.end > sizes.get(one.file, 0)}
    )
    for name in lost:
        text = f"the store points to records in archive/{name} that are not there"
        yield Finding("archive", "error", text, "restore the file from a backup")
    if any(one.leaf >= state.leaves for one in held.captures):
        text = "the store contains leaves that the log lacks: an older log was restored"
        yield Finding("log", "error", text, "restore the newest archive/log, for example site/log")


def examine_verification(home: Home) -> Finding:
    """When the archive was last verified, and what that found."""
    last = last_done(home, Verification)
    if home.has_fleet and (last is None or last.problems):
        # The records of the others are missing here, and nothing is wrong with that.
        text = "only the archives of all machines together can be verified (docs/mirror.md)"
        return Finding("verification", "ok", text)
    if last is None:
        text = "it was never verified here"
        return Finding("verification", "warning", text, "run `communique mirror verify`")
    ago = utc_now() - last.at
    told = f"last verified {lasting(ago.total_seconds())} ago"
    if last.problems:
        found = counted(last.problems, "problem")
        return Finding("verification", "error", f"{told}: {found} found", VERIFY)
    if ago > OFTEN:
        return Finding("verification", "warning", told, "run `communique mirror verify`")
    return Finding("verification", "ok", f"{told}: the archive is whole")
