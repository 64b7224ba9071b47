"""The days of the demo: what happens at the press rooms between one visit and the next."""

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
"""The instant at which day 1 is shown, for Last-Modified; each further day is 24 hours later."""

LAST_DAY = 3


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that happens to one release before the rooms are shown on ``day``.

    ``appear``: it is shown from now on. ``edit``: each pair of ``replace`` is an old and a new
    wording, in title or body. ``move``: its key becomes ``to``, and the old address answers
    ``status``. ``vanish``: its address answers 404. ``pin``: it leads the listing.
    """

    day: Annotated[int, msgspec.Meta(ge=2, le=LAST_DAY)]
    room: str
    release: str
    kind: Literal["appear", "edit", "move", "vanish", "pin"]
    replace: tuple[tuple[str, str], ...] = ()
    to: str = ""
    status: Literal[301, 404] = 404


@cache
def load_events() -> tuple[Event, ...]:
    """All events in the order of their days, as ``days.toml`` tells them."""
    text = (Path(__file__).parent / "days.toml").read_text("utf-8")
    events = msgspec.convert(tomllib.loads(text)["event"], tuple[Event, ...])
    return tuple(sorted(events, key=lambda event: event.day))


def instant_of(day: int) -> dt.datetime:
    """When ``day`` began, aware UTC."""
    return FIRST_DAY + dt.timedelta(days=day - 1)


def after(event: Event, shown: Mapping[str, ReleaseText]) -> dict[str, ReleaseText]:
    """The releases by key once ``event`` has happened to ``shown``.

    Raises ValueError where an edit's old wording doesn't stand exactly once in the release.
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


def edited(release: ReleaseText, event: Event) -> ReleaseText:
    """The release with each wording of the edit replaced, modified at the start of its day."""
    title, body = release.title, release.body
    for old, new in event.replace:
        if title.count(old) + body.count(old) != 1:
            raise ValueError(f"days.toml: {old!r} must stand once in {event.room}/{release.key}")
        title, body = title.replace(old, new), body.replace(old, new)
    return msgspec.structs.replace(release, title=title, body=body, modified=instant_of(event.day))
