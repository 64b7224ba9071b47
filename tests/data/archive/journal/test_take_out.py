"""Records are taken out: the rest stays byte for byte, and the archive explains what is missing."""

from __future__ import annotations

import datetime as dt
import errno
import gzip
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, replace
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.archive.archive import Archive
from data.archive.journal.removal import (
    REMOVED_PLACE,
    Cut,
    Places,
    Stored,
    named,
    of_renditions,
    older,
    rewritten,
    stored_records,
    take_out,
    with_same_bytes,
)
from data.archive.log.notes import REMOVAL, Removal, SignedNote, SigningKey, encode_removal, runs
from data.archive.log.tree_log import log_of
from data.archive.verification.verify_archive import VerificationReport, verify_archive
from data.archive.warc.archive_record import uuid_of
from data.archive.warc.warc_file import cdxj_path, own_files
from data.errors import ArchiveError
from data.models.capture import Capture, RecordPlace
from data.settings import ArchiveSettings as Settings
from tests.exchanges import NOON, answer, not_modified

SAME = b"the same at two addresses"


@pytest.fixture
def captures(tmp_path: Path) -> list[Capture]:
    """Captures of an archive of some files: a page, a copy of it elsewhere, others, a 304."""
    with closing(Archive(tmp_path / "archive", Settings(max_file=2500))) as archive:
        made = [archive.exchange(answer(url(1), body=SAME))]
        made.append(archive.exchange(answer(url(2), body=SAME)))
        later = NOON + dt.timedelta(days=9)
        made += [archive.exchange(answer(url(n), body=b"%d" % n, at=later)) for n in range(3, 7)]
        made.append(archive.exchange(not_modified(url(1), at=later)))
        made.append(archive.metadata("urn:communique:journal", "text/plain", b"told", at=NOON))
        archive.finish()
    return made


def url(number: int) -> str:
    return f"http://harbour.example/{number}"


def nothing(*_: object) -> None:
    """Be told."""


def done(
    home: Path, captures: list[Capture], records: list[Stored], why: str = "an order"
) -> Mapping[str, RecordPlace]:
    """Take records out; where the store is told that its records are."""
    told: dict[str, RecordPlace] = {}
    with closing(Archive(home / "archive", Settings())) as archive:
        archive.finish()
        taken = take_out(archive, ("redact", why), records, captures, told.update)
    assert taken.records == len(records)
    return told


def now(captures: list[Capture], told: Mapping[str, RecordPlace]) -> list[Capture]:

    return [
        replace(one, **asdict(told[one.record_id])) if one.record_id in told else one
        for one in captures
    ]


def verified(home: Path, captures: list[Capture]) -> VerificationReport:
    with closing(log_of(home)) as log:
        return verify_archive(home / "archive", log, captures, "", known=[], on_progress=nothing)


def test_a_record_is_removed_with_all_copies_of_its_bytes(
    tmp_path: Path, captures: list[Capture]
) -> None:
    records = stored_records(tmp_path / "archive", nothing)
    assert named(records, url(1)) == {captures[0].record_id, captures[6].record_id}
    assert named(records, captures[0].record_id.removeprefix("urn:uuid:")) == {
        captures[0].record_id
    }
    assert named(records, url(99)) == set()
    for name in (url(1), url(2), captures[0].record_id):
        gone = with_same_bytes(records, named(records, name))
        answers = {one.record_id for one in gone if one.kind != "request"}
        assert answers == {captures[n].record_id for n in (0, 1, 6)}
        assert sum(one.kind == "request" for one in gone) == 3


def test_the_rest_is_intact_and_missing_records_are_explained(
    tmp_path: Path, captures: list[Capture]
) -> None:
    records = stored_records(tmp_path / "archive", nothing)
    gone = with_same_bytes(records, named(records, url(1)))
    before = {one.name for one in own_files(tmp_path / "archive")}
    told = done(tmp_path, captures, gone)
    assert [told.get(captures[n].record_id) for n in (0, 1, 6)] == [REMOVED_PLACE] * 3
    report = verified(tmp_path, now(captures, told))
    assert report.problems == []
    (removed,) = report.removed
    assert (removed.kind, removed.why, removed.records) == ("redact", "an order", 6)
    held = b"".join(one.read_bytes() for one in own_files(tmp_path / "archive"))
    assert SAME not in gzip.decompress(held)
    assert b"told" in gzip.decompress(held)
    assert before - {one.name for one in own_files(tmp_path / "archive")}
    with closing(Archive(tmp_path / "archive", Settings())) as archive:
        assert archive.index.captures(url(1)) == []
        (kept,) = archive.index.captures(url(4))
        assert archive.record(kept.file, kept.offset).http.payload == b"4"
        # The page comes in again as if it had never been here.
        again = archive.exchange(answer(url(1), body=SAME))
        assert archive.record(again.file, again.offset).kind == "response"


def test_killed_before_the_end_the_same_command_ends_it(
    tmp_path: Path, captures: list[Capture]
) -> None:
    records = stored_records(tmp_path / "archive", nothing)
    gone = with_same_bytes(records, named(records, url(1)))

    def killed(moved: Mapping[str, RecordPlace]) -> None:
        del moved
        raise KeyboardInterrupt

    with closing(Archive(tmp_path / "archive", Settings())) as archive:
        archive.finish()
        with pytest.raises(KeyboardInterrupt):
            take_out(archive, ("redact", "an order"), gone, captures, killed)
    unended = verified(tmp_path, captures)
    assert [one.records for one in unended.removed] == [0]
    assert any("run the same command again" in one.cause for one in unended.problems)
    told = done(tmp_path, captures, gone)
    report = verified(tmp_path, now(captures, told))
    assert report.problems == []
    # It is told once, though two commands did it.
    assert [one.records for one in report.removed] == [6]


def test_killed_before_the_log_signed_it_the_same_command_signs_first(
    tmp_path: Path, captures: list[Capture], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = records_of(tmp_path, url(1))

    def killed() -> None:
        raise KeyboardInterrupt

    with closing(Archive(tmp_path / "archive", Settings())) as archive:
        archive.finish()
        # Closed by the kill, not by us: nothing is signed on the way out.
        monkeypatch.setattr(archive, "seal", killed)
        with pytest.raises(KeyboardInterrupt):
            take_out(archive, ("redact", "an order"), gone, captures, nothing)
        monkeypatch.setattr(archive, "seal", lambda: None)
    unended = verified(tmp_path, captures)
    assert unended.removed == []
    assert ["run the same command again" in one.cause for one in unended.problems] == [True]
    signed: list[int] = []
    with closing(Archive(tmp_path / "archive", Settings())) as archive:
        archive.finish()

        def relocate(moved: Mapping[str, RecordPlace]) -> None:
            del moved
            checkpoint = archive.log.checkpoint()
            assert checkpoint
            signed.append(checkpoint.size)

        take_out(archive, ("redact", "an order"), gone, captures, relocate)
    report = verified(tmp_path, [])
    assert report.problems == []
    assert [one.records for one in report.removed] == [6]
    # The removal was told once, and in the signed tree before anything went.
    assert signed == [report.leaves]


def test_an_unsigned_removal_note_explains_nothing(tmp_path: Path, captures: list[Capture]) -> None:
    """Who writes into the archive without the key has his leaf signed by the next visit."""
    del captures
    gone = records_of(tmp_path, url(1))
    thief = SigningKey("communique/0123456789abcdef", bytes(32))
    with closing(log_of(tmp_path)) as log:
        own, leaves = (
            log.key(),
            runs([*log.find([uuid_of(one.record_id) for one in gone]).values()]),
        )
    forged = Removal("redact", "forged", leaves)
    drop(tmp_path, gone)
    missed = len(causes(tmp_path))
    assert missed
    for block in (
        b'{"kind":"redact","why":"forged","leaves":[[0,9]]}',
        encode_removal(forged, thief),
        encode_removal(forged, replace(thief, name=own.name)),
        encode_removal(forged, own).replace(b"forged", b"folded"),
        own_note(own, "key rotation 1"),
        own_note(own, "removal"),
    ):
        with closing(Archive(tmp_path / "archive", Settings())) as archive:
            archive.metadata(REMOVAL, "text/plain", block, at=NOON)
        report = verified(tmp_path, [])
        assert report.leaves == report.signed
        assert report.removed == []
        missed += 1
        assert len(report.problems) == missed
        assert "it is a note about a removal" in str([one.cause for one in report.problems])


@pytest.mark.thorough
def test_a_removal_note_not_yet_in_the_signed_log_explains_nothing(
    tmp_path: Path, captures: list[Capture]
) -> None:
    del captures
    gone = records_of(tmp_path, url(1))
    drop(tmp_path, gone)
    with closing(log_of(tmp_path)) as log:
        leaves = runs([*log.find([uuid_of(one.record_id) for one in gone]).values()])
        checkpoint = (log.folder / "checkpoint").read_bytes()
        block = encode_removal(Removal("redact", "an order", leaves), log.key())
    with closing(Archive(tmp_path / "archive", Settings())) as archive:
        archive.metadata(REMOVAL, "text/plain", block, at=NOON)
        unsigned = verified(tmp_path, [])
        assert (unsigned.removed, len(unsigned.problems) > 1) == ([], True)
    signed = verified(tmp_path, [])
    assert signed.problems == []
    assert [one.records for one in signed.removed] == [6]
    # A tree that nobody signed is none that explains.
    path = tmp_path / "archive/log/checkpoint"
    path.write_bytes(path.read_bytes().replace(checkpoint.split()[0], b"somebody/else"))
    assert verified(tmp_path, []).removed == []


def records_of(home: Path, address: str) -> list[Stored]:
    """The records that go with an address."""
    records = stored_records(home / "archive", nothing)
    return with_same_bytes(records, named(records, address))


def own_note(key: SigningKey, first: str) -> bytes:
    """A note that the key of the log signed, and that tells of no removal."""
    text = f"{key.name}\n{first}\nno JSON\n"
    return SignedNote(text, (key.sign(text),)).encode()


def drop(home: Path, records: list[Stored]) -> None:
    """Take records out of their files, and say nothing of it."""
    for name in {one.file for one in records}:
        path = home / "archive" / name
        rewritten(path, [Cut(one.offset, one.length) for one in records if one.file == name])
        path.unlink()
        cdxj_path(path).unlink()


def causes(home: Path) -> list[str]:
    """What is wrong with an archive."""
    return [one.cause for one in verified(home, []).problems]


def test_a_record_removed_without_a_note_is_reported_as_missing(
    tmp_path: Path, captures: list[Capture]
) -> None:
    path = tmp_path / "archive" / captures[3].file
    rewritten(path, [Cut(captures[3].offset, captures[3].length)])
    path.unlink()
    assert any("is missing" in one for one in causes(tmp_path))


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=30))
def test_the_rest_moves_up_by_everything_removed_before_it(
    records: list[tuple[int, bool]],
) -> None:
    ends = [0, *accumulate(length for length, _ in records)]
    placed = [*zip(ends, records, strict=False)]
    places = Places([Cut(at, length) for at, (length, goes) in placed if goes])
    nearer = 0
    for at, (length, goes) in placed:
        if goes:
            nearer += length
        else:
            assert places.moved(at) == at - nearer


def test_screenshots_and_pdfs_are_removed_with_their_page(
    tmp_path: Path, captures: list[Capture]
) -> None:
    with closing(Archive(tmp_path / "archive", Settings())) as archive:
        for uri in (f"urn:screenshot:{url(1)}", f"urn:pdf:{url(1)}", f"urn:pdf:{url(2)}"):
            archive.resource(uri, "image/png", uri.encode(), at=NOON)
    records = stored_records(tmp_path / "archive", nothing)
    page = [one for one in records if one.record_id == captures[0].record_id]
    assert [one.uri for one in of_renditions(records, page)] == [
        f"urn:screenshot:{url(1)}",
        f"urn:pdf:{url(1)}",
    ]
    old = older(records, NOON + dt.timedelta(days=99), {"harbour.example"})
    assert sum(one.kind == "resource" for one in old) == 3


def test_old_records_are_removed_except_pages_that_later_records_need(
    tmp_path: Path, captures: list[Capture]
) -> None:
    records = stored_records(tmp_path / "archive", nothing)
    old = older(records, NOON + dt.timedelta(days=1), frozenset())
    # The 304 of later needs the page; the copy of it at another address goes.
    assert {one.record_id for one in old if one.kind != "request"} == {captures[1].record_id}
    assert older(records, NOON + dt.timedelta(days=1), {"other.example"}) == []
    everything = older(records, NOON + dt.timedelta(days=99), {"harbour.example"})
    assert len(everything) == 14
    told = done(tmp_path, captures, everything)
    assert verified(tmp_path, now(captures, told)).problems == []


def test_nothing_is_removed_while_another_process_writes(
    tmp_path: Path, captures: list[Capture]
) -> None:
    del captures
    with (
        closing(Archive(tmp_path / "archive", Settings())) as other,
        closing(Archive(tmp_path / "archive", Settings())) as archive,
    ):
        other.exchange(answer(url(50)))
        with pytest.raises(ArchiveError, match="another process writes to it"):
            archive.finish()


def test_a_disk_error_is_reported_as_such(
    tmp_path: Path, captures: list[Capture], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    with closing(Archive(tmp_path / "archive", Settings())) as archive:
        archive.exchange(answer(url(50)))
    del captures
    monkeypatch.setattr("data.archive.archive.take_over", refuse)
    with (
        closing(Archive(tmp_path / "archive", Settings())) as archive,
        pytest.raises(ArchiveError, match="Read-only file system; nothing is removed"),
    ):
        archive.finish()
