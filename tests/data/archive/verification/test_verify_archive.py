"""Verifying an archive finds what is damaged, missing or rewritten in it, and where."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from data.archive.archive import Archive
from data.archive.log.cosigning import ask_witness, asked_witness
from data.archive.log.notes import Checkpoint, parse_checkpoint, sign_checkpoint
from data.archive.log.tree_log import log_of
from data.archive.log.witness import Witness
from data.archive.verification.verify_archive import (
    VerificationReport,
    known_checkpoint,
    verify_archive,
)
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.cdxj import entry_of, read_entries
from data.archive.warc.reader import read_file
from data.archive.warc.records import compressed, digest_text
from data.archive.warc.warc_file import cdxj_path, own_files
from data.clock import utc_now
from data.errors import ArchiveError
from data.models.capture import Capture
from data.network.client import Outbound
from data.settings import ArchiveSettings as Settings
from tests.data.archive.log.leaves import leaf_of
from tests.examples import thorough
from tests.exchanges import NOON, answer, not_modified

COUNT = 12


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Capture]]:
    """A HOME with an archive of three files, and what a store would point to."""
    home = tmp_path_factory.mktemp("home")
    captures = []
    archive = Archive(home / "archive", Settings(max_file=6000))
    with closing(archive):
        for number in range(COUNT):
            url = f"http://harbour.example/{number}"
            body = random.Random(number).randbytes(600)
            captures.append(archive.exchange(answer(url, body=body)))
            captures.append(archive.exchange(not_modified(url)))
            captures.append(archive.metadata("urn:x:y", "text/plain", b"said", at=NOON))
    return home, captures


@pytest.fixture
def home(made: tuple[Path, list[Capture]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(made[0], tmp_path / "home"))


@pytest.fixture
def captures(made: tuple[Path, list[Capture]]) -> list[Capture]:
    return made[1]


def verified(
    home: Path,
    captures: list[Capture] | tuple[()] = (),
    journal_end: str = "",
    known: list[tuple[str, Checkpoint]] | None = None,
) -> VerificationReport:
    with closing(log_of(home)) as log:
        return verify_archive(
            home / "archive",
            log,
            captures,
            journal_end,
            known=known or [],
            on_progress=lambda *_: None,
        )


def causes(report: VerificationReport) -> str:
    return "\n".join(map(str, report.problems))


def records_of(home: Path) -> list[tuple[Path, ArchiveRecord]]:
    return [
        (path, one)
        for path in own_files(home / "archive")
        for one in read_file(path)
        if isinstance(one, ArchiveRecord)
    ]


def test_a_whole_archive_has_no_problem(home: Path, captures: list[Capture]) -> None:
    done: list[tuple[int, int]] = []
    with closing(log_of(home)) as log:
        before = sorted(path for path in home.rglob("*"))
        report = verify_archive(
            home / "archive",
            log,
            captures,
            captures[2].record_id,
            known=[],
            on_progress=lambda read, every: done.append((read, every)),
        )
    assert causes(report) == ""
    records = records_of(home)
    assert (report.records, report.leaves) == (len(records), len(records))
    assert report.files == len(own_files(home / "archive")) > 2
    assert report.captures == len(captures)
    assert done == sorted(done)
    assert done[-1] == (report.bytes, report.bytes)
    assert sorted(home.rglob("*")) == before


@pytest.mark.parametrize("flips", [4, *thorough(200)])
def test_each_flipped_bit_is_found_in_its_record(home: Path, flips: int) -> None:
    chance = random.Random(1)
    records = records_of(home)
    for part in range(flips):
        path, record = chance.choice(records)
        # Every second one in the head of the gzip member, which its own checksum does not cover.
        inside = chance.randrange(10) if part % 2 else chance.randrange(record.length)
        content = path.read_bytes()
        flipped = bytearray(content)
        flipped[record.offset + inside] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
        report = verified(home)
        places = {(one.file, one.offset) for one in report.problems}
        assert (path.name, record.offset) in places, (inside, causes(report))
        path.write_bytes(content)


@pytest.mark.parametrize("block_digest", [False, True])
def test_a_changed_response_header_is_found(home: Path, *, block_digest: bool) -> None:
    path, record = next(one for one in records_of(home) if one[1].kind == "response")
    block = record.block.replace(b"HTTP/1.1 200 OK", b"HTTP/1.1 200 Ok")
    assert block != record.block
    new = {"WARC-Block-Digest": digest_text(sha256(block).digest())} if block_digest else {}
    member = compressed([(name, new.get(name, value)) for name, value in record.fields], block)
    content = path.read_bytes()
    after = content[record.offset + record.length :]
    path.write_bytes(content[: record.offset] + member + after)
    places = {(one.file, one.offset) for one in verified(home).problems}
    assert (path.name, record.offset) in places


def test_a_folder_in_place_of_a_file_is_reported_with_its_name(home: Path) -> None:
    path = own_files(home / "archive")[1]
    path.unlink()
    path.mkdir()
    problems = verified(home).problems
    assert path.name in {one.file for one in problems}
    assert {one.file for one in problems} == {path.name, "log"}


@pytest.mark.parametrize("times", [4, *thorough(20)])
def test_each_truncation_is_found(home: Path, times: int) -> None:
    chance = random.Random(2)
    for _ in range(times):
        path = chance.choice(own_files(home / "archive"))
        content = path.read_bytes()
        size = chance.randrange(len(content))
        path.write_bytes(content[:size])
        report = verified(home)
        assert report.problems
        assert any(one.file == path.name for one in report.problems)
        path.write_bytes(content)


def test_a_first_integration_that_did_not_come_to_its_end_is_not_damage(tmp_path: Path) -> None:
    log = tmp_path / "archive" / "log"
    with closing(Archive(tmp_path / "archive", Settings())) as archive:
        archive.resource("urn:x:y", "text/plain", b"said", at=NOON)
        waiting = (log / "pending").read_bytes()
    (log / "pending").write_bytes(waiting)
    (log / "checkpoint").unlink()
    assert verified(tmp_path).problems == []
    (log / "pending").unlink()
    assert "the checkpoint is missing; restore it from a backup" in str(
        verified(tmp_path).problems[0]
    )


@pytest.mark.parametrize("name", ["checkpoint", "tile/0/000.p/*", "tile/entries/000.p/*", "key/0"])
@pytest.mark.parametrize("flips", [2, *thorough(10)])
def test_each_flipped_bit_of_the_log_is_found(home: Path, name: str, flips: int) -> None:
    chance = random.Random(3)
    (path,) = (home / "archive/log").glob(name)
    content = path.read_bytes()
    for _ in range(flips):
        flipped = bytearray(content)
        flipped[chance.randrange(len(content))] ^= 1 << chance.randrange(7)
        path.write_bytes(flipped)
        assert any(one.file.startswith("log") for one in verified(home).problems)
    path.write_bytes(content)


def drop_file(home: Path) -> None:
    own_files(home / "archive")[0].unlink()


def drop_record(home: Path) -> None:
    path, record = records_of(home)[2]
    content = path.read_bytes()
    path.write_bytes(content[: record.offset] + content[record.offset + record.length :])


def drop_line(home: Path) -> None:
    path = cdxj_path(own_files(home / "archive")[0])
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))


def change_line(home: Path) -> None:
    path = cdxj_path(own_files(home / "archive")[0])
    path.write_text(path.read_text().replace('"status": "200"', '"status": "201"', 1))


def drop_index(home: Path) -> None:
    cdxj_path(own_files(home / "archive")[0]).unlink()


def drop_tile(home: Path) -> None:
    next((home / "archive/log/tile/0").rglob("*.p/*")).unlink()


def repeat_record(home: Path) -> None:
    path, record = records_of(home)[2]
    content = path.read_bytes()
    path.write_bytes(content + content[record.offset : record.offset + record.length])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (drop_file, "is missing and those of the leaves up to"),
        (drop_record, "is missing"),
        (drop_line, "its CDXJ line is missing"),
        (change_line, "its CDXJ line is missing or wrong"),
        (drop_index, "the index of"),
        (drop_tile, "missing from the log"),
        (repeat_record, "another record here has the same id"),
    ],
)
def test_missing_and_duplicate_items_are_reported(
    home: Path, change: Callable[[Path], None], told: str
) -> None:
    change(home)
    assert told in causes(verified(home))


def test_the_store_and_the_archive_must_agree(home: Path, captures: list[Capture]) -> None:
    one = captures[4]
    for wrong, told in (
        (replace(one, offset=1), "the store has it at byte 1"),
        (replace(one, digest="sha256:00"), "the store has another digest"),
        (replace(one, record_id="urn:uuid:0"), "refers to a record that is missing"),
        (replace(one, leaf=one.leaf + 1), "the store has it at"),
    ):
        assert told in causes(verified(home, [wrong]))
    assert "the last journal record" in causes(verified(home, (), "urn:uuid:0"))


def test_foreign_files_are_reported_and_cause_no_problem(home: Path) -> None:
    for name in ("theirs.warc.gz", "page.warc", "all.wacz", "note.txt"):
        (home / "archive" / name).write_bytes(b"not ours")
    report = verified(home)
    assert report.foreign == ["all.wacz", "page.warc", "theirs.warc.gz"]
    assert not report.problems


def test_the_record_that_is_being_written_is_not_damage(home: Path) -> None:
    archive = Archive(home / "archive", Settings())
    with closing(archive):
        capture = archive.exchange(answer("http://harbour.example/late"))
        (path,) = (home / "archive").glob("*.warc.gz.open")
        whole = path.read_bytes()
        with path.open("ab") as file:
            file.write(whole[capture.offset : capture.offset + 100])
        assert causes(verified(home)) == ""
        os.truncate(path, len(whole))
    path.write_bytes(whole + b"\x1f\x8b\x08torn")
    assert "the file ends in the middle" in causes(verified(home))


def rewritten(home: Path, number: int) -> None:
    """Rewrite a record as its keeper can: all else that tells of it is made to fit, and signed."""
    path, record = [one for one in records_of(home) if one[1].kind == "response"][number]
    block = record.block.replace(record.http.payload, random.Random(number).randbytes(600))
    fields = [one for one in record.fields if not one[0].endswith("-Digest")]
    member = compressed(fields, block)
    content = path.read_bytes()
    path.write_bytes(content[: record.offset] + member + content[record.offset + record.length :])
    log = home / "archive/log"
    with closing(log_of(home)) as old:
        entries = [old.tree(old.checkpoint().size).entry(n) for n in range(old.checkpoint().size)]  # type: ignore[union-attr]
    by_id = {one[-16:]: n for n, one in enumerate(entries)}
    for one in read_file(path):
        assert isinstance(one, ArchiveRecord)
        leaf = one.leaf()
        assert leaf
        entries[by_id[leaf.record_id.bytes]] = leaf.encode()
    shutil.rmtree(log / "tile")
    (log / "checkpoint").unlink()
    (log / "pending").write_bytes(bytes(8) + b"".join(entries))
    with closing(log_of(home)) as new:
        new.integrate()
    lines = cdxj_path(path)
    found = [
        entry_of(one, by_id[one.leaf().record_id.bytes])  # type: ignore[union-attr]
        for one in read_file(path)
        if isinstance(one, ArchiveRecord)
    ]
    lines.write_bytes(b"".join(one.encode() for one in found if one))
    assert [*read_entries(lines)]


def test_a_log_rewritten_by_its_owner_contradicts_the_witness(home: Path, tmp_path: Path) -> None:
    witness = Witness(tmp_path / "witness", tmp_path / "witness.key")
    with closing(log_of(home)) as log:
        witness.cosign(log.read, "log", utc_now())
        seen = parse_checkpoint((home / "archive/log/checkpoint").read_bytes())
    assert verified(home, known=[("witness", seen)]).attested == ["witness"]
    for number in range(3):
        copy = Path(shutil.copytree(home, tmp_path / f"copy{number}"))
        rewritten(copy, number)
        # By itself all of it fits.
        assert not [one for one in verified(copy).problems if "refers to" not in one.cause]
        report = verified(copy, known=[("witness", seen)])
        assert "the tiles do not give the root" in causes(report)
        assert report.attested == []


def test_a_witness_signature_binds_the_log(home: Path, tmp_path: Path) -> None:
    witness = Witness(tmp_path / "witness", tmp_path / "witness.key")
    with closing(log_of(home)) as log:
        witness.cosign(log.read, "log", utc_now())
        ask_witness(log, asked_witness(str(tmp_path), Path.cwd()), Outbound())
    assert verified(home).attested == [witness.key().name]
    rewritten(home, 1)
    report = verified(home)
    assert any(one.file.startswith("log/checkpoints/") for one in report.problems)
    seen = next((home / "archive/log/checkpoints").rglob("cosignatures"))
    seen.write_text(seen.read_text().replace("communique-witness", "somebody"))
    assert verified(home).attested == []


def test_a_tree_signed_by_a_replaced_key_is_reported(home: Path, tmp_path: Path) -> None:
    with closing(log_of(home)) as log:
        thief = log.key()
        size = log.rotate_key().size
        assert verified(home).problems == []
        # Of this size both keys signed, and a rotation may end before the new one has.
        (log.folder / "checkpoint").write_bytes(
            sign_checkpoint(thief, size, log.tree(size).root()).encode()
        )
        assert verified(home).problems == []
        log.append(leaf_of("later"))
        signed = log.integrate()
        forged = sign_checkpoint(thief, signed.size, signed.root).encode()
        (log.folder / "checkpoint").write_bytes(forged)
        assert f"may sign a tree of {size + 1} leaves" in causes(verified(home))
        (tmp_path / "kept").write_bytes(forged)
        with pytest.raises(ArchiveError, match="not signed by a key"):
            known_checkpoint(str(tmp_path / "kept"), thief.name, log.key_chain(), Outbound())
        (log.folder / "checkpoint").write_bytes(signed.encode())
        attested = log.folder / "checkpoints" / str(signed.size)
        attested.mkdir(parents=True)
        (attested / "checkpoint").write_bytes(forged)
        places = [one.file for one in verified(home).problems]
        assert places == ["log", f"log/checkpoints/{signed.size}"]


def test_a_tree_smaller_than_at_the_rotation_is_reported(home: Path) -> None:
    with closing(log_of(home)) as log:
        before = (log.folder / "checkpoint").read_bytes()
        log.append(leaf_of("later"))
        log.rotate_key()
        (log.folder / "checkpoint").write_bytes(before)
        assert "restored from an older copy" in causes(verified(home))


def test_a_damaged_record_is_reported_once_with_its_address(
    home: Path, captures: list[Capture]
) -> None:
    lost = captures[0]
    path = home / "archive" / lost.file
    path = path if path.exists() else path.with_name(f"{path.name}.open")
    content = bytearray(path.read_bytes())
    content[lost.offset + 2] ^= 255
    path.write_bytes(content)
    report = verified(home, captures)
    # The 304 after it has no page any more, which is another thing.
    problem, needing = report.problems
    assert (needing.record, needing.uri) == (captures[1].record_id, problem.uri)
    assert (problem.offset, problem.leaf) == (lost.offset, lost.leaf)
    assert problem.uri == "http://harbour.example/0"
    assert "http://harbour.example/0" in str(problem)


def test_a_damaged_request_is_reported_once_with_its_address(home: Path) -> None:
    path, request = next(
        (path, one)
        for path, one in records_of(home)
        if one.kind == "request" and one.uri.endswith("/3")
    )
    content = bytearray(path.read_bytes())
    content[request.offset + 2] ^= 255
    path.write_bytes(content)
    (problem,) = verified(home).problems
    assert (problem.offset, problem.uri) == (request.offset, request.uri)
    leaf = request.leaf()
    assert leaf is not None
    with closing(log_of(home)) as log:
        assert {leaf.record_id: problem.leaf} == log.find([leaf.record_id])
