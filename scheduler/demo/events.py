"""Days of the demo, and the events in the press rooms between them."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from scheduler.demo.texts import ReleaseText

FIRST_DAY = dt.datetime(2026, 11, 19, 20, 0, tzinfo=dt.UTC)
"""Start of day 1, used for Last-Modified. Each day starts 24 hours after the previous day."""

LAST_DAY = 3
"""Number of the last day, counted from 1."""


class RoomEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change of a release at the start of ``day``.

    ``appear`` shows it for the first time. ``edit`` replaces wordings in its title or body;
    ``replace`` has pairs of old and new. ``move`` changes its key to ``to``, and its old address
    returns ``status``. ``vanish`` makes its address return 404. ``pin`` puts it on top of the
    listing.
    """

    day: Annotated[int, msgspec.Meta(ge=2, le=LAST_DAY)]
    room: str
    release: str
    kind: Literal["appear", "edit", "move", "vanish", "pin"]
    replace: tuple[tuple[str, str], ...] = ()
    to: str = ""
    status: Literal[301, 404] = 404


@cache
def load_events() -> tuple[RoomEvent, ...]:
    """Load the events from ``days.toml``, sorted by day."""
    text = (Path(__file__).parent / "days.toml").read_text("utf-8")
    events = msgspec.convert(tomllib.loads(text)["event"], tuple[RoomEvent, ...])
    return tuple(sorted(events, key=lambda event: event.day))


def instant_of(day: int) -> dt.datetime:
    """Return the start of ``day``, aware UTC."""
    return FIRST_DAY + dt.timedelta(days=day - 1)


def after(event: RoomEvent, shown: Mapping[str, ReleaseText]) -> dict[str, ReleaseText]:
    """Apply an event to releases by key.

    Raises ValueError if an edit's old wording does not occur exactly once in the release.
    """
    changed = dict(shown)
    if event.kind == "vanish":
        del changed[event.release]
    elif event.kind == "move":
        moved = changed.pop(event.release)
        changed[event.to] = msgspec.structs.replace(moved, key=event.to)
    elif event.kind == "edit":
        changed[event.release] = edited(changed[event.release], event)
    return changed


def edited(release: ReleaseText, event: RoomEvent) -> ReleaseText:
    """Replace the wordings of an edit. The release counts as modified at the start of the day."""
    title, body = release.title, release.body
    for old, new in event.replace:
        if title.count(old) + body.count(old) != 1:
            raise ValueError(f"days.toml: {old!r} must occur once in {event.room}/{release.key}")
        title, body = title.replace(old, new), body.replace(old, new)
    return msgspec.structs.replace(release, title=title, body=body, modified=instant_of(event.day))
