"""Upkeep: deletes old reports from the store, and copies the archive to a bucket."""

from __future__ import annotations

import asyncio
from contextlib import closing
from functools import partial
from typing import Final

import structlog

from data.archive.log.tree_log import log_of
from data.archive.upload import upload
from data.network.bucket import open_bucket
from scheduler.home import Home
from scheduler.service.background import attempt

COPY_INTERVAL_SECONDS: Final = 3600.0
"""Seconds between two copies of an archive."""

log = structlog.get_logger()


async def tidy(home: Home) -> None:
    """Delete old reports from the store, and optimize it. Raises StoreError."""
    await asyncio.to_thread(_tidy, home)


def _tidy(home: Home) -> None:
    with closing(home.store()) as store:
        store.maintain()


async def copy_for_ever(home: Home) -> None:
    """Copy the archive of this home directory to archive.target periodically, if it is set.

    Every machine does this, because no other has its files.
    """
    # Also at the start: the service may be restarted every night.
    while home.settings.archive.target:
        await attempt(partial(_copy, home))
        await asyncio.sleep(COPY_INTERVAL_SECONDS)


async def _copy(home: Home) -> None:
    settings = home.settings
    bucket = open_bucket(settings.archive.target, settings.bucket)
    with closing(log_of(home.path)) as archive_log:
        done = await asyncio.to_thread(
            upload, home.archive, archive_log, bucket, home.uploaded, shared=home.has_fleet
        )
    if done.files:
        log.info("archive copied", files=done.files, bytes=done.bytes, leaves=done.leaves)
