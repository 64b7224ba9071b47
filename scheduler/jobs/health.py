"""Noting which sources work no more, and which work again, whether or not anything is published."""

from __future__ import annotations

from data.health.events import note_health_events
from scheduler.home import Home


def note_health(home: Home) -> int:
    """Keep what changed in the health of sources since the last time; how many changes.

    One process at a time, the next waits, so that each change is kept once. Raises StoreError.
    """
    store = home.store()
    try:
        with home.lock("health", "noting the health of sources", wait=True):
            return note_health_events(store, further=home.settings.health.confirm_visits)
    finally:
        store.close()
