"""A site after some days of a press room, published each day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from data.health.health_changes import note_health_events
from data.models import Run, RunError, Source
from data.settings import SiteSettings
from data.store.core.store import Store
from feeds.publishing.publish import publish
from feeds.publishing.publish_context import Publication
from tests.drafts import BODY, draft, published

SITE = SiteSettings(url="https://press.example", entries=4)
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def site(store: Store, home: Path, now: dt.datetime, *, everything: bool = False) -> Publication:
    kept = home / "rendered.db"
    return publish(store, home / "site", SITE, cache=kept, now=now, all=everything)


def live(store: Store, home: Path, days: range) -> None:
    """Days of a press room: releases, an edit, a retraction, failures."""
    store.register(Source("harbour", "Harbour Board", "http://harbour.example/", "Europe/Paris"))
    for number in days:
        now = NOON + number * DAY
        for part in range(2):
            url = f"http://harbour.example/{number}/{part}"
            body = f"Notice {number}.{part}: {BODY}"
            one = draft(url, title=url, body_text=body, published=published(str(now.date())))
            store.record(one, seen=now, since=now)
        (first,) = store.find_releases("http://harbour.example/0/0", limit=1)
        if number in {6, 15}:
            body = f"{BODY}\n\nIt opened on day {number}."
            edited = draft(first.url, title=first.content.title, body_text=body)
            store.record(edited, seen=now, since=now)
        if number == 8:
            store.retract(first.id, at=now)
        errors = (RunError("http://harbour.example/", "http", "answered 500"),)
        store.add_run(Run("harbour", now, 1.0, errors=errors if number in {4, 9, 17} else ()))
        note_health_events(store, further=0, now=NOON)
        assert site(store, home, now).errors == ()


def content(home: Path) -> dict[str, bytes]:
    """All files of a site."""
    folder = home / "site"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
