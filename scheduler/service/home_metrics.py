"""Metrics about a home directory for /metrics: disk, archive, backups, the doctor's findings."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import closing
from typing import Final

import structlog

from data.archive.log.attestations import Attestations
from data.archive.log.leaves import ENTRY_BYTES
from data.archive.warc.reader import DOT_OPEN
from data.archive.warc.warc_file import own_files
from data.clock import utc_now
from data.errors import ArchiveError
from scheduler.children.child import CommandLate, ending, run_command
from scheduler.home.home import Home
from scheduler.home.home_records import LastBackup, LastVerification, last_done
from scheduler.service.background import attempt

FIRST_SECONDS: Final = 60.0
"""Time in seconds between the start of the service and its first run of the doctor."""

INTERVAL_SECONDS: Final = 6 * 3600.0
"""Time in seconds between two runs of the doctor."""

DOCTOR_SECONDS: Final = 300.0
"""Maximum duration in seconds of a run of the doctor."""

MAX_WAITING: Final = 1000
"""Maximum number of pending journal records that are counted."""

log = structlog.get_logger()


class HomeMetrics:
    """Measures a home directory for /metrics, and runs the doctor periodically."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._doctor: dict[str, float] = {}

    def facts(self) -> dict[str, float]:
        """Return the current values by metric name. Raises StoreError if the store can't be read.

        Metrics that can't be measured are omitted, and the reason is logged.
        """
        facts = dict(self._doctor)
        for part in (self._disk, self._archive, self._care):
            try:
                facts.update(part())
            except (OSError, ArchiveError) as error:
                log.warning("some metrics could not be measured", problem=str(error))
        return facts

    async def examine_periodically(self) -> None:
        """Run the doctor periodically in a child process, until cancelled."""
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            await attempt(self.examine)
            await asyncio.sleep(INTERVAL_SECONDS)

    async def examine(self) -> None:
        """Run the doctor once, and store the numbers of errors and warnings."""
        try:
            done = await run_command(self._home, "doctor", "--json", seconds=DOCTOR_SECONDS)
        except (CommandLate, OSError) as error:
            log.warning("the doctor failed", problem=str(error))
            return
        if isinstance(done.printed, dict):
            self._doctor = {
                "communique_doctor_timestamp_seconds": utc_now().timestamp(),
                "communique_doctor_errors": done.printed["errors"],
                "communique_doctor_warnings": done.printed["warnings"],
            }
        else:
            problem = "; ".join(done.errors) or f"it {ending(done.code)}"
            log.warning("the doctor failed", problem=problem)

    def _disk(self) -> Iterator[tuple[str, float]]:
        disk = os.statvfs(self._home.path)
        yield "communique_disk_bytes", disk.f_blocks * disk.f_frsize
        yield "communique_disk_free_bytes", disk.f_bavail * disk.f_frsize

    def _archive(self) -> Iterator[tuple[str, float]]:
        if not self._home.archive.is_dir():
            return
        with closing(self._home.log()) as opened:
            signed = opened.checkpoint()
            size = signed.size if signed else 0
            waiting = len(opened.waiting(size)) // ENTRY_BYTES
        yield "communique_archive_leaves", size + waiting
        yield "communique_archive_unsigned_leaves", waiting
        with closing(self._home.plain_store()) as store:
            late = len(store.unwritten(limit=MAX_WAITING))
        yield "communique_archive_waiting_transactions", late
        if self._home.settings.archive.target:
            yield "communique_archive_lag_seconds", self._lag()
        if witnessed := self._last_witnessed():
            yield "communique_witness_timestamp_seconds", witnessed

    def _last_witnessed(self) -> float | None:
        """Return the time of the newest signature of the log by a witness, or None."""
        attestations = Attestations(self._home.archive / "log")
        for size in reversed(attestations.sizes()):
            kept = attestations.checkpoint(size)
            # The first signature is the log's own.
            if kept and (others := kept.note.signatures[1:]):
                return max(one.time for one in others).timestamp()
        return None

    def _lag(self) -> float:
        """Return the age in seconds of the oldest finished file that is not in archive.target."""
        noted = self._home.uploaded
        copied = {*noted.read_text("utf-8").splitlines()} if noted.exists() else set()
        left = [
            one.stat().st_mtime
            for one in own_files(self._home.archive)
            if one.suffix != DOT_OPEN and one.name not in copied
        ]
        return max(0.0, utc_now().timestamp() - min(left)) if left else 0.0

    def _care(self) -> Iterator[tuple[str, float]]:
        if backup := last_done(self._home, LastBackup):
            yield "communique_backup_timestamp_seconds", backup.at.timestamp()
        if verified := last_done(self._home, LastVerification):
            yield "communique_verification_timestamp_seconds", verified.at.timestamp()
            yield "communique_verification_problems", verified.problems
