"""The counts that a correct collector reports for the press rooms, per day."""

from __future__ import annotations

from collections.abc import Collection

from scheduler.demo.rooms import load_events, load_releases, load_rooms


def expected(day: int, rooms: Collection[str] = ()) -> dict[str, int]:
    """Return the counts of some or all rooms after a visit on ``day``, one visit per day.

    ``new``, ``changed`` and ``retracted`` count results of this visit. ``sources``, ``releases``
    and ``stories`` count rows of the store, which keeps retracted releases. A moved release is
    neither new nor changed. A vanished release is retracted when a second visit does not find it. A
    story is a text that more than one source published.
    """
    rooms = rooms or load_rooms()
    events = [event for event in load_events() if event.room in rooms]
    appeared = {
        (event.room, event.release): event.day for event in events if event.kind == "appear"
    }
    releases = {(room, key): text for room in rooms for key, text in load_releases(room).items()}
    first_shown = {place: appeared.get(place, 1) for place in releases}
    return {
        "sources": len(rooms),
        "releases": sum(shown <= day for shown in first_shown.values()),
        "new": sum(shown == day for shown in first_shown.values()),
        "changed": sum(event.kind == "edit" and event.day == day for event in events),
        "retracted": sum(event.kind == "vanish" and event.day == day - 1 for event in events),
        "stories": len(
            {
                text.copies
                for place, text in releases.items()
                if text.copies and first_shown[place] <= day
            }
        ),
    }
