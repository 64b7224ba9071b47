"""Duties: work that only one service on a database performs at a time, under a lease.

A service keeps the duties of publishing, alerts and deposits until it stops or loses the lease.
Transferring a duty is costly. The next publisher must render everything, and a message that was
being sent is sent again. The leader queues jobs for duties, and Procrastinate distributes them.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import psycopg
import structlog
from procrastinate.exceptions import ConnectorException
from psycopg_pool import AsyncConnectionPool

from data.errors import ArchiveError, LeaseLost, StoreError
from data.models import Lease
from data.models.source import duty_key, duty_of
from data.store.postgres.fleet_state import Connections, Hosts, is_newer, shared_file
from data.store.postgres.pool import bring_up_to_date
from data.store.shared_sql.connection import NEWER_SCHEMA_MESSAGE
from data.text.masking import masked
from scheduler.fleet.job_queue import DUTY_QUEUE, app_of, pool_to, prepare, work
from scheduler.fleet.leases import Leases
from scheduler.home.home import Home
from scheduler.service.background import attempt, end_if_cancelled, tidy
from scheduler.service.outbox import Outbox
from scheduler.service.publishing import Publishing

SITE_FILE: Final = "site"
"""Name under which the leader's site settings are stored. Other services compare them with their
own."""

PUBLISHING_DUTY: Final = duty_key("publishing")
ALERTS_DUTY: Final = duty_key("alerts")
DEPOSITS_DUTY: Final = duty_key("deposits")
UPKEEP_DUTY: Final = duty_key("upkeep")

DUTY_OF_JOB: Final = {
    "publish": PUBLISHING_DUTY,
    "attest": PUBLISHING_DUTY,
    "ping": PUBLISHING_DUTY,
    "alerts": ALERTS_DUTY,
    "deposits": DEPOSITS_DUTY,
    "tidy": UPKEEP_DUTY,
}
"""Duty to which each job of the timetable belongs, by the job's name."""

DUTY_LEASE_SECONDS: Final = 15.0
"""Duration of a duty's lease in seconds. A suspended leader still counts as the leader for this
time."""

DUTY_CHECK_SECONDS: Final = 0.5
"""Time in seconds between two queries for due jobs, and between two checks of the clock."""

RECONNECT_SECONDS: Final = 5.0
"""Time in seconds between two attempts to reconnect to an unavailable database."""

MAX_RELEASE_SECONDS: Final = 5.0
"""Maximum time in seconds to wait until the database has released a lease. After this time, the
lease expires on its own."""

FAILURE_REST_SECONDS: Final = 60.0
"""Time in seconds after an unexpected exception until a duty is retried."""

OTHER_SITE: Final = (
    "this service has {} in its settings, but the leader has {}: use equal settings on "
    "all services and restart them; until then, the site changes with the publishing service"
)

log = structlog.get_logger()


def site_of(home: Home) -> str:
    """Return the settings that must be equal in all services on a database.

    Otherwise, the services would publish different sites.
    """
    site = home.settings.site
    return f"site.target = {site.target!r} and site.url = {site.url!r}"


def shares_site(home: Home) -> bool:
    """Return whether any service of the fleet may publish, because all publish to one bucket."""
    return bool(home.settings.site.target)


class Duties:
    """Performs the duties of one service.

    ``outboxes`` maps the duties that send messages to their outboxes. ``leads`` returns whether
    this service is the leader.
    """

    def __init__(
        self,
        home: Home,
        publishing: Publishing,
        outboxes: Mapping[str, Outbox],
        leads: Callable[[], bool],
    ) -> None:
        self._home = home
        self._publishing = publishing
        self._outboxes = outboxes
        self._leads = leads
        self._held: dict[str, asyncio.Task[None]] = {}
        self._ending = asyncio.Event()
        self._other_site = ""
        self._problem = ""

    async def work(self) -> None:
        """Perform duties until cancelled, and reconnect if the database fails."""
        while True:
            end_if_cancelled()
            try:
                await self._take_turns()
            except (psycopg.Error, ConnectorException, StoreError) as error:
                # Procrastinate's exception has no message.
                cause = error.__cause__ if isinstance(error, ConnectorException) else error
                problem = masked(str(cause))
                if problem != self._problem:
                    log.warning("database failed; duties suspended", problem=problem)
                self._problem = problem
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _take_turns(self) -> None:
        """Perform duties until cancelled, or until the database is unavailable or was upgraded.

        A database is upgraded by a newer version of Communique.
        """
        await asyncio.to_thread(bring_up_to_date, self._home.store_url)
        self._ending.clear()
        pool: AsyncConnectionPool[Any] = pool_to(self._home.store_url)
        async with pool:
            await prepare(pool)
            if self._problem:
                log.info("database responds; duties resumed")
                self._problem = ""
            hosts = Hosts(pool)
            leases = Leases(
                hosts, partial(self._renewed, pool), self._overtaken, seconds=DUTY_LEASE_SECONDS
            )
            app = app_of(partial(self._take_on, hosts, leases))
            end_if_cancelled()
            async with app.open_async(pool):
                beside = [
                    asyncio.create_task(leases.renew_for_ever()),
                    asyncio.create_task(self._watch(leases)),
                ]
                working = asyncio.create_task(
                    work(app, places=len(WORK_OF_DUTY), queues=[DUTY_QUEUE])
                )
                try:
                    ended, _ = await asyncio.wait(
                        {working, *beside}, return_when=asyncio.FIRST_COMPLETED
                    )
                finally:
                    self._ending.set()
                    await self._let_go(working)
                    for one in beside:
                        one.cancel()
        for one in ended:
            one.result()

    async def _let_go(self, working: asyncio.Task[None]) -> None:
        """End all duties and release their leases.

        This method does not wait for an unavailable database.
        """
        working.cancel()
        # A failure after the cancellation is irrelevant.
        working.add_done_callback(lambda done: done.cancelled() or done.exception())
        for name in self._held:
            self._lost(name)
        await asyncio.gather(*self._held.values(), return_exceptions=True)
        await asyncio.wait({working}, timeout=MAX_RELEASE_SECONDS)

    async def _watch(self, leases: Leases) -> None:
        """End all duties before their leases expire, unless they are renewed."""
        while True:
            if time.monotonic() > leases.until:
                for name in self._held:
                    self._lost(name)
            await asyncio.sleep(DUTY_CHECK_SECONDS)

    async def _renewed(self, pool: Connections, until: float) -> None:
        """Check the database and the site settings after leases were renewed.

        Logs an error if the site settings differ from the leader's. Raises StoreError if the
        database was upgraded for a newer version of Communique.
        """
        del until
        if await is_newer(pool):
            raise StoreError(masked(self._home.store_url), NEWER_SCHEMA_MESSAGE)
        ours = site_of(self._home)
        leaders = await shared_file(pool, SITE_FILE) or ours
        problem = OTHER_SITE.format(ours, leaders) if leaders != ours else ""
        if problem and problem != self._other_site:
            log.error("settings of services differ", problem=problem)
        self._other_site = problem

    def _overtaken(self, name: str) -> None:
        log.warning("duty lost to another service", duty=name)
        if name == PUBLISHING_DUTY:
            # A running publication would render everything, and the two services would alternate.
            self._publishing.child.cut()
        self._lost(name)

    def _lost(self, name: str) -> None:
        if not (task := self._held[name]).cancelling():
            task.cancel()

    async def _take_on(self, hosts: Hosts, leases: Leases, name: str) -> None:
        """Perform a due duty until it is done or its lease is lost.

        Does nothing if another service has the duty.
        """
        if name == PUBLISHING_DUTY and not await self._may_publish():
            return
        try:
            if self._ending.is_set() or not (lease := await leases.claim(name)):
                return
            log.info("duty started", duty=name)
            task = self._held[name] = asyncio.create_task(WORK_OF_DUTY[name](self, hosts, lease))
            try:
                if self._ending.is_set():
                    self._lost(name)
                if kept := name != UPKEEP_DUTY:
                    await self._publishing.child.give_back_later(lease)
                await asyncio.wait({task})
            except BaseException:
                # Another service takes over when the lease has expired.
                self._lost(name)
                leases.forget(lease)
                raise
            finally:
                del self._held[name]
            rest = 0.0
            error = None if task.cancelled() else task.exception()
            if error and not isinstance(error, LeaseLost):
                log.error("duty failed", duty=name, exc_info=error)
                rest = FAILURE_REST_SECONDS
            await leases.finish(lease, gap=0.0, rest=rest, kept=kept)
        except psycopg.Error as error:
            # The duty is due again when its lease expires.
            log.warning("duty interrupted", duty=name, problem=masked(str(error)))

    async def _may_publish(self) -> bool:
        """Return whether this service can sign its publications.

        The leader may publish even if it can't sign.
        """
        if not shares_site(self._home):
            return False
        try:
            return self._leads() or await asyncio.to_thread(self._home.may_sign)
        except ArchiveError:
            return False

    async def _publish(self, hosts: Hosts, lease: Lease) -> None:
        publishing = self._publishing
        try:
            # First publish the changes of other services, because push compares with HOME/site.
            await publishing.publish()
            async with asyncio.TaskGroup() as group:
                group.create_task(publishing.publish_when_due())
                group.create_task(publishing.push.run())
                while True:
                    end_if_cancelled()
                    for what in await due_of(hosts, lease):
                        await publishing.jobs[duty_of(what)]()
                    await asyncio.sleep(DUTY_CHECK_SECONDS)
        finally:
            # The next publisher starts after this publication.
            await publishing.child.close()

    async def _send(self, hosts: Hosts, lease: Lease) -> None:
        del hosts
        await self._outboxes[lease.host].run(lease)

    async def _keep_up(self, hosts: Hosts, lease: Lease) -> None:
        if await due_of(hosts, lease):
            await attempt(partial(tidy, self._home))


WORK_OF_DUTY: Final = {
    PUBLISHING_DUTY: Duties._publish,  # noqa: SLF001 - methods of this class
    ALERTS_DUTY: Duties._send,  # noqa: SLF001 - methods of this class
    DEPOSITS_DUTY: Duties._send,  # noqa: SLF001 - methods of this class
    UPKEEP_DUTY: Duties._keep_up,  # noqa: SLF001 - methods of this class
}


async def due_of(hosts: Hosts, lease: Lease) -> Sequence[str]:
    """Return the due jobs of a leased duty, and mark them as done.

    The result is empty if the database does not respond.
    """
    try:
        return await hosts.take_due(lease)
    except psycopg.Error:
        return ()
