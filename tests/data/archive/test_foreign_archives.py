"""Files that others wrote are read record by record, whatever they claim, and never unpacked."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.archive.archive import Archive
from data.archive.foreign_archives import MAX_RECORD_BYTES, read_foreign
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.reader import Damage
from data.errors import ArchiveError
from data.settings import ArchiveSettings as Settings
from tests.foreign_warc import packed, page, record

PAGES = [page(f"https://acme.example/{n}", f"<p>{n}</p>") for n in range(3)]
URIS = ["https://acme.example/0", "https://acme.example/1", "https://acme.example/2"]


def read(folder: Path, content: bytes) -> tuple[list[str], list[str]]:
    """The addresses of the records in a file, and the causes of its damages."""
    path = folder / "file"
    path.write_bytes(content)
    found = [*read_foreign(path)]
    uris = [one.uri for one in found if isinstance(one, ArchiveRecord)]
    return uris, [one.cause for one in found if isinstance(one, Damage)]


def wacz(files: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    """A package of files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", how) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"".join(PAGES),
        packed(PAGES),
        gzip.compress(b"".join(PAGES)),
        wacz({"archive/a.warc.gz": packed(PAGES), "datapackage.json": b"{}"}),
        wacz({"archive/a.warc": b"".join(PAGES)}, zipfile.ZIP_DEFLATED),
        wacz({"archive/a.warc.gz": packed(PAGES[:1]), "archive/b.warc.gz": packed(PAGES[1:])}),
    ],
    ids=["plain", "gzip", "one member", "wacz", "deflated", "two files"],
)
def test_records_are_read_from_every_kind_of_file(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content) == (URIS, [])


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("<urn:uuid:\x1b[31m>", "urn:uuid: [31m"),
        ("<urn:x:a\tb\x7f>", "urn:x:a b"),
        ("<a\r\n b: c>", "a b: c"),
        ("<a>\x1b", "a"),
    ],
)
def test_a_field_has_the_value_that_a_record_of_ours_can_hold(
    tmp_path: Path, written: str, held: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(page(URIS[0], "<p>", record_id=written))
    (found,) = read_foreign(path)
    assert isinstance(found, ArchiveRecord)
    assert found.record_id == held
    archive = Archive(tmp_path / "archive", Settings())
    capture = archive.adopt(found.fields, found.block)
    assert capture
    assert (capture.record_id, capture.digest) == (held, found.field("WARC-Payload-Digest"))
    leaf = archive.record(capture.file, capture.offset).leaf()
    assert leaf
    assert archive.log.find([leaf.record_id]) == {leaf.record_id: capture.leaf}
    archive.close()


def test_a_record_with_an_invalid_id_is_damage(tmp_path: Path) -> None:
    content = page(URIS[0], "<p>", record_id="<\x1b>")
    assert read(tmp_path, content) == ([], ["the record has no id or no date"])


def test_a_record_keeps_its_fields(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(packed(PAGES[:1]))
    (found,) = read_foreign(tmp_path / "file")
    assert isinstance(found, ArchiveRecord)
    assert found.record_id.startswith("urn:uuid:")
    assert found.field("warc-payload-digest").startswith("sha1:")
    assert (found.kind, found.http.status, found.http.payload) == ("response", 200, b"<p>0</p>")


@pytest.mark.parametrize("length", ["1000000000000000", "-5", "x", "", "99999999999999999999999"])
def test_claims_of_a_record_are_not_trusted(tmp_path: Path, length: str) -> None:
    liar = record("https://acme.example/l", b"hello", length=length)
    uris, causes = read(tmp_path, packed([PAGES[0], liar, PAGES[1]]))
    assert uris[0] == URIS[0]
    assert "https://acme.example/l" not in uris
    assert causes


@pytest.mark.thorough
def test_a_bomb_is_passed_over_in_little_memory(tmp_path: Path) -> None:
    bomb = record("https://acme.example/b", bytes(MAX_RECORD_BYTES * 5))
    content = packed([PAGES[0], bomb, PAGES[1]])
    del bomb
    tracemalloc.start()
    uris, causes = read(tmp_path, content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert uris == [URIS[0], URIS[1]]
    assert len(causes) == 1
    assert peak < MAX_RECORD_BYTES / 4


def test_a_cut_or_garbled_end_of_a_file_is_reported(tmp_path: Path) -> None:
    whole = packed(PAGES)
    for content in (whole[:-40], b"".join(PAGES)[:-30]):
        uris, causes = read(tmp_path, content)
        assert (uris, len(causes)) == (URIS[:2], 1)
    uris, causes = read(tmp_path, packed(PAGES[:1]) + b"garbage" * 99 + packed(PAGES[1:]))
    assert (uris, len(causes)) == (URIS[:1], 1)
    broken = wacz({"archive/a.warc.gz": packed(PAGES[:1])[:-60], "archive/b.warc.gz": whole})
    uris, causes = read(tmp_path, broken)
    assert uris[-3:] == URIS
    assert causes


def test_names_in_a_package_lead_nowhere(tmp_path: Path) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    names = ("../../evil.warc.gz", "/evil.warc.gz", "archive/../../evil.warc.gz", "archive/x/y")
    hostile = {name: packed(PAGES[:1]) for name in names}
    uris, _ = read(inside, wacz({**hostile, "archive/a.warc.gz": packed(PAGES[1:2])}))
    assert uris == URIS[1:2]
    assert [one.name for one in tmp_path.rglob("*") if one.is_file()] == ["file"]
    with pytest.raises(ArchiveError, match="which a WACZ file must have"):
        read(inside, wacz(hostile))


def test_endless_headers_are_skipped(tmp_path: Path) -> None:
    many = "".join(f"X-{n}: a\r\n" for n in range(500))
    long = f"X-Long: {'a' * 20_000}\r\n"
    for more in (many, long):
        _, causes = read(tmp_path, packed([page("https://a.example/", "x", more=more), PAGES[0]]))
        assert causes


@pytest.mark.parametrize("content", [b"", b"hello", b"<html></html>" * 500, b"PK\x03\x04nonsense"])
def test_what_is_not_an_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ArchiveError):
        read(tmp_path, content)


@given(st.binary(max_size=400), st.integers(0, 500))
def test_no_bytes_break_it(tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int) -> None:
    whole = packed(PAGES)
    folder = tmp_path_factory.mktemp("junk")
    try:
        uris, _ = read(folder, whole[:at] + junk + whole[at + len(junk) :])
    except ArchiveError:
        return
    assert set(uris) <= {*URIS} or junk
