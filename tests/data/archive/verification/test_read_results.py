"""A verification may leave out what the last complete one read, and still notices changes."""

from __future__ import annotations

import os
import random
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.archive.archive import Archive
from data.archive.log.tree_log import log_of
from data.archive.verification.read_results import CheckedArchive
from data.archive.verification.verify_archive import VerificationReport, verify_archive
from data.archive.warc.warc_file import cdxj_path, own_files
from data.models.capture import Capture
from data.settings import ArchiveSettings as Settings
from tests.exchanges import answer, not_modified


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def captures(home: Path) -> list[Capture]:
    """The captures of an archive of some finished files."""
    captures = []
    with closing(Archive(home / "archive", Settings(max_file=6000))) as archive:
        for number in range(12):
            url = f"http://harbour.example/{number}"
            body = random.Random(number).randbytes(600)
            captures.append(archive.exchange(answer(url, body=body)))
        archive.finish()
    return captures


def verified(
    home: Path, captures: list[Capture], checked: CheckedArchive | None = None
) -> tuple[VerificationReport, CheckedArchive | None]:
    """Return the report, and what a complete verification leaves to the next one."""
    left: list[CheckedArchive] = []
    with closing(log_of(home)) as log:
        report = verify_archive(
            home / "archive",
            log,
            captures,
            "",
            known=[],
            on_progress=lambda *_: None,
            checked=checked,
            on_checked=left.append,
        )
    return report, left[0] if left else None


def test_unchanged_files_are_left_out_and_new_ones_are_read(
    home: Path, captures: list[Capture]
) -> None:
    old = own_files(home / "archive")
    full, checked = verified(home, captures)
    assert (full.problems, full.not_read) == ([], None)
    with closing(Archive(home / "archive", Settings())) as archive:
        # The page that this record refers to is in a file that is not read.
        captures.append(archive.exchange(not_modified("http://harbour.example/3")))
        archive.finish()
    report, left = verified(home, captures, checked)
    assert (report.problems, report.files, report.captures, left) == ([], 1, 13, None)
    assert report.not_read is not None
    assert report.not_read.files == len(old) > 1
    assert report.not_read.bytes == sum(path.stat().st_size for path in old)


@pytest.mark.parametrize("index", [False, True])
def test_a_changed_file_is_read_again_even_if_its_time_was_restored(
    home: Path, captures: list[Capture], *, index: bool
) -> None:
    _, checked = verified(home, captures)
    path = own_files(home / "archive")[1]
    target = cdxj_path(path) if index else path
    before = target.stat()
    content = bytearray(target.read_bytes())
    content[content.index(b"200") if index else 5] ^= 1
    target.write_bytes(content)
    os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
    report, _ = verified(home, captures, checked)
    assert {one.file for one in report.problems} == {path.name}
    assert report.files == 1


def test_a_file_with_a_problem_is_always_read_again(home: Path, captures: list[Capture]) -> None:
    path = own_files(home / "archive")[0]
    content = bytearray(path.read_bytes())
    content[5] ^= 1
    path.write_bytes(content)
    full, checked = verified(home, captures)
    report, _ = verified(home, captures, checked)
    assert full.problems
    assert report.problems == full.problems
    assert report.files == 1


def test_a_deleted_file_is_noticed(home: Path, captures: list[Capture]) -> None:
    _, checked = verified(home, captures)
    path = own_files(home / "archive")[1]
    path.unlink()
    report, _ = verified(home, captures, checked)
    assert {path.name, "log"} == {one.file for one in report.problems}


def test_with_another_log_all_files_are_read(home: Path, captures: list[Capture]) -> None:
    _, checked = verified(home, captures)
    assert checked is not None
    other = CheckedArchive(checked.at, checked.size, "00" * 32, checked.files)
    report, left = verified(home, captures, other)
    assert (report.files, report.not_read, left) == (len(own_files(home / "archive")), None, None)
    (problem,) = report.problems
    assert "leaves differ from those verified" in problem.cause


@pytest.mark.parametrize("leaves", [[(0, 10**12)], [(1, 0)]])
def test_a_file_whose_remembered_leaves_cannot_be_right_is_read(
    home: Path, captures: list[Capture], leaves: list[tuple[int, int]]
) -> None:
    _, checked = verified(home, captures)
    assert checked is not None
    name = min(checked.files)
    files = checked.files | {name: replace(checked.files[name], leaves=leaves)}
    report, _ = verified(home, captures, replace(checked, files=files))
    assert (report.problems, report.files) == ([], 1)
