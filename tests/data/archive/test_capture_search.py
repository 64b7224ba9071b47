"""What a store points to that is not in the archive is told by file, with how many there were."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from data.archive.archive import Archive
from data.archive.capture_search import LostCaptures, lost_captures, lost_text
from data.models.capture import Capture
from data.settings import ArchiveSettings as Settings
from tests.exchanges import answer


@pytest.fixture
def captures(tmp_path: Path) -> list[Capture]:
    """Captures in two files, the second of which still grows."""
    made = []
    with closing(Archive(tmp_path, Settings())) as archive:
        for number in range(4):
            url = f"http://harbour.example/{number}"
            made.append(archive.exchange(answer(url, body=b"%d" % number * 500)))
            if number == 1:
                archive.finish()
    assert len({one.file for one in made}) == 2
    return made


def test_existing_values_are_not_missing(tmp_path: Path, captures: list[Capture]) -> None:
    taken_out = replace(captures[0], file="", offset=0, length=0)
    assert lost_captures(tmp_path, [*captures, taken_out]) == []
    assert lost_text([]) == ""


def test_missing_files_are_listed(tmp_path: Path, captures: list[Capture]) -> None:
    (tmp_path / captures[0].file).unlink()
    assert lost_captures(tmp_path, captures) == [LostCaptures(captures[0].file, 2)]
    growing = tmp_path / f"{captures[3].file}.open"
    with growing.open("r+b") as file:
        file.truncate(captures[3].offset + captures[3].length - 1)
    lost = lost_captures(tmp_path, captures)
    assert {one.file: one.captures for one in lost} == {captures[0].file: 2, growing.name: 1}
    assert lost_text(lost).startswith("3 records that the store points to are not in the archive")
    growing.unlink()
    assert sum(one.captures for one in lost_captures(tmp_path, captures)) == 4
    assert sum(one.captures for one in lost_captures(tmp_path / "nowhere", captures)) == 4


def test_a_sentence_names_a_few_files() -> None:
    told = lost_text([LostCaptures(f"{number}.warc.gz", 1) for number in range(50)])
    assert "50 records" in told
    assert told.endswith("0.warc.gz (1), 1.warc.gz (1), 2.warc.gz (1) and 47 other files")
