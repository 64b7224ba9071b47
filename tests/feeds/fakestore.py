"""A simple store in memory for tests, and sample releases."""

# ruff: noqa: D102 - data.store.core.store.Store says what each verb does

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from data.clock import zone_of
from data.models import (
    ChangeCursor,
    Content,
    DayDigest,
    Facet,
    Handling,
    HandlingKind,
    HealthEvent,
    Media,
    Neighbour,
    Neighbours,
    Published,
    Release,
    ReleaseChange,
    ReleaseSummary,
    ReleaseTimes,
    RemovedSource,
    Return,
    Revision,
    Run,
    Sightings,
    Source,
    SourceRhythm,
)
from data.topics.facets import facets_of, section_of
from feeds.formats.feed import common_language

UTC = dt.UTC
NOON = dt.datetime(2022, 11, 24, 8, tzinfo=UTC)


class FakeStore:
    """A store over dictionaries: ``put`` stores a release and marks its feeds as changed."""

    def __init__(self, *releases: Release) -> None:
        self.pages: dict[Facet, dict[int, Sequence[str]]] = {}
        self.days: dict[str, DayDigest] = {}
        self.kept: dict[str, Release] = {}
        self.history: dict[str, list[Revision]] = {}
        self.marked: dict[Facet, int] = {}
        self.labels = {"economy": "Economy", "energy": "Energy & climate"}
        self.parents: Mapping[str, str] = {}
        self.known = {
            "acme": Source("acme", "ACME Corporation", "https://acme.example/news/", "Asia/Baku"),
            "wire": Source("wire", "The Wire", "https://wire.example/", "Europe/Paris"),
        }
        self.unread: set[str] = set()
        self.moves: dict[str, str] = {}
        self.removed: dict[str, RemovedSource] = {}
        self.changed = 0
        self.versions: dict[str, int] = {}
        self.entered: dict[str, dt.datetime] = {}
        self.visits: dict[str, list[Run]] = {}
        self.events: list[HealthEvent] = []
        self.returned: list[Return] = []
        self.handled: dict[str, dict[HandlingKind, Handling]] = {}
        self.expected: dict[str, SourceRhythm] = {}
        for release in releases:
            self.put(release)

    def put(self, release: Release) -> None:
        before = self.kept.get(release.id)
        self.kept[release.id] = release
        if before and before.retracted and not release.retracted:
            self.returned.append(Return(release.id, before.retracted, release.updated))
        seen = self.history.setdefault(release.id, [])
        if before is None or before.content != release.content:
            version = len(seen) + 1
            seen.append(
                Revision(release.id, version, release.updated, release.content, release.capture)
            )
        self.changed += 1
        self.versions[release.id] = self.changed
        self.entered.setdefault(release.id, release.updated)
        for facet in facets_of(release) | (facets_of(before) if before else set()):
            self.marked[facet] = self.changed

    def hidden(self) -> frozenset[str]:
        return frozenset()

    def news_to_publish(self) -> str:
        return ""

    def mark_in_feeds(self, last: str, at: dt.datetime) -> None:
        pass

    def release_times(self, source: str, *, limit: int) -> tuple[ReleaseTimes, ...]:
        del source, limit
        return ()

    def archive_page_count(self, facet: Facet) -> int:
        return max(self.pages.get(facet, ()), default=0)

    def archived(self, facet: Facet, ids: Sequence[str]) -> Mapping[str, int]:
        pages = self.pages.get(facet, {}).items()
        numbers = {one: page for page, some in pages for one in some}
        return {one: numbers[one] for one in ids if one in numbers}

    def archive_page(self, facet: Facet, page: int) -> Sequence[str]:
        return self.pages.get(facet, {}).get(page, ())

    def add_archive_pages(self, pages: Mapping[Facet, Mapping[int, Sequence[str]]]) -> None:
        for facet, some in pages.items():
            self.pages.setdefault(facet, {}).update(some)

    def day_digest(self, day: str) -> DayDigest | None:
        return self.days.get(day)

    def add_day_digest(self, digest: DayDigest) -> None:
        self.days.setdefault(digest.day, digest)

    def sources(self) -> Mapping[str, Source]:
        return self.known

    def secret_addresses(self) -> tuple[str, ...]:
        return ()

    def source_moves(self) -> Mapping[str, str]:
        return self.moves

    def removed_sources(self) -> Mapping[str, RemovedSource]:
        return self.removed

    def section_labels(self) -> Mapping[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        for release in self.kept.values():
            if section := section_of(release.content.section):
                found.setdefault((release.source, section.slug), section.label)
        return found

    def topics(self) -> Mapping[str, str]:
        return self.labels

    def topic_parents(self) -> Mapping[str, str]:
        return self.parents

    def release(self, release_id: str) -> Release | None:
        return self.kept.get(release_id)

    def releases(
        self, facet: Facet, *, limit: int | None = None, offset: int = 0
    ) -> Iterator[Release]:
        found = [release for release in self.kept.values() if facet in facets_of(release)]
        found.sort(key=lambda release: release.id)
        found.sort(key=lambda release: release.order, reverse=True)
        yield from found[offset : None if limit is None else offset + limit]

    def revisions(self, release_id: str) -> tuple[Revision, ...]:
        return tuple(self.history.get(release_id, ()))

    def sightings(self, release_id: str) -> Sightings:
        """The captures of the versions, where they have any."""
        versions = self.revisions(release_id)
        return Sightings({one.number: one.capture for one in versions if one.capture})

    def facets(self) -> Mapping[Facet, int]:
        counted: dict[Facet, int] = {}
        for release in self.kept.values():
            for facet in facets_of(release):
                counted[facet] = counted.get(facet, 0) + 1
        return counted

    def story(self, story: str) -> tuple[Release, ...]:
        members = [release for release in self.kept.values() if release.story == story]
        return tuple(sorted(members, key=lambda release: (release.published.at, release.id)))

    def summaries(self, facet: Facet, *, limit: int | None = None) -> tuple[ReleaseSummary, ...]:
        return tuple(self.summary(release) for release in self.releases(facet, limit=limit))

    def backlog(self, source: str, *, limit: int | None = None) -> tuple[ReleaseSummary, ...]:
        every = self.summaries(Facet(source=source))
        return tuple(one for one in every if one.is_backlog)[:limit]

    def summaries_of(self, ids: Sequence[str]) -> Mapping[str, ReleaseSummary]:
        return {one: self.summary(self.kept[one]) for one in ids if one in self.kept}

    def neighbours(self, ids: Sequence[str]) -> Mapping[str, Neighbours]:
        found: dict[str, Neighbours] = {}
        for source in self.known:
            row = [
                Neighbour(one.id, one.content.title, one.content.language or "", one.day)
                for one in self.releases(Facet(source=source))
            ]
            around = zip(row, [None, *row][:-1], [*row, None][1:], strict=True)
            found |= {one.id: Neighbours(newer, older) for one, newer, older in around}
        return {one: found[one] for one in ids if one in found}

    def summary(self, release: Release) -> ReleaseSummary:
        order = release.order.timestamp()
        return ReleaseSummary(
            release.id, release.source, self.versions[release.id], order, release.story
        )

    def last_changes(self, month: str) -> Iterator[tuple[str, dt.datetime]]:
        found = [one for one in self.kept.values() if one.day[:7] == month]
        found.sort(key=lambda one: one.id, reverse=True)
        for release in sorted(found, key=lambda one: one.order):
            yield release.id, release.updated

    def newest_of_sources(self, *, limit: int) -> Mapping[str, tuple[str, str]]:
        found = {}
        for source in self.sources():
            every = [*self.releases(Facet(source=source))]
            day = next((one.day for one in every if one.day), "")
            languages = [one.content.language for one in every[:limit]]
            if day:
                found[source] = day, common_language(languages) or ""
        return found

    def change_cursor(self) -> ChangeCursor:
        return self.changed, self.changed

    def changes_since(
        self, since: ChangeCursor, *, limit: int
    ) -> Mapping[str, ReleaseChange] | None:
        found = {}
        for release in self.kept.values():
            if self.versions[release.id] > since[0]:
                found[release.id] = ReleaseChange(self.summary(release), facets_of(release))
        return found if len(found) <= limit else None

    def edits(self, *, limit: int) -> tuple[Revision, ...]:
        found = [one for seen in self.history.values() for one in seen if one.number > 1]
        return tuple(sorted(found, key=lambda one: one.seen, reverse=True)[:limit])

    def every_edit(self) -> Sequence[tuple[str, int, float]]:
        shown = (one for one in self.edits(limit=len(self.kept) * 99) if one.release in self.kept)
        return [(one.release, one.number, one.seen.timestamp()) for one in reversed([*shown])]

    def every_retraction(self) -> Sequence[tuple[str, float]]:
        found = reversed(self.retractions(limit=len(self.kept)))
        return [(one.id, one.retracted.timestamp()) for one in found if one.retracted]

    def returns(self, *, limit: int | None = None) -> Sequence[Return]:
        found = sorted(self.returned, key=lambda one: one.until, reverse=True)
        return [one for one in found if one.release in self.kept][:limit]

    def returns_of(self, release_id: str) -> Sequence[Return]:
        return [one for one in self.returns() if one.release == release_id]

    def retractions(self, *, limit: int) -> tuple[Release, ...]:
        found = [(one.retracted, one.id) for one in self.kept.values() if one.retracted]
        return tuple(self.kept[one] for _, one in sorted(found, reverse=True)[:limit])

    def recently_updated(self, *, limit: int) -> tuple[Release, ...]:
        found = [
            (max(one.updated, one.retracted or one.updated), one) for one in self.kept.values()
        ]
        found = [(at, one) for at, one in found if at > self.entered[one.id]]
        found.sort(key=lambda pair: (pair[0], pair[1].id), reverse=True)
        return tuple(one for _, one in found[:limit])

    def as_of(self, facet: Facet, at: dt.datetime, *, limit: int) -> tuple[Release, ...]:
        then = [one for one in self.releases(facet) if one.first_seen <= at]
        return tuple(then[:limit])

    def day_counts(self, source: str, since: str) -> Mapping[str, int]:
        days = (one.day for one in self.releases(Facet(source=source)))
        return Counter(day for day in days if day >= since and day)

    def runs(self, source: str, *, limit: int) -> tuple[Run, ...]:
        return tuple(self.visits.get(source, ())[:limit])

    def dirty_feeds(self) -> Mapping[Facet, int]:
        return dict(self.marked)

    def mark_published(self, published: Mapping[Facet, int]) -> None:
        for facet, number in published.items():
            if self.marked.get(facet) == number:
                del self.marked[facet]

    def health_events(self, *, limit: int | None = None) -> Sequence[HealthEvent]:
        return self.events[-limit:] if limit else self.events

    def last_health_events(self) -> Mapping[str, HealthEvent]:
        return {event.source: event for event in self.events}

    def read_sources(self) -> frozenset[str]:
        return frozenset(self.known) - self.unread

    def health_events_of(self, source: str, *, limit: int) -> Sequence[HealthEvent]:
        return [event for event in reversed(self.events) if event.source == source][:limit]

    def add_health_events(
        self, events: Iterable[HealthEvent], *, untold: Collection[str] = ()
    ) -> None:
        del untold
        self.events += events

    def handlings(self, now: dt.datetime) -> Mapping[str, Mapping[HandlingKind, Handling]]:
        return {
            source: {kind: one for kind, one in some.items() if not one.until or one.until > now}
            for source, some in self.handled.items()
        }

    def handle(self, source: str, handling: Handling) -> None:
        self.handled.setdefault(source, {})[handling.kind] = handling

    def end_handling(self, source: str, kind: HandlingKind) -> bool:
        return self.handled.get(source, {}).pop(kind, None) is not None

    def rhythms(self) -> Mapping[str, SourceRhythm]:
        return self.expected

    def keep_rhythms(self, rhythms: Mapping[str, SourceRhythm]) -> None:
        self.expected = {**self.expected, **rhythms}

    def release_days(self, source: str) -> Sequence[dt.date]:
        found = self.releases(Facet(source=source))
        return sorted({dt.date.fromisoformat(one.day) for one in found if one.day}, reverse=True)

    def first_days(self) -> Mapping[str, dt.date]:
        days = {name: self.release_days(name) for name in self.known}
        return {name: some[-1] for name, some in days.items() if some}

    def publishing_sources(self, since: dt.date) -> Mapping[str, Mapping[dt.date, int]]:
        found: dict[str, dict[dt.date, int]] = {}
        for source in self.known.values():
            counts = found.setdefault(source.timezone, {})
            for day in self.release_days(source.id):
                if day >= since:
                    counts[day] = counts.get(day, 0) + 1
        return found


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
