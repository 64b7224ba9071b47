"""Background tasks of the service: their errors, maintenance, and notifications to systemd.

The protocol of the notifications is sd_notify(3): lines of `NAME=value` in one datagram to the
socket in NOTIFY_SOCKET. Without this variable, nothing is sent.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from functools import partial
from typing import Any, Final

import structlog

from data.archive.log.tree_log import log_of
from data.archive.upload import Uploaded, upload
from data.errors import CommuniqueError
from data.network.bucket import open_bucket
from scheduler.home.home import Home

COPY_INTERVAL_SECONDS: Final = 3600.0
"""Time in seconds between two copies of an archive to its bucket."""

log = structlog.get_logger()


@asynccontextmanager
async def in_background(
    work: Coroutine[Any, Any, None], on_end: Callable[[], object]
) -> AsyncIterator[None]:
    """Context manager that runs a task during its block.

    ``on_end`` is called when the task ends for any reason. The task's error is raised at the end of
    the block.
    """
    working = asyncio.create_task(work)
    working.add_done_callback(lambda _: on_end())
    try:
        yield
    finally:
        working.cancel()
        await asyncio.wait({working})
    if not working.cancelled():
        working.result()


async def attempt(action: Callable[[], Awaitable[None]]) -> None:
    """Run an action and log any error, because the action will be tried again later."""
    try:
        await action()
    except (CommuniqueError, OSError) as error:
        log.error("background work failed; retrying later", problem=str(error))  # noqa: TRY400 - no traceback needed
    except Exception:
        # A mistake in our code must not end this work until the next restart.
        log.exception("background work failed unexpectedly; retrying later")


async def together(*works: Coroutine[Any, Any, None]) -> None:
    """Run coroutines until all have ended. If one fails, cancel the others and raise its error."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except BaseExceptionGroup as error:
        raise first_of(error) from error


def end_if_cancelled() -> None:
    """Raise CancelledError if the current task was cancelled and a library swallowed the exception.

    Before Python 3.12, ``asyncio.wait_for`` returns a result that is ready when its task is
    cancelled (CPython issue 86296). Connection pools use this function.
    """
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


def first_of(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error in an exception group, at any depth."""
    first = errors.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


async def tidy(home: Home) -> None:
    """Delete old reports from the store, and optimize it. Raises StoreError if the store fails."""

    def maintain() -> None:
        with closing(home.store()) as store:
            store.maintain()

    await asyncio.to_thread(maintain)


async def copy_for_ever(home: Home) -> None:
    """Copy this home directory's archive to archive.target periodically, if this setting is set.

    Every machine does this, because each has files that no other machine has.
    """
    # Also copy at the start, because the service may be restarted every night.
    while home.settings.archive.target:
        await attempt(partial(_copy, home))
        await asyncio.sleep(COPY_INTERVAL_SECONDS)


def copy_archive(home: Home, *, delete: bool = False) -> Uploaded:
    """Copy the archive and its log to archive.target. See data.archive.upload.upload."""
    bucket = open_bucket(home.settings.archive.target, home.settings.bucket)
    with closing(log_of(home.path)) as archive_log:
        return upload(
            *(home.archive, archive_log, bucket, home.uploaded),
            delete=delete,
            shared=home.has_fleet,
        )


async def _copy(home: Home) -> None:
    done = await asyncio.to_thread(copy_archive, home)
    if done.files:
        log.info("archive uploaded", files=done.files, bytes=done.bytes, leaves=done.leaves)


READY_STATE = "READY=1"
STOPPING_STATE = "STOPPING=1"
ALIVE_STATE = "WATCHDOG=1"


def notify(*states: str) -> None:
    """Send states to systemd if it requested notifications. A failure is logged."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    # "@" represents the NUL byte at the start of an abstract address.
    place = f"\0{address[1:]}" if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
            opened.connect(place)
            opened.sendall("\n".join(states).encode())
    except OSError as error:
        log.warning("systemd could not be notified", states=list(states), problem=str(error))


def watchdog_seconds() -> float:
    """Return the time in seconds without a notification after which systemd kills this process.

    If the process has no watchdog, the result is 0. Environment variables for a parent process are
    ignored.
    """
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0.0
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1_000_000 if microseconds.isdecimal() else 0.0


async def show_life() -> None:
    """Notify systemd periodically that the event loop works, until cancelled.

    The same event loop starts visits, publishes and serves. If it hangs, systemd gets no
    notification and restarts the service.
    """
    if seconds := watchdog_seconds():
        while True:
            notify(ALIVE_STATE)
            # sd_watchdog_enabled(3) recommends half of the limit.
            await asyncio.sleep(seconds / 2)
