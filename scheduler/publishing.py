"""Publishing a HOME: what `communique publish` and the service both do."""

from __future__ import annotations

from feeds.publication import Publication
from feeds.publish import publish
from scheduler.home import Home
from scheduler.websub import note_changes


def publish_home(home: Home, *, everything: bool = False) -> Publication:
    """Publish what changed in a HOME, or all of it; one process at a time, the next waits."""
    store = home.store()
    try:
        with home.lock("publish", "communique publish", wait=True):
            published = publish(
                store,
                home.site,
                home.settings.site,
                all=everything,
                kept=home.path / "rendered.db",
            )
            if published.files:
                note_changes(home, published.files)
            return published
    finally:
        store.close()
