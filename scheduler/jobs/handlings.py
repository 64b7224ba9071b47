"""What people decide of sources: known to be broken, told to nobody, not visited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from contextlib import closing
from typing import Any, Final

from data.clock import utc_now
from data.errors import CommuniqueError
from data.health.overview import health_fields, overview
from data.health.state import Health
from data.models import Handling, HandlingKind
from data.store.protocol import Store
from scheduler.home import Home
from scheduler.jobs.source_changes import check_known
from spiders.sources.loader import load_source

DAYS: Final = 7
"""Days for which a source is muted where nobody says for how long: a mute that is forgotten hides
what it was not meant for."""

MOST_DAYS: Final = 3650


def handle_source(home: Home, source: str, handling: Handling) -> None:
    """Keep what a person decided of a source. Raises UnknownSource."""
    with closing(home.store()) as store:
        check_known(store, source)
        store.handle(source, handling)


class NothingToAcknowledge(CommuniqueError):
    """A source is well, so nothing of it can be known to be broken."""

    def __init__(self, source: str, state: str) -> None:
        super().__init__(f"{source} is {state}: there is nothing to acknowledge")
        self.source = source
        self.state = state


def acknowledge(home: Home, source: str, why: str) -> Handling:
    """Keep that somebody knows that a source is broken.

    Raises NothingToAcknowledge, and UnknownSource.
    """
    with closing(home.store()) as store:
        found = next((one for one in overview(store) if one.source == source), None)
    if found and found.is_well:
        raise NothingToAcknowledge(source, found.state)
    acknowledged = Handling("acknowledged", utc_now(), why)
    handle_source(home, source, acknowledged)
    return acknowledged


def mute(home: Home, source: str, why: str, days: int) -> Handling:
    """Have nobody alerted of the health of a source for some days. Raises UnknownSource."""
    now = utc_now()
    muted = Handling("muted", now, why, now + dt.timedelta(days=days))
    handle_source(home, source, muted)
    return muted


def pause(home: Home, source: str, why: str) -> Handling:
    """Have a source visited no more, unless somebody names it.

    Raises SourceError, and UnknownSource.
    """
    with closing(home.store()) as store:
        store.register(load_source(home.sources, source).source)
    paused = Handling("paused", utc_now(), why)
    handle_source(home, source, paused)
    return paused


def end_handlings(home: Home, source: str, kinds: Iterable[HandlingKind]) -> list[HandlingKind]:
    """End what a person decided of a source, and say which of these kinds there was.

    Raises UnknownSource.
    """
    with closing(home.store()) as store:
        check_known(store, source)
        return [kind for kind in kinds if store.end_handling(source, kind)]


def paused_sources(store: Store) -> frozenset[str]:
    """The sources that are not to be visited but when they are named."""
    handled = store.handlings(utc_now())
    return frozenset(source for source, kinds in handled.items() if "paused" in kinds)


def handling_line(one: Handling) -> str:
    """What was decided, for people."""
    until = f" until {one.until:%Y-%m-%d}" if one.until else ""
    return f"{one.kind}{until}{f': {one.why}' if one.why else ''}"


def why_line(one: Health) -> str:
    """Why a source is as it is, and what people decided of it, for people."""
    visit = ("a visit is under way",) if one.visiting else ()
    return "; ".join([one.reason, *visit, *map(handling_line, one.handled.values())])


def handled_fields(one: Health) -> dict[str, Any]:
    """The health of a source as JSON has it for those who run a HOME: with their reasons."""
    return {**health_fields(one), "handled": [*one.handled.values()]}
