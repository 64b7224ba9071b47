"""CDXJ files: their lines, and their order."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from data.archive.warc import cdxj, records
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.cdxj import (
    CdxjEntry,
    decode_entry,
    entry_at,
    entry_of,
    last_entry,
    read_entries,
)
from data.archive.warc.reader import read_file
from tests.exchanges import NOON, answer

DIGEST = records.sha256(b"")
SECOND = NOON.replace(microsecond=0)
ENTRY = CdxjEntry(
    "http://www.Harbour.example/News?b=2&a=1",
    SECOND,
    "text/html",
    200,
    "sha256:00",
    9,
    4,
    "a.warc.gz",
    7,
)
LINE = (
    b'example,harbour)/news?a=1&b=2 20260302120000 {"url": "http://www.Harbour.example/News?b=2&a=1",'
    b' "mime": "text/html", "status": "200", "digest": "sha256:00", "length": "9", "offset": "4",'
    b' "filename": "a.warc.gz", "leaf": "7"}\n'
)


def entry(number: int) -> CdxjEntry:
    """An entry of one of many pages."""
    at = SECOND + dt.timedelta(seconds=number)
    return CdxjEntry(
        f"http://harbour.example/{number % 7}",
        at,
        None,
        0,
        "sha256:00",
        10,
        number * 10,
        "a.warc.gz",
    )


def test_a_line_is_that_of_cdxj_indexer_with_a_leaf() -> None:
    assert ENTRY.encode() == LINE
    assert decode_entry(LINE) == ENTRY


def test_missing_fields_of_a_record_are_left_out() -> None:
    assert b"mime" not in entry(1).encode()
    assert b"status" not in entry(1).encode()
    assert b"leaf" not in entry(1).encode()
    assert decode_entry(entry(1).encode()) == entry(1)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff",
        b"a b c",
        b"a 20260302120000 []",
        b'a 20260302120000 {"url": "b"}',
        LINE.replace(b"20260302120000", b"20261302120000"),
        LINE.replace(b'"9"', b'"x"'),
    ],
)
def test_an_invalid_line_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_entry(line)


def test_the_cdxj_line_of_a_record_can_be_recreated_from_it(tmp_path: Path) -> None:
    made = [
        records.response(answer(status=404), "http://harbour.example/1", b"\1" * 32),
        records.request(answer(), records.response(answer(), "http://harbour.example/", b"")),
        records.metadata("urn:a:b", "application/json", b"{}", NOON),
        records.metadata("urn:a:b", "application/warc-fields", b"a: b\r\n", NOON),
        records.warcinfo("a.warc.gz", NOON, b"a: b\r\n"),
    ]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(one.member for one in made))
    found = [entry_of(record, 3) for record in read_file(path)]  # type: ignore[arg-type]
    assert [one and (one.uri, one.media_type, one.status, one.leaf) for one in found] == [
        ("http://harbour.example/1", "text/html", 404, 3),
        None,
        ("urn:a:b", "application/json", 0, 3),
        None,
        None,
    ]
    assert [bool(one) for one in found] == [one.listed for one in made]


def test_lines_are_read_from_a_byte_on_and_what_is_not_a_line_is_passed_over(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.cdxj"
    first, second = entry(1).encode(), entry(2).encode()
    path.write_bytes(first + b"nonsense\n" + second + b"half a li")
    end = len(first) + 9 + len(second)
    assert list(read_entries(path)) == [(entry(1), len(first)), (entry(2), end)]
    assert list(read_entries(path, len(first))) == [(entry(2), end)]


@pytest.mark.parametrize("block", [1, 100, 65536])
@pytest.mark.parametrize("torn", [b"", b"half a li"])
def test_the_last_whole_line_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torn: bytes, block: int
) -> None:
    monkeypatch.setattr(cdxj, "BLOCK", block)
    path = tmp_path / "a.cdxj"
    for count in range(3):
        lines = b"".join(entry(number).encode() for number in range(count))
        path.write_bytes(lines + torn)
        handle = os.open(path, os.O_RDONLY)
        assert last_entry(handle) == (entry(count - 1) if count else None, len(lines))
        os.close(handle)


def test_the_last_line_is_found_before_a_long_torn_end_that_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.cdxj"
    # So a loss of power may leave a file: longer, and nothing in it.
    path.write_bytes(entry(1).encode() + bytes(200_000))
    monkeypatch.setattr(cdxj, "BLOCK", 100)
    read: list[int] = []

    def counting(handle: int, size: int, offset: int) -> bytes:
        read.append(size)
        return pread(handle, size, offset)

    pread = os.pread
    monkeypatch.setattr(os, "pread", counting)
    handle = os.open(path, os.O_RDONLY)
    assert last_entry(handle) == (entry(1), len(entry(1).encode()))
    os.close(handle)
    assert sum(read) <= path.stat().st_size


@pytest.mark.parametrize("at_once", [3, 1000])
def test_lines_are_sorted_by_their_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(cdxj, "MAX_SORTED_LINES", at_once)
    lines = [entry(number).encode() for number in range(20)]
    (tmp_path / ".a.cdxj.part").write_bytes(b"of a process that was killed")
    cdxj.write_sorted(lines, tmp_path / "a.cdxj")
    assert (tmp_path / "a.cdxj").read_bytes() == b"".join(sorted(lines))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.cdxj"]


def test_a_response_to_a_post_has_its_own_key(tmp_path: Path) -> None:
    made = records.response(
        answer("http://harbour.example/news", posted="page=2"),
        "http://harbour.example/news",
        DIGEST,
    )
    path = tmp_path / "a.warc.gz"
    path.write_bytes(made.member)
    (record,) = read_file(path)
    assert isinstance(record, ArchiveRecord)
    found = entry_of(record, 7)
    assert found
    assert found.address == "http://harbour.example/news?__wb_method=POST&page=2"
    assert found.uri == "http://harbour.example/news"
    line = found.encode()
    assert line.startswith(b"example,harbour)/news?__wb_method=post&page=2 ")
    assert b'"requestBody": "page=2", "method": "POST"' in line
    assert decode_entry(line) == found
    assert entry_at(made, made.capture("a.warc.gz", len(made.member), 7)) == found
