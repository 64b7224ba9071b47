"""Which source file was in force at a time is in the archive."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.archive.archive import Archive
from data.archive.journal.journal import FILE_URIS, TOML
from data.settings import ArchiveSettings as Settings
from spiders.stored.stored_pages import SourceHistory

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
SOURCE = 'name = "Harbour"\nurl = "https://harbour.example/"\ntimezone = "UTC"\n'


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """An archive with three files of one source, the second of which is no TOML, and another's."""
    archive = Archive(tmp_path / "archive", Settings())
    for day, text in ((1, ".one"), (2, "]["), (3, ".three")):
        rules = f'[release]\nbody = "{text}"\n' if text != "][" else text
        block = (SOURCE + rules).encode()
        archive.resource(f"{FILE_URIS}sources/harbour.toml", TOML, block, at=NOON + day * DAY)
        archive.resource(f"{FILE_URIS}sources/other.toml", TOML, block, at=NOON)
    yield archive
    archive.close()


@pytest.mark.parametrize(
    ("day", "body"),
    [(0, ".one"), (1, ".one"), (1.5, ".one"), (2, None), (3, ".three"), (9, ".three")],
)
def test_the_file_for_a_time_is_the_last_one_before_it_or_the_first(
    archive: Archive, day: float, body: str | None
) -> None:
    file = SourceHistory(archive.folder, "harbour").at(NOON + day * DAY)
    assert (file.releases[0].body if file else None) == body


def test_of_a_source_without_a_file_nothing_is_known(archive: Archive) -> None:
    assert SourceHistory(archive.folder, "wire").at(NOON) is None


def test_the_log_shows_which_file_was_in_force_at_a_second(archive: Archive) -> None:
    history = SourceHistory(archive.folder, "harbour")
    leaves = [leaf for leaf in range(100) if history.at(NOON + 3 * DAY, leaf) is not None]
    bodies = [
        file.releases[0].body for leaf in leaves if (file := history.at(NOON + 3 * DAY, leaf))
    ]
    # Before it came into the log, the file of that second was not in force yet.
    assert bodies[-1] == ".three"
    assert history.at(NOON + 3 * DAY, 0) is None, "the one before is no TOML"
    later = history.at(NOON + 4 * DAY, 0)
    assert later
    assert later.releases[0].body == ".three"
