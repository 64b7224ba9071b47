"""What one service of several on a database does at a time, each under a lease like a visit's.

Publishing and telling watches are kept by who took them on, until it stops or loses the lease:
whoever publishes next has to render everything, and a message that is on its way when it changes
hands is sent again. The leader asks for them; jobs of Procrastinate hand them out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import psycopg
import structlog
from procrastinate.exceptions import ConnectorException
from psycopg_pool import AsyncConnectionPool

from data.errors import ArchiveError, LeaseLost, StoreError
from data.models import Lease
from data.store.postgres.database.pool import bring_up_to_date
from data.store.postgres.database.schema import NEWER
from data.store.postgres.hosts import DUTY, Hosts
from data.text.redaction import redacted
from scheduler.executors.fleet import ALERTS, PUBLISHING, SITE, UPKEEP, site_of
from scheduler.executors.leases import Leases
from scheduler.executors.procrastinate import DUTIES, app_of, pool_to, prepare, work
from scheduler.home import Home
from scheduler.service.alerts import AlertService
from scheduler.service.background import attempt
from scheduler.service.publishing import Publishing
from scheduler.service.upkeep import tidy

SECONDS: Final = 15.0
"""Seconds for which a duty is held: as long as one who leads and stands still goes on to lead."""

LOOK: Final = 0.5
"""Seconds between two looks at what is due, and at the clock."""

RETRY: Final = 5.0
"""Seconds after which a database that was gone for long is asked again."""

GIVING_BACK: Final = 5.0
"""Seconds for which the database may take what is given back; else its lease runs out."""

AGAIN: Final = 60.0
"""Seconds after which what failed by a mistake of ours is tried again."""

OTHER_SITE: Final = (
    "the settings here have {}, and those of the service that leads {}: have them alike on all and "
    "start them again; until then what is published changes with who publishes"
)

log = structlog.get_logger()


class Duties:
    """Those that one service takes on; ``leads`` says whether it is the one that plans visits."""

    def __init__(
        self, home: Home, publishing: Publishing, alerts: AlertService, leads: Callable[[], bool]
    ) -> None:
        self._home = home
        self._publishing = publishing
        self._alerts = alerts
        self._leads = leads
        self._held: dict[str, asyncio.Task[None]] = {}
        self._ending = asyncio.Event()
        self._other_site = ""
        self._problem = ""

    async def work(self) -> None:
        """Take on what is there until cancelled, whatever becomes of the database."""
        while True:
            try:
                await self._take_turns()
            except (psycopg.Error, ConnectorException, StoreError) as error:
                # Procrastinate says nothing itself.
                cause = error.__cause__ if isinstance(error, ConnectorException) else error
                problem = redacted(str(cause))
                if problem != self._problem:
                    log.warning("nothing is taken on", problem=problem)
                self._problem = problem
            await asyncio.sleep(RETRY)

    async def _take_turns(self) -> None:
        """Do jobs until cancelled, or until the database is gone for too long, or is newer."""
        await asyncio.to_thread(bring_up_to_date, self._home.store_url)
        self._ending.clear()
        pool: AsyncConnectionPool[Any] = pool_to(self._home.store_url)
        async with pool:
            await prepare(pool)
            if self._problem:
                log.info("duties are taken on again")
                self._problem = ""
            hosts = Hosts(pool)
            leases = Leases(hosts, partial(self._renewed, hosts), self._overtaken, seconds=SECONDS)
            app = app_of(partial(self._take_on, hosts, leases))
            async with app.open_async(pool):
                beside = [
                    asyncio.create_task(leases.renew_for_ever()),
                    asyncio.create_task(self._watch(leases)),
                ]
                working = asyncio.create_task(work(app, places=len(ROWS), queue=DUTIES))
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
        """End what is done and give it back; a database that is gone is not waited for."""
        working.cancel()
        # Where it fails for that later, nobody has to hear of it.
        working.add_done_callback(lambda done: done.cancelled() or done.exception())
        for name in self._held:
            self._lost(name)
        await asyncio.gather(*self._held.values(), return_exceptions=True)
        await asyncio.wait({working}, timeout=GIVING_BACK)

    async def _watch(self, leases: Leases) -> None:
        """Let go of everything in time where the leases were not renewed."""
        while True:
            if time.monotonic() > leases.until:
                for name in self._held:
                    self._lost(name)
            await asyncio.sleep(LOOK)

    async def _renewed(self, hosts: Hosts, until: float) -> None:
        """See whether others are of another mind; who watches asks by itself. StoreError."""
        del until
        if await hosts.is_newer():
            raise StoreError(redacted(self._home.store_url), NEWER)
        ours = site_of(self._home)
        leads = await hosts.file(SITE) or ours
        problem = OTHER_SITE.format(ours, leads) if leads != ours else ""
        if problem and problem != self._other_site:
            log.error("services publish apart", problem=problem)
        self._other_site = problem

    def _overtaken(self, name: str) -> None:
        log.warning("a duty was lost to another service", duty=name)
        if name == PUBLISHING:
            # Else it would render everything anew, and take turns with the other one.
            self._publishing.cut()
        self._lost(name)

    def _lost(self, name: str) -> None:
        if not (task := self._held[name]).cancelling():
            task.cancel()

    async def _take_on(self, hosts: Hosts, leases: Leases, name: str) -> None:
        """Do what a row is for, if it is due and nobody has it, until that is over or lost."""
        if name == PUBLISHING and not await self._may_publish():
            return
        try:
            if self._ending.is_set() or not (lease := await leases.claim(name)):
                return
            log.info("taken on", duty=name)
            task = self._held[name] = asyncio.create_task(ROWS[name](self, hosts, lease))
            if self._ending.is_set():
                self._lost(name)
            if kept := name != UPKEEP:
                await self._publishing.give_back_later(lease)
            await asyncio.wait({task})
            del self._held[name]
            rest = 0.0
            error = None if task.cancelled() else task.exception()
            if error and not isinstance(error, LeaseLost):
                log.error("a duty failed", duty=name, exc_info=error)
                rest = AGAIN
            await leases.finish(lease, gap=0.0, rest=rest, kept=kept)
        except psycopg.Error as error:
            # It is due again once its lease has run out.
            log.warning("a duty is let go", duty=name, problem=redacted(str(error)))

    async def _may_publish(self) -> bool:
        """Whether this one can sign what it publishes; who leads publishes all the same."""
        if not self._home.shares_site:
            return False
        try:
            return self._leads() or await asyncio.to_thread(self._home.may_sign)
        except ArchiveError:
            return False

    async def _publish(self, hosts: Hosts, lease: Lease) -> None:
        publishing = self._publishing
        try:
            # First, as others published since: hubs are told of what is in HOME/site.
            await publishing.publish()
            async with asyncio.TaskGroup() as group:
                group.create_task(publishing.publish_when_due())
                group.create_task(publishing.push.run())
                while True:
                    for what in await due_of(hosts, lease):
                        await publishing.do(what.removeprefix(DUTY))
                    await asyncio.sleep(LOOK)
        finally:
            # Whoever is next begins after it.
            await publishing.close()

    async def _tell(self, hosts: Hosts, lease: Lease) -> None:
        del hosts
        await self._alerts.run(lease)

    async def _keep_up(self, hosts: Hosts, lease: Lease) -> None:
        if await due_of(hosts, lease):
            await attempt(partial(tidy, self._home))


ROWS: Final = {
    PUBLISHING: Duties._publish,  # noqa: SLF001 - its own
    ALERTS: Duties._tell,  # noqa: SLF001 - its own
    UPKEEP: Duties._keep_up,  # noqa: SLF001 - its own
}


async def due_of(hosts: Hosts, lease: Lease) -> Sequence[str]:
    """What is due of a row that is held; nothing while the database can't be asked."""
    try:
        return await hosts.take_due(lease)
    except psycopg.Error:
        return ()
