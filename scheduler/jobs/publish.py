"""Publishing a HOME: what `communique publish` and the service both do."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial

from feeds.publishing.keeping import Damaged, forget
from feeds.publishing.publication import Publication
from feeds.publishing.publish import publish
from feeds.urls import hub_of
from feeds.websub.state import PushState
from scheduler.home import Home

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


FILE = "websub.db"


def note_changes(home: Home, files: Iterable[str] | None = None) -> None:
    """Note which feeds changed, of some files or of all, where there is a hub to tell."""
    if hub_of(home.settings.site) is None:
        return
    kept = PushState(home.path / FILE)
    try:
        kept.look(home.site, files)
    finally:
        kept.close()
