"""Keeps us subscribed to the feeds of sources whose hubs tell of changes (W3C WebSub, 5 and 8)."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final

import structlog

from data.models import FeedHub, FeedSubscription, HubRequest
from data.models.websub import Mode
from data.network.client import Outbound, OutboundError
from data.settings import Site
from data.store.websub_protocol import WebSubStore
from data.text.urls import site_address
from feeds.backoff import Backoff
from feeds.urls import CALLBACK_PATH
from feeds.websub.messages import FORM, is_address, subscription_form
from feeds.websub.subscribers import host_of

log = structlog.get_logger()

TOGETHER: Final = 10
"""Subscriptions that one hub is asked for in a row, before it is looked what else is due."""

AT_ONCE: Final = 16
"""Hubs that are spoken to at the same time."""

ENDED: Final = 4
"""Times that a hub is told that a subscription ends; then its lease, or a 410, has to end it."""


class FeedSubscriber:
    """Asks hubs for subscriptions, renews them before they end, and ends those of no use."""

    def __init__(self, store: WebSubStore, site: Site, outbound: Outbound, pace: Backoff) -> None:
        self._store = store
        self._base = callback_base(site)
        self._outbound = outbound
        self._pace = pace

    async def round(self, sources: Collection[str]) -> None:
        """Ask for all that is due, of the ``sources`` that there are; of others all is to end."""
        now = time.time()
        self._plan(sources, now)
        by_host = defaultdict[str, list[FeedSubscription]](list)
        for one in self._store.feed_subscriptions():
            if one.due <= now:
                by_host[host_of(one.hub)].append(one)
        room = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(self._ask_hub(some[:TOGETHER], room) for some in by_host.values()))

    def _plan(self, sources: Collection[str], now: float) -> None:
        """Begin the subscriptions that lack, and note which are to end."""
        hubs = self._store.feed_hubs().items()
        lacks = {(source, one.hub, one.topic) for source, one in hubs if source in sources}
        lacks = {one for one in lacks if is_address(one[1]) and is_address(one[2])}
        for one in self._store.feed_subscriptions():
            place = one.source, one.hub, one.topic
            if one.wanted and place in lacks and one.callback.startswith(self._base):
                lacks.remove(place)
            elif one.wanted:
                ended = replace(one, wanted=False, asked=0.0, due=now, attempts=0)
                self._store.keep_feed_subscription(ended)
        if lacks:
            # It holds secrets from now on.
            self._store.keep_private()
        for source, hub, topic in sorted(lacks):
            # Nobody but the hub knows the address, so nobody else can confirm or end it.
            callback = self._base + secrets.token_urlsafe(32)
            secret = secrets.token_urlsafe(32)
            self._store.keep_feed_subscription(
                FeedSubscription(callback, source, hub, topic, secret)
            )

    async def _ask_hub(self, due: Iterable[FeedSubscription], room: asyncio.Semaphore) -> None:
        """Ask one hub for some subscriptions, until it does not answer."""
        async with room:
            for one in due:
                # A hub may have asked back, or told of something, while another was asked for.
                now = self._store.feed_subscription(one.callback)
                if now is None or now.due > one.due:
                    continue
                try:
                    await self._ask(now)
                except OutboundError as error:
                    log.warning(
                        "hub of a source not reached", source=one.source, problem=str(error)
                    )
                    return

    async def _ask(self, one: FeedSubscription) -> None:
        """Ask for a subscription, or for its end. Raises OutboundError."""
        if not one.wanted and (one.attempts >= ENDED or one.expires <= time.time()):
            self._store.remove_feed_subscription(one.callback)
            return
        # Kept before: a hub may ask back before it answers.
        asked = replace(
            one,
            asked=time.time(),
            due=self._pace.after(one.attempts),
            attempts=one.attempts + 1,
        )
        self._store.keep_feed_subscription(asked)
        mode: Mode = "subscribe" if one.wanted else "unsubscribe"
        form = subscription_form(HubRequest(mode, one.callback, one.topic, secret=one.secret))
        answer = await self._outbound.ask("POST", one.hub, {"content-type": FORM}, form)
        if answer.is_good:
            log.info("asked a hub", source=one.source, hub=host_of(one.hub), mode=mode)
        else:
            said = f"status {answer.status}"
            log.warning("hub of a source refused", source=one.source, mode=mode, problem=said)


def callback_base(site: Site) -> str:
    """How the addresses of ours begin that hubs are given."""
    return site_address(site.url) + CALLBACK_PATH


def pushing(store: WebSubStore, source: str) -> tuple[FeedHub | None, FeedSubscription | None]:
    """What is known of the hub of a source, and our subscription there."""
    wanted = [one for one in store.feed_subscriptions() if one.source == source and one.wanted]
    return store.feed_hubs().get(source), wanted[0] if wanted else None
