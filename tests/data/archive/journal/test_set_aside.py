"""A signed note repairs an archive that earlier versions damaged by what they imported."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from data.archive.archive import Archive
from data.archive.foreign_archives import IMPORTED_FIELD
from data.archive.journal.removal import (
    SET_ASIDE_REASON,
    set_aside,
    stored_records,
    take_out,
    with_same_bytes,
    write_removal_notes,
)
from data.archive.log.keys import LogKey
from data.archive.log.notes import SET_ASIDE, Removal
from data.archive.log.tree_log import log_of
from data.archive.verification.verify_archive import VerificationReport, verify_archive
from data.errors import ArchiveError
from data.models.capture import Capture
from data.settings import ArchiveSettings as Settings
from tests.exchanges import answer

FORGED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Nobody ever served this."
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
SHA1 = "sha1:LMQ5Z5A5KLYVBS4PMXPZ2VLGRJDNZ7DN"


def adopt(
    archive: Archive,
    record_id: str,
    block: bytes,
    *,
    kind: str = "response",
    digest: str = "",
    imported: str = "own.warc.gz",
) -> Capture:
    """Write a record as earlier versions imported it, whatever its id, and whatever is here."""
    fields = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", f"<{record_id}>"),
        ("WARC-Date", "2020-01-01T00:00:00Z"),
        ("WARC-Target-URI", f"http://harbour.example/{kind}"),
        ("Content-Type", "application/http; msgtype=response"),
    ]
    fields += [("WARC-Payload-Digest", digest)] if digest else []
    fields += [(IMPORTED_FIELD, imported)] if imported else []
    capture = archive.adopt(tuple(fields), block)
    assert capture is not None
    return capture


def verified(home: Path, captures: Sequence[Capture] = ()) -> VerificationReport:
    with closing(log_of(home)) as log:
        return verify_archive(
            home / "archive", log, captures, "", known=(), on_progress=lambda _done, _every: None
        )


def opened(home: Path) -> Archive:
    return Archive(home / "archive", Settings())


@pytest.fixture
def captures(tmp_path: Path) -> list[Capture]:
    """What a store points to of an archive that holds one damaging record of each kind."""
    with closing(opened(tmp_path)) as archive:
        ours = [archive.exchange(answer(f"http://harbour.example/{n}")) for n in range(3)]
        forged = adopt(archive, ours[1].record_id, FORGED)
        adopt(archive, "urn:example:1", HEAD, kind="revisit", digest=SHA1)
        ours.append(archive.exchange(answer("http://harbour.example/9", body=b"<p>Later.")))
        # Bytes that only the forged record holds, which we were served too.
        body = FORGED.partition(b"\r\n\r\n")[2]
        ours.append(archive.exchange(answer("http://harbour.example/10", body=body)))
    assert forged.record_id == ours[1].record_id
    return ours


def test_both_kinds_are_named_before_and_set_aside_by_the_note(
    tmp_path: Path, captures: list[Capture]
) -> None:
    before = verified(tmp_path, captures)
    assert len(before.problems) == 2
    assert all("--repair" in one.cause for one in before.problems)
    # None of them accuses a record of ours.
    assert {one.uri for one in before.problems} == {
        "http://harbour.example/response",
        "http://harbour.example/revisit",
    }
    with closing(opened(tmp_path)) as archive:
        assert set_aside(archive) == 2
    report = verified(tmp_path, captures)
    assert report.problems == []
    (told,) = report.removed
    assert (told.kind, told.why, told.records) == (SET_ASIDE, SET_ASIDE_REASON, 2)
    with closing(opened(tmp_path)) as archive:
        assert set_aside(archive) == 0
    assert verified(tmp_path, captures).records == report.records


def test_later_changes_are_still_found(tmp_path: Path, captures: list[Capture]) -> None:
    with closing(opened(tmp_path)) as archive:
        set_aside(archive)
    one = captures[1]
    path = tmp_path / "archive" / f"{one.file}.open"
    content = bytearray(path.read_bytes())
    content[one.offset + one.length - 9] ^= 1
    path.write_bytes(content)
    (problem, *_) = verified(tmp_path, captures).problems
    assert problem.offset == one.offset


def test_a_capture_of_the_store_that_was_set_aside_is_not_a_problem(
    tmp_path: Path, captures: list[Capture]
) -> None:
    with closing(opened(tmp_path)) as archive:
        imported = adopt(
            archive, "urn:example:2", HEAD, kind="revisit", digest=SHA1.replace("L", "M")
        )
        set_aside(archive)
    assert verified(tmp_path, [*captures, imported]).problems == []


def test_no_record_of_ours_is_set_aside(tmp_path: Path) -> None:
    """Only what says that it was imported, and is exactly the record of its leaf."""
    with closing(opened(tmp_path)) as archive:
        first = archive.exchange(answer("http://harbour.example/1"))
        adopt(archive, first.record_id, FORGED, imported="")
        adopt(archive, "urn:example:3", HEAD, kind="revisit", digest=SHA1, imported="")
        archive.seal()
        assert set_aside(archive) == 0
    assert len(verified(tmp_path).problems) == 2


def test_a_note_without_the_key_or_before_it_is_signed_explains_nothing(
    tmp_path: Path, captures: list[Capture]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    key = LogKey(other / "log.key", other).load()
    leaf = len(verified(tmp_path, captures).problems) and captures[1].leaf
    with closing(opened(tmp_path)) as archive:
        real = archive.log.key
        archive.log.key = lambda: key  # type: ignore[method-assign]  # a thief's key
        write_removal_notes(archive, [Removal(SET_ASIDE, "mine", [(0, leaf + 9)])])
        archive.log.key = real  # type: ignore[method-assign]
        archive.seal()
    assert len(verified(tmp_path, captures).problems) >= 2
    assert all(one.kind != SET_ASIDE for one in verified(tmp_path, captures).removed)


def test_without_the_key_of_the_log_nothing_is_set_aside(
    tmp_path: Path, captures: list[Capture]
) -> None:
    assert captures
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "archive", copy / "archive")
    with closing(opened(copy)) as archive, pytest.raises(ArchiveError, match="key"):
        set_aside(archive)


def test_a_record_whose_id_was_forged_can_be_redacted(
    tmp_path: Path, captures: list[Capture]
) -> None:
    with closing(opened(tmp_path)) as archive:
        set_aside(archive)
        archive.finish()
        records = stored_records(archive.folder, lambda _done, _every: None)
        gone = with_same_bytes(records, {captures[1].record_id})
        take_out(archive, ("redact", "an order"), gone, [], lambda _: None)
    report = verified(tmp_path)
    assert report.problems == []
    assert {one.kind for one in report.removed} == {SET_ASIDE, "redact"}


def test_a_file_without_the_note_or_the_records_is_read_all_the_same(
    tmp_path: Path, captures: list[Capture]
) -> None:
    """The bytes of a record that is set aside are evidence of nothing, and may be missing."""
    with closing(opened(tmp_path)) as archive:
        set_aside(archive)
        archive.finish()
    assert verified(tmp_path, captures).problems == []
