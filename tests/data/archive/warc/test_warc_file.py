"""One growing file: who holds it, what a process left half written, and how it ends."""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import json
import re
import resource
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from data.archive.warc import records
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.warc_file import (
    BrokenFile,
    WarcFile,
    cdxj_path,
    listed_at,
    new_file,
    own_files,
    sorted_path,
    take_over,
)
from tests.exchanges import NOON, PAGE, answer

URI = "http://harbour.example/news/1"


def member() -> bytes:
    """A record of a page."""
    return records.response(answer(), URI, records.sha256(PAGE)).member


def put(file: WarcFile, content: bytes) -> None:
    """Append a record, and list it."""
    offset = file.append(content)
    file.list(
        CdxjEntry(URI, NOON, "text/html", 200, "-", len(content), offset, file.name, 1).encode()
    )


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes, as on a disk that is full."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limit[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)


def left(folder: Path, torn: bytes = b"") -> Path:
    """The path of a file with two records that a process left, and half of a third."""
    file = new_file(folder, NOON)
    put(file, member())
    put(file, member())
    file.append(torn) if torn else None
    file.close()
    return file.path


def again(path: Path) -> WarcFile:
    """A file that was left, taken over."""
    file = take_over(path)
    assert file is not None
    return file


def test_a_file_name_depends_only_on_the_time_of_creation(tmp_path: Path) -> None:
    file = new_file(tmp_path, NOON)
    assert re.fullmatch(r"communique-20260302120000-[0-9a-f]{8}\.warc\.gz", file.name)
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        file.name.replace(".warc.gz", ".cdxj.open"),
        f"{file.name}.open",
    ]
    made = NOON.replace(microsecond=0)
    assert file.age(made + dt.timedelta(hours=1)) == dt.timedelta(hours=1)
    assert file.age(NOON - dt.timedelta(days=400)) == dt.timedelta(0)
    file.close()


def test_a_locked_file_is_not_adopted(tmp_path: Path) -> None:
    file = new_file(tmp_path, NOON)
    assert take_over(file.path) is None
    file.close()
    again(file.path).close()


def test_a_finished_file_is_not_adopted(tmp_path: Path) -> None:
    path = left(tmp_path)
    again(path).finish()
    assert take_over(path) is None


def test_intact_text_is_not_mended(tmp_path: Path) -> None:
    path = left(tmp_path)
    before = path.read_bytes(), cdxj_path(path).read_bytes()
    file = again(path)
    assert list(file.mend()) == []
    assert not file.mended
    file.close()
    assert (path.read_bytes(), cdxj_path(path).read_bytes()) == before


@pytest.mark.parametrize("cut", [1, 10, 100, 300])
def test_half_a_record_is_cut_off(tmp_path: Path, cut: int) -> None:
    path = left(tmp_path, member()[:cut])
    size = path.stat().st_size - cut
    file = again(path)
    assert list(file.mend()) == []
    assert file.mended
    assert path.stat().st_size == file.size == size
    file.close()


def test_zeros_that_a_loss_of_power_left_are_cut_off(tmp_path: Path) -> None:
    path = left(tmp_path, bytes(10_000))
    file = again(path)
    assert list(file.mend()) == []
    assert file.size == path.stat().st_size < 10_000
    file.close()


def test_a_record_without_an_index_line_is_reported_and_half_a_line_is_cut(tmp_path: Path) -> None:
    path = left(tmp_path, member())
    lines = cdxj_path(path).read_bytes()
    cdxj_path(path).write_bytes(lines + b"example,harb")
    file = again(path)
    (found,) = file.mend()
    assert found.offset + found.length == file.size == path.stat().st_size
    assert file.mended
    assert cdxj_path(path).read_bytes() == lines
    file.close()


@pytest.mark.parametrize("lost", ["all lines", "the last record", "the last line's sense"])
def test_index_lines_that_do_not_match_the_records_are_written_again(
    tmp_path: Path, lost: str
) -> None:
    path = left(tmp_path)
    if lost == "all lines":
        cdxj_path(path).unlink()
    elif lost == "the last record":
        path.write_bytes(path.read_bytes()[:-1])
    else:
        cdxj_path(path).write_bytes(cdxj_path(path).read_bytes() + b"nonsense\n")
    file = again(path)
    assert len(list(file.mend())) == (1 if lost == "the last record" else 2)
    assert file.mended
    assert cdxj_path(path).read_bytes() == b""
    file.close()


def test_nothing_is_cut_if_a_whole_record_follows_the_damage(tmp_path: Path) -> None:
    path = left(tmp_path, b"\x1f\x8b\x08 nonsense" + member())
    content = path.read_bytes()
    file = again(path)
    with pytest.raises(BrokenFile, match="byte "):
        list(file.mend())
    file.close()
    assert path.read_bytes() == content


def test_a_full_disk_leaves_nothing_of_a_record(tmp_path: Path) -> None:
    file = new_file(tmp_path, NOON)
    put(file, member())
    size, listed = file.size, file.listed
    with largest_file(size + 100), pytest.raises(OSError, match="File too large"):
        file.append(member())
    with largest_file(listed + 10), pytest.raises(OSError, match="File too large"):
        file.list(b"x" * 100)
    assert (file.path.stat().st_size, file.size) == (size, size)
    assert cdxj_path(file.path).stat().st_size == listed
    put(file, member())
    file.close()


def test_a_finished_file_is_sorted_and_bears_its_name(tmp_path: Path) -> None:
    file = new_file(tmp_path, NOON)
    lines = [b"b 1 {}\n", b"a 2 {}\n"]
    file.append(member())
    for line in lines:
        file.list(line)
    file.finish()
    cdxj = file.name.replace(".warc.gz", ".cdxj")
    assert sorted(one.name for one in tmp_path.iterdir()) == [cdxj, file.name]
    assert (tmp_path / cdxj).read_bytes() == b"".join(sorted(lines))


def test_a_growing_file_has_a_sorted_index_for_readers_that_names_it_as_it_is_called(
    tmp_path: Path,
) -> None:
    file = new_file(tmp_path, NOON)
    for key in ("b", "a"):
        told = {"url": f'http://{key}/"filename": "{file.name}"', "filename": file.name}
        file.list(f"{key} 1 {json.dumps(told)}\n".encode())
    file.write_sorted_index()
    shown = tmp_path / file.name.replace(".warc.gz", ".open.cdxj")
    assert sorted_path(file.path) == shown
    first, second = shown.read_text().splitlines()
    assert (first[0], second[0]) == ("a", "b")
    listed = json.loads(first[4:])
    assert tmp_path / listed["filename"] == file.path
    assert listed["url"] == f'http://a/"filename": "{file.name}"'
    file.finish()
    assert not shown.exists()


def test_files_of_other_programs_are_not_ours(tmp_path: Path) -> None:
    path = left(tmp_path)
    (tmp_path / "other.warc.gz").write_bytes(member())
    (tmp_path / "other.warc.gz.open").write_bytes(member())
    (tmp_path / f"{path.name}.bak").write_bytes(member())
    assert own_files(tmp_path) == [path]
    assert own_files(tmp_path / "nowhere") == []


def test_a_new_file_that_another_process_took_at_once_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = iter(["0badcafe", "0badf00d"])
    monkeypatch.setattr(secrets, "token_hex", lambda _: next(names))
    taken: list[WarcFile] = []
    flock = fcntl.flock

    def raced(handle: int, how: int) -> None:
        if not taken:
            monkeypatch.setattr(fcntl, "flock", flock)
            (path,) = tmp_path.glob("*.open")
            taken.append(again(path))
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", raced)
    file = new_file(tmp_path, NOON)
    assert "0badcafe" in taken[0].name
    assert "0badf00d" in file.name
    for one in (*taken, file):
        one.close()


def test_a_new_file_that_can_not_be_used_is_not_left_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fail)
    before = len([*Path("/proc/self/fd").iterdir()])
    with pytest.raises(OSError, match="No locks"):
        new_file(tmp_path, NOON)
    assert len([*Path("/proc/self/fd").iterdir()]) == before


def test_captures_of_a_file_are_found_while_it_is_finished(tmp_path: Path) -> None:
    files = [new_file(tmp_path, NOON + dt.timedelta(hours=hours)) for hours in (0, 1)]
    for file in files:
        put(file, member())
    found = listed_at(tmp_path, URI)
    first = next(found)
    for file in files:
        file.finish()
    assert [entry.file for entry in (first, *found)] == [file.name for file in files]
