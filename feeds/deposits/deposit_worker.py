"""Worker that queues the deposits of new versions, and requests them from the archives."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from data.errors import LeaseLost, StoreError
from data.models import Deposit, DepositReceipt
from data.network.client import Outbound
from data.settings.archive import DepositSettings
from data.store.core.store import Store
from data.store.shared_sql.events import DEPOSITS
from feeds.deposits.permission import is_reachable_publicly, refusal
from feeds.deposits.save_api import Accepted, Busy, Lost, Nothing, Rejected, SaveApi, Saved
from feeds.sending_loop import Backoff, cancel, in_thread

log = structlog.get_logger()

MAX_EVENTS: Final = 500
"""Maximum number of events per transaction."""

MAX_REJECTIONS: Final = 8
"""Number of failed attempts after which a deposit is abandoned. An attempt fails if the archive
rejects the page, or if the page's host has no address.
"""

DAY_SECONDS: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class DepositPace:
    """Delays and limits of the worker in seconds. Tests shorten them.

    ``poll`` is the time between two requests for the state of a job. ``settle`` is the time after
    an unanswered request in which the archive may still make a capture. ``job`` is the maximum
    duration of a job.
    """

    retry: Backoff = field(default_factory=Backoff)
    poll: float = 6
    settle: float = 1800
    job: float = 3600


class DepositWorker:
    """Deposits new versions at the ``archives``, with one request at a time to each archive.

    If the site is not public (``is_public``), nothing is deposited.
    """

    def __init__(
        self,
        store: Store,
        archives: Mapping[str, DepositSettings],
        outbound: Outbound,
        pace: DepositPace,
        *,
        is_public: bool = True,
    ) -> None:
        self._store = store
        self._archives = archives
        self._apis = {name: SaveApi(name, one, outbound) for name, one in archives.items()}
        self._pace = pace
        self._is_public = is_public
        self._failures = dict.fromkeys(archives, 0)
        self._unanswered: dict[str, list[float]] = {name: [] for name in archives}
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._archiving = asyncio.Lock()

    async def run(self) -> None:
        """Queue and request deposits until the task is cancelled."""
        backlog = [name for name, one in self._archives.items() if one.backlog]
        await in_thread(self._store, self._store.begin_deposits, backlog, time.time())
        try:
            while True:
                more = await in_thread(self._store, self._queue)
                for name in self._archives.keys() - self._busy.keys():
                    self._busy[name] = asyncio.create_task(self._serve(name))
                if not more:
                    await self._pace.retry.rest()
        finally:
            await cancel(self._busy.values())

    def _queue(self) -> bool:
        """Queue the deposits for the next events. Return whether more events may be queued."""
        events = self._store.waiting_events(DEPOSITS, limit=MAX_EVENTS)
        if events:
            now = time.time()
            deposits = [
                Deposit(event.release, event.revision, name, due=now)
                for event in events
                for name, archive in self._archives.items()
                if event.release and (archive.backlog or not event.backlog)
            ]
            self._store.settle_deposits(events[-1].number, deposits)
        return len(events) == MAX_EVENTS

    async def _serve(self, name: str) -> None:
        """Send requests to an archive as long as deposits are due."""
        try:
            while deposit := await in_thread(
                self._store, self._store.next_deposit, name, time.time()
            ):
                await self._step(self._apis[name], deposit)
        except (StoreError, LeaseLost, OSError) as error:
            # Nothing can be recorded, so the next round tries again.
            log.warning("deposits are delayed", archive=name, problem=str(error))
        except Exception as error:
            # A retry at once would fail again, because of the same bug.
            log.exception("a deposit failed", archive=name)
            await in_thread(self._store, self._store.note_failure, DEPOSITS, error)
            await self._put_off(name, Busy(type(error).__name__))
        finally:
            del self._busy[name]

    async def _step(self, api: SaveApi, deposit: Deposit) -> None:
        """Send the next request for a deposit, and store the result."""
        url, reason = await in_thread(self._store, refusal, self._store, deposit.release)
        if not self._is_public:
            reason = "the site is protected by tokens"
        if reason and deposit.state == "waiting":
            await self._keep(replace(deposit, state="refused", problem=reason))
        elif deposit.state == "waiting":
            await self._request(api, deposit, url)
        elif deposit.job:
            await self._follow_job(api, deposit, url)
        else:
            await self._find_capture(api, deposit, url)

    async def _request(self, api: SaveApi, deposit: Deposit, url: str) -> None:
        """Request a capture, if the host is public and the daily budget allows it."""
        public = await is_reachable_publicly(url)
        if public is None and await is_reachable_publicly(self._archives[api.name].save) is None:
            # Our own network has failed, so this is not counted against the page.
            await self._put_off(api.name, Busy("host names can't be resolved now"))
            return
        if public is None:
            await self._reject(deposit, Rejected("its host name can't be resolved"))
            return
        if not public:
            await self._keep(replace(deposit, state="refused", problem="its host is not public"))
            return
        now = time.time()
        since = now - DAY_SECONDS
        stored = await in_thread(self._store, self._store.deposits_since, api.name, since)
        unanswered = [at for at in self._unanswered[api.name] if at > since]
        self._unanswered[api.name] = unanswered
        sent = sorted([*stored, *unanswered])
        daily = self._archives[api.name].daily
        if len(sent) >= daily:
            until = sent[-daily] + DAY_SECONDS
            await self._put_off(api.name, Busy("the daily budget is used up", until))
            return
        # Stored before the request, so that a capture is looked up if the response is lost.
        requested = replace(deposit, state="running", submitted=now, job="", problem="")
        if not await self._keep(requested):
            # A newer version is deposited instead.
            return
        outcome = await api.save(url, deposit.revision)
        if isinstance(outcome, Busy):
            # The archive refused the request, so it makes no capture.
            await self._keep(deposit)
        await self._settle(requested, outcome)

    async def _follow_job(self, api: SaveApi, deposit: Deposit, url: str) -> None:
        outcome = await api.job(deposit.job, url, deposit.revision)
        if isinstance(outcome, Nothing) and time.time() > deposit.submitted + self._pace.job:
            outcome = Lost("the archive did not finish its job")
        await self._settle(deposit, outcome)

    async def _find_capture(self, api: SaveApi, deposit: Deposit, url: str) -> None:
        """Find the capture of a request whose response was lost."""
        outcome = await api.capture_since(url, deposit.revision, deposit.submitted)
        if isinstance(outcome, Nothing) and time.time() > deposit.submitted + self._pace.settle:
            # The store keeps only the time of the last request, so this one is counted here.
            self._unanswered[api.name].append(deposit.submitted)
            await self._keep(replace(deposit, state="waiting", due=time.time(), submitted=0.0))
            return
        await self._settle(deposit, outcome)

    async def _settle(
        self, deposit: Deposit, outcome: Accepted | Saved | Rejected | Busy | Lost | Nothing
    ) -> None:
        """Store the result of a request."""
        name = deposit.archive
        if not isinstance(outcome, Busy | Lost):
            self._failures[name] = 0
        now = time.time()
        soon = now + max(self._pace.poll, (now - deposit.submitted) / 4)
        match outcome:
            case Accepted(job):
                await self._keep(replace(deposit, state="running", job=job, due=soon))
            case Saved(receipt):
                async with self._archiving:
                    await in_thread(self._store, self._keep_receipt, deposit.release, receipt)
                log.info("a version was deposited", archive=name, capture=receipt.url)
            case Nothing():
                await self._keep(replace(deposit, due=soon))
            case Rejected():
                await self._reject(deposit, outcome)
            case Lost(problem):
                lost = replace(deposit, state="running", job="", due=soon, problem=problem)
                await self._keep(lost)
                await self._put_off(name, Busy(problem))
            case Busy():
                await self._put_off(name, outcome)

    def _keep_receipt(self, release_id: str, receipt: DepositReceipt) -> None:
        """Store and archive a receipt. Only one thread at a time may do this."""
        # Closing signs the archived record, and lets other processes write to its file.
        with closing(self._store):
            self._store.keep_receipt(release_id, receipt)

    async def _reject(self, deposit: Deposit, outcome: Rejected) -> None:
        """Schedule another attempt for a rejected deposit, or abandon the deposit."""
        attempts = deposit.attempts + 1
        dead = outcome.final or attempts >= MAX_REJECTIONS
        await self._keep(
            replace(
                deposit,
                state="dead" if dead else "waiting",
                due=self._pace.retry.after(deposit.attempts),
                attempts=attempts,
                job="",
                problem=outcome.problem,
            )
        )
        log.warning("a version was not deposited", archive=deposit.archive, problem=outcome.problem)

    async def _put_off(self, name: str, outcome: Busy) -> None:
        """Postpone all requests to an archive until the time it demands, or by a default delay."""
        until = outcome.until
        if until is None or until <= time.time():
            until = self._pace.retry.after(self._failures[name])
            self._failures[name] += 1
        problem = outcome.problem
        await in_thread(self._store, self._store.put_off_deposits, name, until, problem)
        log.warning("deposits to an archive are postponed", archive=name, problem=problem)

    async def _keep(self, deposit: Deposit) -> bool:
        return await in_thread(self._store, self._store.keep_deposit, deposit)
