"""Detection of changed feed files, and notification of another WebSub hub."""

import hashlib
import time
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from pathlib import Path

import structlog

from data.models import PendingTopic
from data.network.client import Outbound, OutboundError
from data.settings import SiteSettings
from data.store.core.store import Store
from feeds.sending_loop import Backoff, in_thread
from feeds.urls import stamp_of
from feeds.websub.generated_feeds import is_made
from feeds.websub.messages import FORM_TYPE, announcement, is_topic, topic_of

log = structlog.get_logger()

BUSY_STATUSES = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT}
"""Response statuses of a hub that is temporarily unavailable."""

BATCH_SIZE = 100
"""Maximum number of changes read from the store at once."""


class Announcer:
    """Notifies the hub at ``hub`` of changed feeds.

    Failed notifications are retried without limit.
    """

    def __init__(
        self, store: Store, site: SiteSettings, hub: str, outbound: Outbound, pace: Backoff
    ) -> None:
        self._store = store
        self._site = site
        self._hub = hub
        self._outbound = outbound
        self._pace = pace

    async def run(self) -> None:
        """Notify the hub of changes until the task is cancelled."""
        while True:
            await self.round()
            await self._pace.rest()

    async def round(self) -> bool:
        """Send all due notifications. Return False if any notification must be retried."""
        good = True
        while changes := await in_thread(
            self._store, self._store.pending_topics, time.time(), BATCH_SIZE
        ):
            for change in changes:
                try:
                    good &= await self._tell(change)
                except OutboundError as error:
                    # The hub is unavailable, so all other changes also wait.
                    again = self._pace.after(change.attempts)
                    await in_thread(self._store, self._store.put_off_topics, None, again)
                    log.warning(
                        "WebSub hub could not be notified", hub=self._hub, problem=str(error)
                    )
                    return False
        return good

    async def _tell(self, change: PendingTopic) -> bool:
        """Send one notification. Return False if the hub refused it.

        Raises OutboundError if the hub is unreachable.
        """
        topic = topic_of(self._site, change.file)
        form = {"content-type": FORM_TYPE}
        answer = await self._outbound.ask("POST", self._hub, form, announcement(topic))
        if answer.is_good:
            await in_thread(self._store, self._store.mark_announced, change)
            return True
        outcome = f"status {answer.status}"
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in BUSY_STATUSES:
            raise OutboundError(self._hub, outcome)
        # Only this feed was refused. The hub may accept other feeds.
        again = self._pace.after(change.attempts)
        await in_thread(self._store, self._store.put_off_topics, change.file, again)
        log.warning(
            "WebSub hub refused a notification", hub=self._hub, topic=topic, problem=outcome
        )
        return False


def note_changed_feeds(store: Store, folder: Path, files: Iterable[str] | None = None) -> None:
    """Record which feed files in ``folder`` have changed, so that hubs are notified.

    If ``files`` is None, all feeds are checked; a feed is read only if its time or size differs.
    The first call records no changes: before it, feeds did not name a hub, so nobody could
    subscribe.
    """
    known = {file: stamp for file, stamp in store.feed_stamps().items() if not is_made(file)}
    first = not known
    found = feeds_in(folder) if first or files is None else filter(is_topic, files)
    feeds = []
    for file in found:
        stamp = stamp_at(folder / file)
        if stamp and known.get(file) != stamp:
            digest = hashlib.sha256((folder / file).read_bytes()).digest()
            feeds.append((file, stamp, digest))
    if feeds:
        store.note_feeds(feeds, told=first)


def feeds_in(folder: Path) -> Iterator[str]:
    """Yield the files of all feeds in a site's folder."""
    for path in (folder / "feeds").rglob("*.*"):
        file = path.relative_to(folder).as_posix()
        if is_topic(file) and not path.name.startswith("."):
            yield file


def stamp_at(path: Path) -> str | None:
    """Return the stamp of a file (time and size) as text, or None if the file is missing."""
    try:
        return " ".join(map(str, stamp_of(path.stat())))
    except FileNotFoundError:
        return None
