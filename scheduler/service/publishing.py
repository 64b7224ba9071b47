"""Publishing, and work that depends on it: WebSub, attestation of the log, and the health ping.

This work uses the files that this home directory published last, and the log that it signs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import structlog

from data.network.client import Outbound, OutboundError
from data.text.masking import masked
from scheduler.children.service_child import ServiceChild
from scheduler.home.home import Home
from scheduler.mirror.attest import attest, is_configured
from scheduler.service.background import attempt
from scheduler.service.timetable import TimetableJob
from scheduler.service.websub import PushService

LAST_PUBLICATION_SECONDS: Final = 20.0
"""Maximum duration in seconds of the last publication before the service ends."""

log = structlog.get_logger()


class Publishing:
    """Publishes one home directory.

    After each publication, ``note`` is awaited, so that open pages are updated. ``child`` is the
    process that publishes.
    """

    def __init__(self, home: Home, note: Callable[[], Awaitable[None]]) -> None:
        self.push = PushService(home)
        self._home = home
        self._note = note
        self.child = ServiceChild(home)
        self._due = asyncio.Event()
        self._problem = ""

    @property
    def jobs(self) -> Mapping[str, TimetableJob]:
        """Return the timetable's jobs that publish or depend on a publication, by name."""
        return {"publish": self.request, "attest": self.attest, "ping": self.ping}

    async def request(self) -> None:
        """Request a publication, which `publish_when_due` then makes."""
        self._due.set()

    async def attest(self) -> None:
        """Request signatures of the log from the witnesses in the settings, if any."""
        await attempt(self._attest)

    async def ping(self) -> None:
        """Report to the monitor in the settings, if any, whether the service works."""
        url = self._home.settings.health.ping
        if url and (problem := await ping(self._home.outbound(), url, self._problem)):
            log.warning("the monitor could not be notified", problem=problem)

    async def publish_when_due(self) -> None:
        """Publish when requested. One publication serves all requests since the previous one."""
        while True:
            await self._due.wait()
            self._due.clear()
            await self.publish()

    async def publish(self) -> None:
        """Publish all changes now, and notify hubs."""
        published = await self.child.publish()
        self._problem = published.errors[0] if published.errors else ""
        await self._note()
        if published.written:
            self.push.wake()
            log.info("published", feeds=published.feeds, written=published.written)
        for error in published.errors:
            log.error("publication failed", problem=error)

    async def publish_last(self) -> None:
        """Publish the remaining changes before the service ends, within LAST_PUBLICATION_SECONDS.

        Unpublished changes remain marked in the store for the next start.
        """
        try:
            async with asyncio.timeout(LAST_PUBLICATION_SECONDS):
                await self.publish()
        except TimeoutError:
            log.warning(
                "final publication unfinished at shutdown; it continues at the next start",
                seconds=LAST_PUBLICATION_SECONDS,
            )
            await self.child.close(0)

    async def note_health(self) -> int:
        """Update the health of all sources, and return the number of changes."""
        noted = await self.child.note_health()
        if noted.error:
            log.error("health update failed; retrying later", problem=noted.error)
        return noted.changes

    async def _attest(self) -> None:
        if not is_configured(self._home):
            return
        done = await asyncio.to_thread(attest, self._home)
        for error in done.errors:
            log.error("the archive's log could not be attested", problem=error)
        if done.cosignatures or done.timestamp or done.witnessed:
            log.info(
                "attested",
                witnesses=len(done.cosignatures),
                witnessed=len(done.witnessed),
                dated=bool(done.timestamp),
            )
            self._due.set()


async def ping(outbound: Outbound, url: str, problem: str) -> str:
    """Report to a monitor that the service works, or that it has a ``problem``.

    Returns why the report failed, or an empty string. The protocol is
    https://healthchecks.io/docs/http_api/: a POST to the URL means healthy, and a POST to the URL
    with `/fail` means a failure, with the reason in its body.
    """
    parts = urlsplit(url)
    if problem:
        url = urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/fail"))
    try:
        response = await outbound.ask("POST", url, body=masked(problem).encode())
    except OutboundError as error:
        return str(error)
    return "" if response.is_good else f"{parts.hostname} responded with {response.status}"
