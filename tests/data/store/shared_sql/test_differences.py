"""Differences of versions are computed once, and stored beside them."""

from __future__ import annotations

import datetime as dt

import pytest

from data.models import Content, EditClasses, Release
from data.revisions import stored_difference
from data.revisions.diff import changes
from data.revisions.stored_difference import changes_between, classes_between
from data.search.query import Query
from data.store.core import release_writer
from data.store.core.store import Store
from tests.drafts import BODY, draft

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def recorded(store: Store, *bodies: str) -> str:
    """A release with a version for each body; its id."""
    for number, body in enumerate(bodies):
        at = NOON + number * HOUR
        release = store.record(draft(body_text=body), seen=at, since=at).release
    assert release.revision == len(bodies)
    return release.id


def edited(*numbers: str) -> list[str]:
    return [BODY.replace("4.2", one) for one in numbers]


def test_a_version_is_compared_once_when_it_is_recorded(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[Content, Content]] = []

    def counted(old: Content, new: Content) -> object:
        compared.append((old, new))
        return changes(old, new)

    monkeypatch.setattr(stored_difference, "changes", counted)
    release = recorded(store, *edited("4.2", "4.6", "5.1"))
    assert len(compared) == 2
    first, second, third = store.revisions(release)
    assert [one.text for one in changes_between(first, second)]
    assert [one.text for one in changes_between(second, third)]
    assert store.compute_differences(limit=9) == 0
    assert len(compared) == 2
    newest, earlier = store.edits(limit=9)
    assert (newest.difference, earlier.difference) == (third.difference, second.difference)


def test_long_versions_are_compared_after_they_are_recorded(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_writer, "MAX_COMPARED_CHARACTERS", 10)
    release = recorded(store, *edited("4.2", "4.6", "5.1"))
    assert [one.difference for one in store.revisions(release)] == ["", "", ""]
    assert store.compute_differences(limit=1) == 1
    assert store.compute_differences(limit=9) == 1
    assert store.compute_differences(limit=9) == 0
    first, second, third = store.revisions(release)
    assert first.difference == ""
    expected = changes(second.content, third.content)
    monkeypatch.delattr(stored_difference, "changes")
    assert changes_between(second, third) == expected


def test_edits_are_found_by_their_classes_and_weight(store: Store) -> None:
    release = recorded(store, *edited("4.2", "4.6"), "Nothing of this remains.")
    store.update_search_index()
    for query in ("edit:figure", "edit:silent weight:>0.3", "edit:sentence-removed"):
        assert [one.id for one in found(store, query)] == [release]
    for query in ("edit:title", "weight:>0.99", "edit:announced", "weight:>1", "weight:<0.2"):
        assert found(store, query) == ()


def test_edits_that_are_compared_later_are_then_found(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_writer, "MAX_COMPARED_CHARACTERS", 10)
    release = recorded(store, *edited("4.2", "4.6"))
    store.update_search_index()
    assert found(store, "edit:figure") == ()
    last = store.last_release_event()
    store.compute_differences(limit=9)
    assert store.last_release_event() == last
    store.update_search_index()
    assert [one.id for one in found(store, "edit:figure")] == [release]


def test_a_redacted_release_has_no_classes(store: Store) -> None:
    release = recorded(store, *edited("4.2", "4.6"))
    store.redact(release, at=NOON + 9 * HOUR, why="An order of a court.")
    store.compute_differences(limit=9)
    store.update_search_index()
    first, second = store.revisions(release)
    assert classes_between(first, second) == EditClasses()
    assert found(store, "edit:figure") == ()


def found(store: Store, query: str) -> tuple[Release, ...]:
    return store.search_newest(Query(query), limit=9).releases


def test_no_part_of_a_redacted_text_remains(store: Store) -> None:
    release = recorded(store, *edited("4.2", "4.6"))
    before = store.revisions(release)[1].difference
    store.redact(release, at=NOON + 9 * HOUR, why="An order of a court.")
    first, second = store.revisions(release)
    assert second.difference == ""
    store.compute_differences(limit=9)
    first, second = store.revisions(release)
    assert second.difference != before
    assert changes_between(first, second) == ()
