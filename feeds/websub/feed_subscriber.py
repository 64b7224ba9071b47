"""Subscribes to the feeds of sources at their hubs (W3C WebSub, sections 5 and 8)."""

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
from data.settings import SiteSettings
from data.store.core.store import Store
from data.text.urls import site_address
from feeds.backoff import Backoff
from feeds.urls import CALLBACK_PATH
from feeds.websub.hub import host_of
from feeds.websub.messages import FORM, is_address, subscription_form

log = structlog.get_logger()

REQUESTS_PER_HUB: Final = 10
"""Maximum number of requests to one hub per round."""

MAX_CONCURRENT_HUBS: Final = 16
"""Maximum number of hubs contacted at the same time."""

MAX_UNSUBSCRIBE_ATTEMPTS: Final = 4
"""Maximum attempts to unsubscribe; afterwards the lease, or a 410, ends the subscription."""


class FeedSubscriber:
    """Requests subscriptions at hubs, renews them in time, and ends unneeded ones."""

    def __init__(self, store: Store, site: SiteSettings, outbound: Outbound, pace: Backoff) -> None:
        self._store = store
        self._base = callback_base(site)
        self._outbound = outbound
        self._pace = pace

    async def round(self, sources: Collection[str]) -> None:
        """Send all due requests for the ``sources``; end the subscriptions of all other sources."""
        now = time.time()
        self._plan(sources, now)
        by_host = defaultdict[str, list[FeedSubscription]](list)
        for one in self._store.feed_subscriptions():
            if one.due <= now:
                by_host[host_of(one.hub)].append(one)
        room = asyncio.Semaphore(MAX_CONCURRENT_HUBS)
        await asyncio.gather(
            *(self._ask_hub(some[:REQUESTS_PER_HUB], room) for some in by_host.values())
        )

    def _plan(self, sources: Collection[str], now: float) -> None:
        """Create missing subscriptions, and mark unneeded ones as ending."""
        hubs = self._store.feed_hubs().items()
        missing = {(source, one.hub, one.topic) for source, one in hubs if source in sources}
        missing = {one for one in missing if is_address(one[1]) and is_address(one[2])}
        for one in self._store.feed_subscriptions():
            place = one.source, one.hub, one.topic
            if one.wanted and place in missing and one.callback.startswith(self._base):
                missing.remove(place)
            elif one.wanted:
                ended = replace(one, wanted=False, asked=0.0, due=now, attempts=0)
                self._store.keep_feed_subscription(ended)
        if missing:
            # The store contains secrets from now on.
            self._store.keep_private()
        for source, hub, topic in sorted(missing):
            # The callback's address is a secret shared with the hub, which alone can confirm or end
            # the subscription.
            callback = self._base + secrets.token_urlsafe(32)
            secret = secrets.token_urlsafe(32)
            self._store.keep_feed_subscription(
                FeedSubscription(callback, source, hub, topic, secret)
            )

    async def _ask_hub(self, due: Iterable[FeedSubscription], room: asyncio.Semaphore) -> None:
        """Send requests to one hub until it fails to respond."""
        async with room:
            for one in due:
                # The hub may have verified or ended this subscription since the round started.
                now = self._store.feed_subscription(one.callback)
                if now is None or now.due > one.due:
                    continue
                try:
                    await self._ask(now)
                except OutboundError as error:
                    log.warning(
                        "hub of a source unreachable", source=one.source, problem=str(error)
                    )
                    return

    async def _ask(self, one: FeedSubscription) -> None:
        """Request a subscription, or its end. Raises OutboundError."""
        if not one.wanted and (
            one.attempts >= MAX_UNSUBSCRIBE_ATTEMPTS or one.expires <= time.time()
        ):
            self._store.remove_feed_subscription(one.callback)
            return
        # Saved first: a hub may verify before it responds.
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
            log.info("subscription requested", source=one.source, hub=host_of(one.hub), mode=mode)
        else:
            outcome = f"status {answer.status}"
            log.warning(
                "hub of a source refused a request", source=one.source, mode=mode, problem=outcome
            )


def callback_base(site: SiteSettings) -> str:
    """Return the start of all callback addresses."""
    return site_address(site.url) + CALLBACK_PATH


def hub_state(store: Store, source: str) -> tuple[FeedHub | None, FeedSubscription | None]:
    """Return the hub of a source and the subscription there, or None for each."""
    wanted = [one for one in store.feed_subscriptions() if one.source == source and one.wanted]
    return store.feed_hubs().get(source), wanted[0] if wanted else None
