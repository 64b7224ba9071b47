"""Plan of a service's visits: which sources it visits, and when each source is due."""

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Final

import structlog

from data.clock import utc_now
from data.errors import CommuniqueError
from data.store.core.store import Store
from scheduler.home.home import Home
from scheduler.planning.planner import NextVisit, VisitPlanner
from scheduler.service.timetable import JITTER_SHARE
from scheduler.sources.handlings import paused_sources
from spiders.sources.source_file import LoadedSource, choose, load_sources

log = structlog.get_logger()

MAX_FIRST_VISITS_PER_DAY: Final = 240
"""Maximum number of first visits per day to sources that were added from a catalogue."""

MAX_FIRST_VISITS_AT_ONCE: Final = 20
"""Maximum number of first visits to sources from a catalogue that begin at the same time."""


def first_visit(
    last: dt.datetime | None,
    due: dt.datetime,
    interval: dt.timedelta,
    now: dt.datetime,
    chance: random.Random,
) -> dt.datetime:
    """Return the time of the first visit to a source after the service starts.

    A source that was never visited is due now. Other sources are due at ``due``. Overdue visits are
    spread over a tenth of their interval, so that a restart or the wake-up of a machine causes no
    burst. The same applies if the last visit is in the future, because the clock was or is wrong.
    """
    if last is None:
        return now
    if last <= now < due:
        return due
    return now + interval * JITTER_SHARE * chance.random()


class FirstVisitBudget:
    """A budget for first visits to sources from a catalogue.

    A first visit pages back to the first release of a source. Hundreds of sources can be added at
    once. So at most MAX_FIRST_VISITS_AT_ONCE of them are due now, and at most
    MAX_FIRST_VISITS_PER_DAY per day.
    """

    def __init__(self) -> None:
        self._spent_until: dt.datetime | None = None

    def next_slot(self, now: dt.datetime) -> dt.datetime:
        """Return the earliest time of another first visit, and reserve this slot."""
        pause = dt.timedelta(days=1) / MAX_FIRST_VISITS_PER_DAY
        spent = max(self._spent_until or now, now)
        self._spent_until = spent + pause
        return max(now, spent - (MAX_FIRST_VISITS_AT_ONCE - 1) * pause)


class VisitPlan:
    """The sources of a home directory, and the times of their next visits.

    All methods except ``interval`` read the store, so call them in a thread.
    """

    def __init__(self, home: Home, chance: random.Random) -> None:
        self._home = home
        self._chance = chance
        self._first_visits = FirstVisitBudget()
        self._planner = VisitPlanner(home.settings.collect, home.settings.health)

    def interval(self, source: LoadedSource) -> float:
        """Return the mean interval between visits to a source, in seconds."""
        return self._planner.interval(source)

    def load(
        self, known: Mapping[str, LoadedSource]
    ) -> tuple[dict[str, LoadedSource], dict[str, dt.datetime], dict[str, float]]:
        """Load the sources that are not paused. ``known`` are the sources loaded before.

        Returns the sources by id, the times of the first visits to new or changed sources, and the
        seconds until the next visit to each single-page source with an unconfirmed change. Changes
        found by `communique collect` are included.
        """
        loaded, broken = load_sources(self._home.sources)
        for error in broken:
            log.error("invalid source file", problem=str(error))
        with closing(self._home.store()) as store:
            stored, removed = store.sources(), store.removed_sources()
            for one in loaded.values():
                # A person edited its name, address or time zone.
                if one.id in stored and one.id not in removed and one.source != stored[one.id]:
                    store.register(one.source)
            paused = paused_sources(store)
            chosen = {one.id: one for one in choose(loaded, ()) if one.id not in paused}
            self._planner.learn(store, chosen.values(), utc_now())
            first = {
                source.id: self._first_visit(store, source)
                for source in chosen.values()
                if (before := known.get(source.id)) is None
                or before.file.interval != source.file.interval
            }
            now = utc_now()
            confirming = {
                source.id: due.wait(now)
                for source in chosen.values()
                if source.file.is_page and (last := store.last_visit(source.id))
                if (due := self._planner.next_visit(store, source, last)).confirms
            }
            return chosen, first, confirming

    def _first_visit(self, store: Store, source: LoadedSource) -> dt.datetime:
        last, now = store.last_visit(source.id), utc_now()
        if last is None and source.file.catalogue:
            return self._first_visits.next_slot(now)
        due = self._planner.next_visit(store, source, last or now).at
        interval = dt.timedelta(seconds=self._planner.interval(source))
        return first_visit(last, due, interval, now, self._chance)

    def soonest(self, source: LoadedSource) -> dt.datetime:
        """Return the earliest allowed time for the next visit to a source.

        If the store can't be read, the source is visited after its interval.
        """
        try:
            with closing(self._home.plain_store()) as store:
                return self._planner.soonest_visit(store, source, utc_now())
        except (CommuniqueError, OSError) as error:
            log.error("the store can't be read", problem=str(error))  # noqa: TRY400 - no traceback needed
            return utc_now() + dt.timedelta(seconds=self._planner.interval(source))

    def after(self, source: LoadedSource, last: dt.datetime) -> NextVisit:
        """Return the next visit to a source after a visit that began at ``last``.

        If the store can't be read, the source is due after its interval.
        """
        try:
            with closing(self._home.store()) as store:
                return self._planner.next_visit(store, source, last)
        except (CommuniqueError, OSError) as error:
            log.error("the store can't be read", problem=str(error))  # noqa: TRY400 - no traceback needed
            seconds = self._planner.interval(source)
            return NextVisit(last + dt.timedelta(seconds=seconds), seconds)

    def next_visit(self, store: Store, source: LoadedSource) -> dt.datetime | None:
        """Return the time of the next visit to a source, or None if it was never visited."""
        last = store.last_visit(source.id)
        return self._planner.next_visit(store, source, last).at if last else None

    def witnesses(
        self, source: LoadedSource, others: Sequence[LoadedSource], wait: float
    ) -> list[str]:
        """Return sources on other hosts. Visits to them show whether our own network is down.

        They are visited in ``wait`` seconds, at the same time as ``source``.
        """
        at = utc_now() + dt.timedelta(seconds=wait)
        with closing(self._home.store()) as store:
            return self._planner.witnesses(store, source, others, at)
