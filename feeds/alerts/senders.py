"""Sends a message by the output of its watch: by webhook, mail, or a service of Apprise."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from data.models import AlertMessage
from data.network.client import Outbound
from data.settings import Alerts, Site
from data.watches.watch import Watch
from feeds.alerts import mail, services, webhook
from feeds.alerts.messages import Undelivered, webhook_body

PROCESSES: Final = 2
"""Processes of Apprise that run at the same time."""


@dataclass(frozen=True, slots=True)
class Senders:
    """All that can send a message."""

    outbound: Outbound
    alerts: Alerts
    site: Site
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PROCESSES))

    def receiver(self, watch: Watch, output: str) -> str:
        """Who takes what an output sends: each is given one message at a time."""
        if output == "webhook" and watch.webhook:
            return host_of(watch.webhook.url)
        if output == "apprise" and watch.apprise:
            return watch.apprise.url
        return output.partition(":")[0]

    async def send(self, watch: Watch, message: AlertMessage) -> None:
        """Send a message. Raises Undelivered."""
        kind, _, recipient = message.output.partition(":")
        if message.output not in watch.outputs:
            raise Undelivered(f"the watch {message.watch} has no {kind} any more", final=True)
        if kind == "mail":
            await mail.send(watch, message, recipient, self.alerts, self.site)
        elif kind == "apprise" and watch.apprise:
            allowed = self.outbound.allow_private
            async with self.room:
                await services.send(watch, message, watch.apprise, self.site, allow_private=allowed)
        elif watch.webhook:
            body = webhook_body(watch, message)
            await webhook.send(self.outbound, watch.webhook, message.key, body, int(time.time()))


def host_of(url: str) -> str:
    """The host and port of an address, without a user and a password."""
    return urlsplit(url).netloc.rpartition("@")[2]
