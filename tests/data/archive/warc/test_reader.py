"""Reading records back, whole or damaged, whoever wrote them."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.archive.warc import reader, records
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.reader import Damage, read_file, read_record
from data.errors import ArchiveError
from tests.exchanges import NOON, PAGE, answer

URI = "http://harbour.example/news/1"
NAME = "communique-20260302120000-0badcafe.warc.gz"


def members(count: int = 3) -> list[records.NewRecord]:
    """Records of so many pages."""
    made = []
    for number in range(count):
        body = PAGE + random.Random(number).randbytes(5000)
        made.append(records.response(answer(body=body), URI, records.sha256(body)))
    return made


def written(folder: Path, made: list[records.NewRecord], end: str = "") -> Path:
    """A file that holds these records."""
    path = folder / (NAME + end)
    path.write_bytes(b"".join(one.member for one in made))
    return path


def starts_of(made: list[records.NewRecord]) -> list[int]:
    """Where records begin that stand one after the other, and where the last one ends."""
    return [sum(len(one.member) for one in made[:at]) for at in range(len(made) + 1)]


def test_records_are_read_back_in_their_order_with_their_places(tmp_path: Path) -> None:
    made = members()
    found = list(read_file(written(tmp_path, made)))
    assert [one.offset for one in found] == starts_of(made)[:3]
    for record, new in zip(found, made, strict=True):
        assert isinstance(record, ArchiveRecord)
        assert (record.file, record.length) == (NAME, len(new.member))
        assert (record.kind, record.uri, record.at) == ("response", URI, NOON)
        assert record.record_id == new.record_id
        assert record.leaf() == new.leaf
        assert record.http.status == 200
        assert record.http.header(b"etag") == b'"5f3e"'
        assert record.http.payload.startswith(PAGE)


def test_a_leaf_matches_the_current_content_of_a_file(tmp_path: Path) -> None:
    (made,) = members(1)
    plain = gzip.decompress(made.member).replace(b"Monday", b"Friday")
    path = tmp_path / NAME
    path.write_bytes(gzip.compress(plain))
    (found,) = read_file(path)
    assert isinstance(found, ArchiveRecord)
    leaf = found.leaf()
    assert leaf is not None
    assert (leaf.uri, leaf.record_id) == (made.leaf.uri, made.leaf.record_id)
    assert leaf.payload != made.leaf.payload
    assert leaf.block != made.leaf.block
    assert leaf.record != made.leaf.record


def test_a_record_without_a_salt_has_no_leaf() -> None:
    assert ArchiveRecord("", 0, 0, b"", (("WARC-Type", "response"),), b"").leaf() is None


@pytest.mark.parametrize("end", ["", ".open"])
def test_a_record_is_found_by_file_and_offset_while_the_file_grows_too(
    tmp_path: Path, end: str
) -> None:
    made = members()
    written(tmp_path, made, end)
    found = read_record(tmp_path, NAME, len(made[0].member))
    assert found.record_id == made[1].record_id
    fields = reader.read_fields(tmp_path, NAME, len(made[0].member))
    assert fields == found.fields


@pytest.mark.parametrize(
    ("file", "offset", "cause"),
    [
        (NAME, 7, "byte 7: "),
        (NAME, 10**9, "ends in the middle"),
        ("../secret", 0, "not a valid name"),
        ("other.warc.gz", 0, "the file does not exist"),
    ],
)
def test_a_missing_record_is_reported(tmp_path: Path, file: str, offset: int, cause: str) -> None:
    written(tmp_path, members())
    with pytest.raises(ArchiveError, match=cause):
        read_record(tmp_path, file, offset)


@given(st.integers(0, 10**9), st.integers(0, 7))
def test_damage_is_located_and_the_rest_is_read(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    made = members(4)
    content = bytearray(b"".join(one.member for one in made))
    starts = starts_of(made)
    # In the second record, behind the ten bytes of a gzip header that nobody checks.
    content[starts[1] + 10 + place % (starts[2] - starts[1] - 10)] ^= 1 << bit
    path = tmp_path_factory.mktemp("warc") / NAME
    path.write_bytes(content)
    found = list(read_file(path))
    assert [one.offset for one in found] == starts[:4]
    assert [isinstance(one, Damage) for one in found] == [False, True, False, False]


@given(st.integers(1, 4 * 5000))
def test_a_torn_end_is_one_damage(tmp_path_factory: pytest.TempPathFactory, lost: int) -> None:
    made = members(4)
    content = b"".join(one.member for one in made)
    ends = starts_of(made)[1:]
    left = len(content) - lost
    path = tmp_path_factory.mktemp("warc") / NAME
    path.write_bytes(content[:left])
    found = list(read_file(path))
    whole = [end for end in ends if end <= left]
    assert [one.offset + one.length for one in found if isinstance(one, ArchiveRecord)] == whole
    torn = [one.offset for one in found if isinstance(one, Damage)]
    assert torn == ([] if left in (0, *ends) else [max([0, *whole])])


def test_a_record_that_is_a_bomb_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MAX_UNPACKED_BYTES", 1_000_000)
    bomb = records.compressed([("WARC-Type", "resource")], b"\0" * 2_000_000)
    path = tmp_path / NAME
    path.write_bytes(bomb + members(1)[0].member)
    first, second = read_file(path)
    assert isinstance(first, Damage)
    assert "1000000 bytes" in first.cause
    assert isinstance(second, ArchiveRecord)


@pytest.mark.parametrize(
    "content", [b"", b"no WARC", b"WARC/1.1\r\n", b"WARC/1.1\r\nContent-Length: 9\r\n\r\nshort"]
)
def test_a_gzip_member_that_is_not_a_record_is_damage(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / NAME
    path.write_bytes(gzip.compress(content))
    (found,) = read_file(path)
    assert isinstance(found, Damage)


@given(st.binary(max_size=300))
def test_any_http_message_has_a_head_and_a_payload(block: bytes) -> None:
    record = ArchiveRecord("", 0, 0, b"", (), block)
    assert block.endswith(record.http.payload)
    assert record.http.status >= 0
