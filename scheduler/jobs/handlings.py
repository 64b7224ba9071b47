"""What people decide of sources: known to be broken, told to nobody, not visited."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from typing import Any

from data.clock import utc_now
from data.health.overview import health_fields
from data.health.state import Health
from data.models import Handling, HandlingKind
from data.store.protocol import Store
from scheduler.home import Home
from scheduler.jobs.source_changes import check_known


def handle_source(home: Home, source: str, handling: Handling) -> None:
    """Keep what a person decided of a source. Raises UnknownSource."""
    with closing(home.store()) as store:
        check_known(store, source)
        store.handle(source, handling)


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
    return "; ".join([one.reason, *map(handling_line, one.handled.values())])


def handled_fields(one: Health) -> dict[str, Any]:
    """The health of a source as JSON has it for those who run a HOME: with their reasons."""
    return {**health_fields(one), "handled": [*one.handled.values()]}
