"""A store in a temporary file for tests that need whole releases, and sample releases."""

from __future__ import annotations

import datetime as dt
import functools
import sqlite3
import tempfile
import uuid
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from data.clock import zone_of
from data.identity.decision import DraftDecision
from data.models import Content, Facet, Media, Published, Release, Run, Source
from data.store.sqlite.store import SqliteStore
from data.store.unit_of_work.outcome import RecordOutcome
from tests.blank_store import blank_store

UTC = dt.UTC
NOON = dt.datetime(2022, 11, 24, 8, tzinfo=UTC)

ACME = Source("acme", "ACME Corporation", "https://acme.example/news/", "Asia/Baku")
WIRE = Source("wire", "The Wire", "https://wire.example/", "Europe/Paris")
LABELS = {"economy": "Economy", "energy": "Energy & climate"}

_opened: list[SampleStore] = []


class SampleStore(SqliteStore):
    """A store with two sources, in a temporary file: ``put`` stores a whole release.

    The fixture ``closed_samples`` closes it after the tests of a module.
    """

    def __init__(self, *releases: Release) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="sample-store-")
        path = Path(self.folder.name) / "communique.db"
        path.write_bytes(_template())
        super().__init__(path)
        _opened.append(self)
        with self.transaction():
            self.label(**LABELS)
            for release in releases:
                self.put(release)

    def put(self, release: Release) -> None:
        """Store a release as it is, or its new state. A change of its content is a new version."""
        known = self.release(release.id)
        if known and known.content != release.content and known.revision >= release.revision:
            release = replace(release, revision=known.revision + 1)
        self.restore(
            RecordOutcome(
                DraftDecision("changed" if known else "new", release),
                known,
                uuid.UUID(release.id).bytes,
                addresses=(release.url, *release.aliases),
                labels={topic: LABELS.get(topic, topic) for topic in release.content.topics},
                capture=release.capture,
            )
        )

    def copied(self) -> SampleStore:
        """Return another store with the same content."""
        copy = SampleStore()
        with closing(sqlite3.connect(self._connection.path)) as db:
            db.backup(copy._connection.db)
        return copy

    def stored(self, release_id: str) -> Release:
        """Return a release that the store has."""
        found = self.release(release_id)
        assert found is not None
        return found

    def every(self) -> dict[str, Release]:
        """Return all visible releases by id."""
        return {one.id: one for one in self.releases(Facet())}

    def label(self, **labels: str) -> None:
        """Give topics other labels."""
        with self._writing():
            tables = self._tables()
            tables.label_topics(labels)
            tables.write()

    def forget_health(self) -> None:
        """Delete all changes of health."""
        with self._writing() as db:
            db.execute("DELETE FROM health_events")

    def visited(self, *sources: str) -> None:
        """Store a successful visit of each source."""
        for source in sources:
            self.add_run(Run(source, NOON, 1.0, found=1, new=1))

    def close(self) -> None:
        """Close the store and delete its file."""
        super().close()
        self.folder.cleanup()


def close_samples() -> None:
    """Close all sample stores."""
    while _opened:
        _opened.pop().close()


@functools.cache
def _template() -> bytes:
    """Return the file of a store with two sources, made once per process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "communique.db"
        path.write_bytes(blank_store())
        with closing(SqliteStore(path)) as store:
            store.register(ACME)
            store.register(WIRE)
        return path.read_bytes()


def make_release(number: int = 1, source: str = "acme", **changes: object) -> Release:
    """Return a complete release; keywords set fields of its content or of the release."""
    at = NOON + dt.timedelta(hours=number)
    content = Content(
        title=f"Statement {number}",
        published=Published(at, "second", "+04:00", at.isoformat(), "json-ld"),
        language="en",
        section="Events",
        topics=("economy",),
        publisher="ACME Press Service",
        summary=f"What statement {number} says.",
        body_html=f"<p>All that statement {number} says.</p>",
        body_text=f"All that statement {number} says.",
        images=(Media("https://acme.example/a.jpg", "image/jpeg", None, "A picture"),),
        attachments=(Media("https://acme.example/a.pdf", "application/pdf", 1234, "Full text"),),
    )
    fields = {name: changes.pop(name) for name in tuple(changes) if hasattr(content, name)}
    content = replace(content, **fields)  # type: ignore[arg-type]  # the caller names real fields
    assert content.published is not None
    return replace(
        Release(
            id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{source}/{number}")),
            source=source,
            url=f"https://{source}.example/news/{number}",
            content=content,
            first_seen=at,
            last_seen=at,
            updated=content.published.at,
            order=content.published.at,
        ),
        **changes,  # type: ignore[arg-type]  # the caller names real fields
    )


def on_day(day: str, zone: str) -> Published:
    """Return a date of day precision: noon in its zone."""
    noon = dt.datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=zone_of(zone))
    return Published(noon.astimezone(UTC), "day", zone, day, "meta:date")
