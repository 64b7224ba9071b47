"""Segments of archive files are verified in several processes, with the same result as in one."""

from __future__ import annotations

import multiprocessing
import random
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from data.archive.archive import Archive
from data.archive.log.tree_log import log_of
from data.archive.verification import read_files
from data.archive.verification.verify_archive import VerificationReport, verify_archive
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.reader import read_file
from data.archive.warc.warc_file import cdxj_path, own_files
from data.models.capture import Capture
from data.processes import ChildLost
from data.settings import ArchiveSettings as Settings
from data.wording import OnProgress
from tests.examples import thorough
from tests.exchanges import answer, not_modified


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Capture]]:
    """A HOME with an archive of a few files, and the captures of its store."""
    home = tmp_path_factory.mktemp("home")
    captures = []
    with closing(Archive(home / "archive", Settings(max_file=20_000))) as archive:
        for number in range(36):
            url = f"http://harbour.example/{number}"
            body = random.Random(number).randbytes(600)
            captures.append(archive.exchange(answer(url, body=body)))
            captures.append(archive.exchange(not_modified(url)))
    return home, captures


@pytest.fixture
def home(made: tuple[Path, list[Capture]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(made[0], tmp_path / "home"))


def verified(
    home: Path, captures: list[Capture], on_progress: OnProgress = lambda *_: None
) -> VerificationReport:
    with closing(log_of(home)) as log:
        return verify_archive(
            home / "archive", log, captures, "", known=[], on_progress=on_progress
        )


@pytest.fixture
def in_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_files, "core_count", lambda: 3)
    monkeypatch.setattr(read_files, "SEGMENT_BYTES", 3000)


def records_of(path: Path) -> list[ArchiveRecord]:
    return [one for one in read_file(path) if isinstance(one, ArchiveRecord)]


def exchange(path: Path, first: ArchiveRecord, second: ArchiveRecord) -> None:
    """Exchange two records of a file, of which ``first`` comes earlier."""
    content = path.read_bytes()
    begin, end = first.offset + first.length, second.offset + second.length
    one, two = content[first.offset : begin], content[second.offset : end]
    between = content[begin : second.offset]
    path.write_bytes(content[: first.offset] + two + between + one + content[end:])


def damage(path: Path, kind: str, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    if kind == "flip":
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    elif kind == "cut":
        del content[chance.randrange(len(content)) :]
    elif kind == "gap":
        at = chance.randrange(len(content))
        del content[at : at + chance.randrange(1, 2000)]
    elif kind == "index":
        lines = cdxj_path(path).read_bytes().splitlines(keepends=True)
        del lines[chance.randrange(len(lines))]
        cdxj_path(path).write_bytes(b"".join(lines))
    else:
        exchange(path, *sorted(chance.sample(records_of(path), 2), key=lambda one: one.offset))
        return
    path.write_bytes(content)


@pytest.mark.parametrize("turns", [5, *thorough(20)])
@pytest.mark.usefixtures("in_segments")
def test_segments_give_the_same_report_as_one_process(
    home: Path, made: tuple[Path, list[Capture]], monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    chance = random.Random(4)
    done: list[tuple[int, int]] = []
    whole = verified(home, made[1], lambda read, every: done.append((read, every)))
    assert (whole.problems, whole.captures) == ([], 72)
    assert done == sorted(done)
    assert done[-1] == (whole.bytes, whole.bytes)
    for turn in range(turns):
        path = chance.choice(own_files(home / "archive"))
        kept = path.read_bytes(), cdxj_path(path).read_bytes()
        damage(path, ["flip", "cut", "gap", "index", "swap"][turn % 5], chance)
        several = verified(home, made[1])
        with monkeypatch.context() as one:
            one.setattr(read_files, "core_count", lambda: 1)
            assert verified(home, made[1]) == several
        assert {problem.file for problem in several.problems} & {path.name, cdxj_path(path).name}
        path.write_bytes(kept[0])
        cdxj_path(path).write_bytes(kept[1])
    assert not multiprocessing.active_children()


def test_exchanged_requests_are_found_at_both_places(home: Path) -> None:
    path = own_files(home / "archive")[0]
    requests = [one for one in records_of(path) if one.kind == "request"]
    first = next(
        one for one in requests if sum(other.length == one.length for other in requests) > 1
    )
    second = [one for one in requests if one.length == first.length][-1]
    exchange(path, first, second)
    report = verified(home, [])
    assert [(one.file, one.offset, one.record) for one in report.problems] == [
        (path.name, first.offset, second.record_id),
        (path.name, second.offset, first.record_id),
    ]


@pytest.mark.usefixtures("in_segments")
def test_a_killed_process_is_an_error(home: Path) -> None:
    def kill(*_: int) -> None:
        for child in multiprocessing.active_children():
            child.kill()
            child.join()

    with pytest.raises(ChildLost, match="was killed"):
        verified(home, [], kill)
    assert not multiprocessing.active_children()


@pytest.mark.usefixtures("in_segments")
def test_a_file_that_another_file_repeats_is_reported(home: Path) -> None:
    path = own_files(home / "archive")[0]
    copy = path.with_name(f"communique-20360101000000-{'0' * 8}.warc.gz")
    shutil.copyfile(path, copy)
    shutil.copyfile(cdxj_path(path), cdxj_path(copy))
    report = verified(home, [])
    repeated = {one.offset for one in report.problems if "has the same id" in one.cause}
    assert repeated == {one.offset for one in records_of(path)}
    assert {one.file for one in report.problems} == {copy.name}
