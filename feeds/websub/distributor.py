"""Our own hub at work: it asks subscribers whether they mean it, and sends them what changes."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from http import HTTPStatus
from pathlib import Path, PurePath

import structlog

from data.errors import StoreError
from data.models import Delivery, HubRequest, PendingRequest
from data.network.client import Outbound, OutboundError
from data.settings import Site
from data.store.protocol import Store
from feeds.backoff import Backoff
from feeds.urls import MEDIA_TYPES
from feeds.websub.changed_feeds import note_changed_feeds
from feeds.websub.made_feeds import (
    UNKNOWN,
    MadeBodies,
    MakeFeed,
    is_made,
    stamp_to_make_by,
    subscribable,
)
from feeds.websub.messages import delivery_headers, question, topic_of
from feeds.websub.subscribers import has_room, host_of

log = structlog.get_logger()

AT_ONCE = 16
"""Subscribers that are spoken to at the same time, each host once."""

ASKED, SENT = 4, 12
"""Times that a subscriber is asked, or sent the same feed, before the hub gives up."""


class HubWorker:
    """The hub at ``hub`` for the files of the site in ``folder``, and feeds that ``make`` makes."""

    def __init__(
        self,
        store: Store,
        site: Site,
        hub: str,
        *,
        folder: Path,
        make: MakeFeed,
        outbound: Outbound,
        pace: Backoff,
    ) -> None:
        self._store = store
        self._site = site
        self._hub = hub
        self._folder = folder
        self._make = make
        self._made = MadeBodies(make)
        self._outbound = outbound
        self._pace = pace
        self._busy: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                self._store.expire_subscriptions(time.time())
                self._begin()
                await self._pace.rest()
        finally:
            tasks = list(self._busy.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self) -> None:
        """Begin what is due, as far as there is room."""
        now = time.time()
        for request in self._store.pending_requests(now, self._busy, AT_ONCE):
            self._start(request)
        for delivery in self._store.pending_deliveries(now, self._busy, AT_ONCE):
            self._start(delivery)

    def _start(self, work: PendingRequest | Delivery) -> None:
        if len(self._busy) >= AT_ONCE or work.host in self._busy:
            return
        action = self._confirm(work) if isinstance(work, PendingRequest) else self._deliver(work)
        task = self._busy[work.host] = asyncio.create_task(action)
        task.add_done_callback(lambda done: self._ended(work, done))

    def _ended(self, work: PendingRequest | Delivery, task: asyncio.Task[None]) -> None:
        del self._busy[work.host]
        if task.cancelled() or not (error := task.exception()):
            self._pace.wake()
            return
        problem = f"{type(error).__name__}: {error}"
        log.error("hub failed", host=work.host, problem=problem)
        # Whatever is wrong may be so each time: it is given up as what nobody answers, and keeps
        # no slot from others. Where the store fails, nothing can be noted, and it is asked again.
        if isinstance(error, StoreError):
            return
        if isinstance(work, PendingRequest):
            self._unanswered(work, problem)
        else:
            self._failed(work, problem)

    async def _confirm(self, request: PendingRequest) -> None:
        asked, challenge = request.asked, secrets.token_urlsafe(32)
        try:
            answer = await self._outbound.ask("GET", question(asked, challenge))
        except OutboundError as error:
            return self._unanswered(request, str(error))
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return self._unanswered(request, f"status {answer.status}")
        file = subscribable(self._store, self._site, self._folder, asked.topic)
        meant = answer.is_good and hmac.compare_digest(answer.body, challenge.encode())
        if meant and file and asked.mode == "subscribe" and await self._is_taken(asked, file):
            # The lease counts from the confirmation, as the subscriber heard of it then.
            self._store.add_subscription(
                asked, file, host_of(asked.callback), time.time() + asked.lease
            )
        elif meant and file and asked.mode == "unsubscribe":
            self._store.remove_subscription(asked.callback, file)
        self._store.remove_request(request.number)
        log.info("asked", host=request.host, topic=asked.topic, mode=asked.mode, meant=meant)
        return None

    async def _is_taken(self, asked: HubRequest, file: str) -> bool:
        """Whether there is room still, and it is known what a subscriber has who comes now."""
        if not has_room(self._store, asked, file):
            return False
        if not is_made(file) or file in self._store.feed_stamps():
            return True
        stamp = stamp_to_make_by(self._store)
        body = await asyncio.to_thread(self._make, file)
        if body is None:
            return False
        self._store.note_feeds([(file, stamp, hashlib.sha256(body).digest())], told=True)
        return True

    def _unanswered(self, request: PendingRequest, problem: str) -> None:
        if request.attempts + 1 < ASKED:
            self._store.put_off_request(request.number, self._pace.after(request.attempts))
            return
        self._store.remove_request(request.number)
        log.warning("not confirmed", host=request.host, problem=problem)

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            body = await asyncio.to_thread(self._body, delivery)
        except OSError as error:
            return self._failed(delivery, str(error))
        kind = MEDIA_TYPES[PurePath(delivery.file.partition("?")[0]).suffix]
        topic = topic_of(self._site, delivery.file)
        headers = delivery_headers(self._hub, topic, kind, delivery.secret, body)
        try:
            answer = await self._outbound.ask("POST", delivery.callback, headers, body)
        except OutboundError as error:
            return self._failed(delivery, str(error))
        if answer.is_good:
            # It may be newer than what was looked at: it was sent as it is now.
            digest = hashlib.sha256(body).digest()
            if not is_made(delivery.file):
                note_changed_feeds(self._store, self._folder, [delivery.file])
            elif digest != delivery.digest:
                self._store.note_feeds([(delivery.file, UNKNOWN, digest)], told=True)
            self._store.mark_delivered(delivery, digest)
        elif answer.status == HTTPStatus.GONE:
            self._store.remove_subscription(delivery.callback, delivery.file)
            log.info("subscriber gone", host=delivery.host, topic=topic)
        else:
            self._failed(delivery, f"status {answer.status}")
        return None

    def _body(self, delivery: Delivery) -> bytes:
        """What a feed holds now. Raises OSError, StoreError."""
        if not is_made(delivery.file):
            return (self._folder / delivery.file).read_bytes()
        body = self._made.body(delivery.file, delivery.digest)
        if body is None:
            raise FileNotFoundError(delivery.file)
        return body

    def _failed(self, delivery: Delivery, problem: str) -> None:
        """Try again later, or end the subscription (section 7)."""
        if delivery.attempts + 1 < SENT:
            self._store.put_off_delivery(delivery, self._pace.after(delivery.attempts))
        else:
            self._store.remove_subscription(delivery.callback, delivery.file)
        # A callback's path may be a secret of the subscriber.
        log.warning("not delivered", host=delivery.host, file=delivery.file, problem=problem)
