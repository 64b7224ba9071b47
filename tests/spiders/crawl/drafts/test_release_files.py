"""Which files of releases a visit has archived, and how many."""

from __future__ import annotations

import datetime as dt

import pytest

from data.models import FileText, Media, Validator
from data.settings import ArchiveSettings
from data.store.core.store import Store
from spiders.attachments.read import Reading, ReadingTime
from spiders.crawl.drafts import release_files
from spiders.crawl.drafts.release_files import FileKinds, ReleaseFiles
from spiders.sources.source_file import SourceFile
from tests.drafts import capture, draft
from tests.visit_scopes import scope_of

CHART = Media("http://harbour.example/chart.pdf", "application/pdf")
LAMP = Media("http://harbour.example/lamp.jpg", "image/jpeg")
INLINE = Media("data:image/png;base64,AA==", "image/png")


@pytest.mark.parametrize(
    ("asked", "settings", "kinds"),
    [
        (None, ArchiveSettings(), FileKinds(attachments=True, images=False, text="text")),
        (
            None,
            ArchiveSettings(attachments=False, images=True),
            FileKinds(attachments=False, images=True),
        ),
        ("none", ArchiveSettings(images=True), FileKinds()),
        ("attachments", ArchiveSettings(images=True), FileKinds(attachments=True, text="text")),
        (
            "all",
            ArchiveSettings(attachments=False, attachment_text="scans"),
            FileKinds(attachments=True, images=True, text="scans"),
        ),
        ("all", ArchiveSettings(enabled=False), FileKinds()),
    ],
)
def test_a_source_file_overrides_the_settings_for_archived_files(
    asked: str | None, settings: ArchiveSettings, kinds: FileKinds
) -> None:
    file = SourceFile("Harbour", "http://harbour.example/", "UTC", archive=asked)  # type: ignore[arg-type]  # one of its words
    assert FileKinds.wanted(file, settings) == kinds


def wanted(store: Store, kinds: FileKinds, since: dt.datetime) -> ReleaseFiles:
    """The files of a visit."""
    return ReleaseFiles(scope_of(store, since), kinds)


def test_a_file_that_can_not_be_fetched_is_reported_and_a_truncated_one_is_kept(
    store: Store, noon: dt.datetime
) -> None:
    scope = scope_of(store, noon)
    files = ReleaseFiles(scope, FileKinds(attachments=True, images=True))
    files.note(draft(attachments=(CHART,), images=(LAMP,)))
    files.read(LAMP.url, 404, None)
    files.cut(CHART.url, capture(1, noon), "it is too large")
    assert [(error.url, error.kind) for error in scope.report.run.errors] == [
        (LAMP.url, "file:404"),
        (CHART.url, "file:size"),
    ]
    assert set(store.file_captures([CHART.url, LAMP.url])) == {CHART.url}


def test_each_file_is_requested_once_and_a_document_that_is_the_release_never(
    store: Store, noon: dt.datetime
) -> None:
    files = wanted(store, FileKinds(attachments=True, images=True), noon)
    files.note(draft(attachments=(CHART,), images=(LAMP, INLINE)))
    files.note(draft(CHART.url, attachments=(CHART,)))
    files.note(draft("http://harbour.example/tides.pdf", attachments=(
        Media("http://harbour.example/tides.pdf", "application/pdf"),
    )))  # fmt: skip
    assert files.next(noon) == (CHART.url, LAMP.url)
    assert files.next(noon) == ()
    files.read(CHART.url, 200, capture(1, noon))
    assert store.file_captures([CHART.url, LAMP.url]) == {CHART.url: capture(1, noon)}


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [(FileText("pdf", ("A",)), True), (FileText("pdf", ("A",), "time"), False), (None, False)],
)
def test_a_file_that_is_to_be_read_again_is_requested_without_conditions(
    store: Store, noon: dt.datetime, text: FileText | None, *, is_kept: bool
) -> None:
    files = wanted(store, FileKinds(attachments=True), noon)
    files.note(draft(attachments=(CHART,)))
    reading = Reading(ReadingTime(), (), digest="sha256:aa", text=text)
    files.read(CHART.url, 200, capture(1, noon), reading, Validator('"1"'))
    assert (store.validator(CHART.url) is not None) == is_kept


def test_a_visit_requests_a_limited_number_and_the_next_one_continues(
    store: Store, noon: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_files, "MAX_FILES_PER_VISIT", 3)
    monkeypatch.setattr(release_files, "MAX_FILES_PER_REQUEST", 2)
    kinds = FileKinds(attachments=True)
    urls = [f"http://harbour.example/{number}.pdf" for number in range(5)]
    files = wanted(store, kinds, noon)
    files.note(draft(attachments=tuple(Media(url, "application/pdf") for url in urls)))
    assert [len(files.next(noon)) for _ in range(3)] == [2, 1, 0]
    later = noon + dt.timedelta(seconds=1)
    following = wanted(store, kinds, later)
    assert following.next(later) == tuple(urls[3:])


def test_no_attachment_is_remembered_if_none_is_wanted(store: Store, noon: dt.datetime) -> None:
    files = wanted(store, FileKinds(), noon)
    files.note(draft(attachments=(CHART,), images=(LAMP,)))
    assert store.awaited_files("harbour", now=noon, since=noon, limit=9) == ()
    assert files.next(noon) == ()
