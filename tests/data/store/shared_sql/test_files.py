"""The texts of attachments: stored by digest, searched, replaced as edits, and removed."""

import datetime as dt

import pytest

from data.models import FileText, Media, RecordPlace, Release
from data.models.capture import Cut
from data.revisions.stored_difference import changes_between, classes_between
from data.search.query import Query
from data.store.core import recorder
from data.store.core.store import Store
from data.store.shared_sql import files
from tests.drafts import capture, draft

MINUTES = Media("http://harbour.example/minutes.pdf", "application/pdf")
FIRST = FileText("pdf", ("The lamp is lit.", "Dredging costs 12500 crowns."))
SECOND = FileText("pdf", ("The lamp is lit.", "Dredging costs 13900 crowns."))
DAY = dt.timedelta(days=1)


def with_minutes(store: Store, noon: dt.datetime, text: FileText = FIRST) -> Release:
    """A release whose attachment was archived and read."""
    release = store.record(draft(attachments=(MINUTES,)), seen=noon, since=noon).release
    store.keep_file("harbour", MINUTES.url, capture(1, noon))
    assert store.keep_file_text(MINUTES.url, "sha256:aa", text, seen=noon) == 0
    return stored(store, release)


def stored(store: Store, release: Release) -> Release:
    """The release as it is stored now."""
    found = store.release(release.id)
    assert found is not None
    return found


def found(store: Store, text: str) -> list[str]:
    """The ids of the releases that a search finds."""
    store.update_search_index()
    return [one.id for one in store.search(Query(text), limit=5)]


def test_a_release_is_found_by_the_text_of_its_attachment(store: Store, noon: dt.datetime) -> None:
    release = with_minutes(store, noon)
    assert release.revision == 1
    assert store.file_texts(["sha256:aa", "sha256:bb"]) == {"sha256:aa": FIRST}
    assert found(store, "dredging 12500") == [release.id]
    assert found(store, '"12500 crowns"') == [release.id]


def test_texts_are_read_up_to_a_total_size(
    store: Store, noon: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_minutes(store, noon)
    store.keep_file_text(MINUTES.url, "sha256:bb", SECOND, seen=noon + DAY)
    monkeypatch.setattr(files, "MAX_READ_CHARACTERS", 70)
    assert store.file_texts(["sha256:bb", "sha256:aa"]) == {"sha256:bb": SECOND}


def test_a_file_with_another_text_is_an_edit_and_the_same_text_is_not(
    store: Store, noon: dt.datetime
) -> None:
    release = with_minutes(store, noon)
    assert store.keep_file_text(MINUTES.url, "sha256:ab", FIRST, seen=noon + DAY) == 0
    assert store.keep_file_text(MINUTES.url, "sha256:bb", SECOND, seen=noon + DAY) == 1
    now = stored(store, release)
    assert (now.revision, now.updated) == (2, noon + DAY)
    before, after = store.revisions(release.id)
    file, text = changes_between(before, after)
    assert (file.field, file.passages) == ("attachments", 1)
    assert classes_between(before, after).classes == ("attachment",)
    assert text.field == "attachment_text"
    assert "[-12500-]{+13900+}" in text.text
    assert (found(store, "13900"), found(store, "12500")) == ([release.id], [])
    # A visit of the unchanged page is no further edit.
    again = store.record(draft(attachments=(MINUTES,)), seen=noon + 2 * DAY, since=noon + 2 * DAY)
    assert (again.kind, again.release.content) == ("unchanged", now.content)


def test_the_replacement_of_a_file_of_the_frame_is_no_edit_and_its_text_is_found(
    store: Store, noon: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "MAX_EDITED_RELEASES", 2)
    releases = []
    for number in range(3):
        page = draft(
            f"http://harbour.example/{number}",
            title=f"Notice {number}",
            body_text=f"Berth {number} is closed to ships of class {number}.",
            attachments=(MINUTES,),
        )
        releases.append(store.record(page, seen=noon, since=noon).release)
    store.keep_file("harbour", MINUTES.url, capture(1, noon))
    assert store.keep_file_text(MINUTES.url, "sha256:aa", FIRST, seen=noon) == 0
    assert store.keep_file_text(MINUTES.url, "sha256:bb", SECOND, seen=noon + DAY) == 0
    assert [stored(store, one).revision for one in releases] == [1, 1, 1]
    assert {*found(store, "13900")} == {one.id for one in releases[1:]}


@pytest.mark.parametrize("cut", ["damaged", "kind", "time", "password"])
def test_an_error_page_or_a_damaged_file_does_not_replace_a_text(
    store: Store, noon: dt.datetime, cut: str
) -> None:
    release = with_minutes(store, noon)
    worse = FileText("unknown", (), cut)  # type: ignore[arg-type]  # one of its words
    assert store.keep_file_text(MINUTES.url, "sha256:cc", worse, seen=noon + DAY) == 0
    assert stored(store, release) == release
    assert found(store, "12500") == [release.id]


def test_a_later_release_with_a_known_file_and_an_edited_page_keep_its_text(
    store: Store, noon: dt.datetime
) -> None:
    with_minutes(store, noon)
    other = draft("http://harbour.example/news/2", title="Tides", attachments=(MINUTES,))
    second = store.record(other, seen=noon, since=noon).release
    edited = draft(title="A new title", attachments=(MINUTES,))
    first = store.record(edited, seen=noon + DAY, since=noon + DAY).release
    assert first.revision == 2
    assert {*found(store, "dredging")} == {first.id, second.id}


def test_the_text_of_a_hidden_or_redacted_release_is_not_found(
    store: Store, noon: dt.datetime
) -> None:
    release = with_minutes(store, noon)
    store.hide(release.id, at=noon, why="a mistake")
    assert found(store, "dredging") == []
    store.unhide(release.id)
    assert found(store, "dredging") == [release.id]
    store.keep_file_text(MINUTES.url, "sha256:bb", SECOND, seen=noon + DAY)
    store.redact(release.id, at=noon, why="a court order")
    assert found(store, "dredging") == []
    assert store.file_texts(["sha256:aa", "sha256:bb"]) == {}


def test_a_file_that_arrives_after_the_redaction_of_its_release_leaves_no_text(
    store: Store, noon: dt.datetime
) -> None:
    release = with_minutes(store, noon)
    store.redact(release.id, at=noon, why="a court order")
    assert store.keep_file_text(MINUTES.url, "sha256:bb", SECOND, seen=noon + DAY) == 0
    assert store.file_texts(["sha256:bb"]) == {}


def test_a_release_that_links_to_a_redacted_file_later_has_its_text_read_again(
    store: Store, noon: dt.datetime
) -> None:
    release = with_minutes(store, noon)
    store.redact(release.id, at=noon, why="a court order")
    other = draft("http://harbour.example/news/2", title="Tides", attachments=(MINUTES,))
    store.record(other, seen=noon, since=noon)
    assert store.file_digest(MINUTES.url) == ""


def test_a_redaction_keeps_the_text_of_a_file_of_another_release(
    store: Store, noon: dt.datetime
) -> None:
    release = with_minutes(store, noon)
    other = draft("http://harbour.example/news/2", title="Tides", attachments=(MINUTES,))
    second = store.record(other, seen=noon, since=noon).release
    store.redact(release.id, at=noon, why="a court order")
    assert found(store, "dredging") == [second.id]


def test_the_texts_of_a_file_whose_records_are_removed_are_not_found(
    store: Store, noon: dt.datetime
) -> None:
    release = with_minutes(store, noon)
    store.keep_file_text(MINUTES.url, "sha256:bb", SECOND, seen=noon + DAY)
    assert store.forget_texts_of_files([MINUTES.url, "http://harbour.example/other.pdf"]) == 2
    assert store.file_texts(["sha256:aa", "sha256:bb"]) == {}
    assert found(store, "dredging") == []
    assert stored(store, release).revision == 2


def test_a_text_that_a_rebuilt_store_lacks_is_read_again(store: Store, noon: dt.datetime) -> None:
    release = with_minutes(store, noon)
    store.forget_texts_of_files([MINUTES.url])
    assert found(store, "dredging") == []
    store.keep_file_text(MINUTES.url, "sha256:aa", FIRST, seen=noon + DAY)
    assert found(store, "dredging") == [release.id]
    assert stored(store, release).revision == 1


@pytest.mark.parametrize("cut", ["time", "memory"])
def test_an_interrupted_text_is_completed_by_a_later_reading_of_the_same_file(
    store: Store, noon: dt.datetime, cut: Cut
) -> None:
    release = with_minutes(store, noon, FileText("pdf", FIRST.pages[:1], cut))
    assert store.file_digest(MINUTES.url) == ""
    store.keep_file_text(MINUTES.url, "sha256:aa", FIRST, seen=noon + DAY)
    assert store.file_digest(MINUTES.url) == "sha256:aa"
    assert found(store, "dredging") == [release.id]
    assert stored(store, release).revision == 1


def test_attachments_of_recent_releases_are_requested_again_once_a_day(
    store: Store, noon: dt.datetime
) -> None:
    with_minutes(store, noon)

    def due(now: dt.datetime) -> list[str]:
        return [*store.files_to_recheck("harbour", now=now, since=now, limit=9)]

    assert due(noon + DAY / 2) == []
    assert due(noon + 1.1 * DAY) == [MINUTES.url]
    assert due(noon + 1.2 * DAY) == []
    assert due(noon + 90 * DAY) == []


def test_a_file_of_an_old_release_without_a_text_is_requested_once_a_month(
    store: Store, noon: dt.datetime
) -> None:
    store.record(draft(attachments=(MINUTES,)), seen=noon, since=noon)
    store.keep_file("harbour", MINUTES.url, capture(1, noon))
    days = (90, 91, 121)
    found = [
        [*store.files_to_recheck("harbour", now=now, since=now, limit=9)]
        for now in (noon + day * DAY for day in days)
    ]
    assert found == [[MINUTES.url], [], [MINUTES.url]]


def test_a_file_whose_record_was_removed_is_not_requested_again(
    store: Store, noon: dt.datetime
) -> None:
    with_minutes(store, noon)
    store.relocate_captures({capture(1, noon).record_id: RecordPlace("", 0, 0)})
    assert not store.files_to_recheck("harbour", now=noon + 2 * DAY, since=noon + 2 * DAY, limit=9)
