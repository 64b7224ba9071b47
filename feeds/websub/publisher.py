"""Telling a hub which feeds changed, until it knows."""

from __future__ import annotations

import time
from http import HTTPStatus

import structlog

from data.models import PendingTopic
from data.network.client import Outbound, OutboundError
from data.settings import Site
from data.store.websub_protocol import WebSubStore
from feeds.backoff import Backoff
from feeds.websub.messages import FORM, announcement, topic_of

log = structlog.get_logger()

BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT}

TOGETHER = 100
"""Changes that are taken up at once."""


class Announcer:
    """Tells the hub at ``hub`` of the feeds of a site that changed; it never gives up."""

    def __init__(
        self, store: WebSubStore, site: Site, hub: str, outbound: Outbound, pace: Backoff
    ) -> None:
        self._store = store
        self._site = site
        self._hub = hub
        self._outbound = outbound
        self._pace = pace

    async def run(self) -> None:
        """Tell of changes as they come, until cancelled."""
        while True:
            await self.round()
            await self._pace.rest()

    async def round(self) -> bool:
        """Tell of all that is due; False where the hub has to be asked again for any of it."""
        good = True
        while changes := self._store.pending_topics(time.time(), TOGETHER):
            for change in changes:
                try:
                    good &= await self._tell(change)
                except OutboundError as error:
                    # The hub is away for all of them.
                    self._store.put_off_topics(None, self._pace.after(change.attempts))
                    log.warning("hub not told", hub=self._hub, problem=str(error))
                    return False
        return good

    async def _tell(self, change: PendingTopic) -> bool:
        """Tell of one change; False where the hub refused. Raises OutboundError."""
        topic = topic_of(self._site, change.file)
        form = {"content-type": FORM}
        answer = await self._outbound.ask("POST", self._hub, form, announcement(topic))
        if answer.is_good:
            self._store.mark_announced(change)
            return True
        said = f"status {answer.status}"
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in BUSY:
            raise OutboundError(self._hub, said)
        # It refused this feed; others it may take.
        self._store.put_off_topics(change.file, self._pace.after(change.attempts))
        log.warning("hub refused", hub=self._hub, topic=topic, problem=said)
        return False
