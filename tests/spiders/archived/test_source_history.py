"""Which source file was in force at a time is in the archive."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.archive.archive import Archive
from data.archive.journal.events import FILES, TOML
from data.settings import Archive as Settings
from spiders.archived.source_history import SourceHistory

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
        archive.resource(f"{FILES}sources/harbour.toml", TOML, block, at=NOON + day * DAY)
        archive.resource(f"{FILES}sources/other.toml", TOML, block, at=NOON)
    yield archive
    archive.close()


@pytest.mark.parametrize(
    ("day", "body"),
    [(0, ".one"), (1, ".one"), (1.5, ".one"), (2, None), (3, ".three"), (9, ".three")],
)
def test_the_file_of_a_time_is_the_last_before_it_or_else_the_first(
    archive: Archive, day: float, body: str | None
) -> None:
    file = SourceHistory(archive.folder, "harbour").at(NOON + day * DAY)
    assert (file.releases[0].body if file else None) == body


def test_of_a_source_without_a_file_nothing_is_known(archive: Archive) -> None:
    assert SourceHistory(archive.folder, "wire").at(NOON) is None
