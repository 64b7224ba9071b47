"""Publishing a HOME: what `communique publish` and the service both do."""

from __future__ import annotations

import logging
from functools import partial

from feeds.keeping import Damaged, forget
from feeds.publication import Publication
from feeds.publish import publish
from scheduler.home import Home
from scheduler.websub import note_changes

log = logging.getLogger(__name__)


def publish_home(home: Home, *, everything: bool = False) -> Publication:
    """Publish what changed in a HOME, or all of it; one process at a time, the next waits."""
    store = home.store()
    try:
        with home.lock("publish", "communique publish", wait=True):
            kept = home.path / "rendered.db"
            make = partial(publish, store, home.site, home.settings.site, all=everything, kept=kept)
            try:
                published = make()
            except Damaged as error:
                log.warning("%s; all is rendered anew", error)
                forget(kept)
                published = make()
            if published.files:
                note_changes(home, published.files)
            return published
    finally:
        store.close()
