"""Decisions of operators about sources: acknowledged failures, muted alerts, paused visits."""

import datetime as dt
from collections.abc import Iterable
from contextlib import closing
from typing import Any, Final

from data.clock import utc_now
from data.errors import CommuniqueError
from data.health.state import Health, health_fields, overview
from data.models import Handling, HandlingKind
from data.store.core.store import Store
from scheduler.home.home import Home
from scheduler.sources.known_names import check_source
from spiders.sources.source_file import load_source

DEFAULT_MUTE_DAYS: Final = 7
"""Default duration of a mute in days. A mute without an end might be forgotten and hide later
failures."""

MAX_MUTE_DAYS: Final = 3650
"""Maximum duration of a mute in days."""


def handle_source(home: Home, source: str, handling: Handling) -> Handling:
    """Store and return a decision about a source. The store may not have this source yet.

    Raises SourceError if its file is invalid, and UnknownSource if no source has this id.
    """
    with closing(home.store()) as store:
        check_source(home, store, source)
        if source not in store.sources():
            store.register(load_source(home.sources, source).source)
        store.handle(source, handling)
        return handling


class NothingToAcknowledge(CommuniqueError):
    """Raised if a source is healthy, so that there is no failure to acknowledge."""

    def __init__(self, source: str, state: str) -> None:
        super().__init__(f"{source} is {state}, so there is nothing to acknowledge")
        self.source = source
        self.state = state


def acknowledge(home: Home, source: str, why: str) -> Handling:
    """Record that a person knows about the failure of a source.

    Raises NothingToAcknowledge if the source is healthy, and UnknownSource if it does not exist.
    """
    with closing(home.store()) as store:
        found = next((one for one in overview(store) if one.source == source), None)
    if found and found.is_well:
        raise NothingToAcknowledge(source, found.state)
    return handle_source(home, source, Handling("acknowledged", utc_now(), why))


def mute(home: Home, source: str, why: str, days: int) -> Handling:
    """Mute alerts about the health of a source for a number of days. Raises UnknownSource."""
    now = utc_now()
    return handle_source(home, source, Handling("muted", now, why, now + dt.timedelta(days=days)))


def pause(home: Home, source: str, why: str) -> Handling:
    """Pause a source. It is then visited only if a person requests a visit.

    Raises SourceError if its file is invalid, and UnknownSource if no source has this id.
    """
    return handle_source(home, source, Handling("paused", utc_now(), why))


def end_handlings(home: Home, source: str, kinds: Iterable[HandlingKind]) -> list[HandlingKind]:
    """End decisions about a source, and return the kinds that were active.

    Raises UnknownSource.
    """
    with closing(home.store()) as store:
        check_source(home, store, source)
        return [kind for kind in kinds if store.end_handling(source, kind)]


def paused_sources(store: Store) -> frozenset[str]:
    """Return the paused sources, which are visited only if a person requests a visit."""
    handled = store.handlings(utc_now())
    return frozenset(source for source, kinds in handled.items() if "paused" in kinds)


def handling_line(one: Handling) -> str:
    """Format a decision as a readable line."""
    until = f" until {one.until:%Y-%m-%d}" if one.until else ""
    return f"{one.kind}{until}{f': {one.why}' if one.why else ''}"


def why_line(one: Health) -> str:
    """Return a line with the reason for a source's health and the decisions about the source."""
    visit = ("a visit is under way",) if one.visiting else ()
    return "; ".join([one.reason, *visit, *map(handling_line, one.handled.values())])


def handled_fields(one: Health) -> dict[str, Any]:
    """Return the health of a source and the decisions about it as JSON values for operators."""
    return {**health_fields(one), "handled": [*one.handled.values()]}
