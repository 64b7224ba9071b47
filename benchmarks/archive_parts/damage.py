"""Damage and forgery: flips, cuts and swaps, and an owner who recomputes everything.

Each flip changes one bit. Every second flip is in the header of a gzip member, which no checksum of
gzip covers. A flip counts as found if `mirror verify` reports the file and the byte at which the
record with this bit begins. A truncation counts as found if the first record that is not whole is
reported, by its place or its id. A swap exchanges two records of a file, and counts as found if
both places are reported. Files are read in small segments by several processes. A forgery replaces
the body of one record, and recomputes its digests, the index, entries, tiles and the signature of
the log with the key, so the archive is consistent in itself. It counts as refused if the comparison
with the checkpoint that one witness saw fails.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from benchmarks.archive_parts.polls import unchanged
from benchmarks.archive_parts.writing import exchanges
from data.archive.archive import Archive
from data.archive.log.leaf import ID_BYTES
from data.archive.log.notes import Checkpoint
from data.archive.log.pending import HEAD
from data.archive.log.tree_log import log_of
from data.archive.log.witness import Witness
from data.archive.verification import read_files
from data.archive.verification.report import VerificationReport
from data.archive.verification.verify_archive import known_checkpoint, verify_archive
from data.archive.warc.cdxj import entry_of
from data.archive.warc.reader import ArchiveRecord, read_file
from data.archive.warc.records import compressed
from data.archive.warc.warc_file import cdxj_path, own_files
from data.clock import utc_now
from data.network.client import Outbound
from data.settings import ArchiveSettings as Settings

FLIPS, TRUNCATIONS, SWAPS, REWRITES = 400, 300, 300, 100
SEGMENT = 8000
PAGES, PAGE, MAX_FILE = 40, 3000, 40_000
GZIP_HEAD = 10
DIGESTS = {"warc-block-digest", "warc-payload-digest", "content-length"}


def filled(home: Path, chance: random.Random) -> None:
    """An archive of some files: pages and answers that nothing changed."""
    with closing(Archive(home / "archive", Settings(max_file=MAX_FILE))) as archive:
        for exchange in exchanges([chance.randbytes(PAGE) for _ in range(PAGES)]):
            archive.exchange(exchange)
            archive.exchange(unchanged(exchange))
        archive.finish()


def verified(home: Path, known: Collection[tuple[str, Checkpoint]] = ()) -> VerificationReport:
    """What is found of an archive."""
    with closing(log_of(home)) as log:
        return verify_archive(
            home / "archive", log, (), "", known=known, on_progress=lambda *_: None
        )


def records_of(home: Path) -> list[tuple[Path, ArchiveRecord]]:
    """All records, each with its file."""
    files = own_files(home / "archive")
    return [
        (path, one) for path in files for one in read_file(path) if isinstance(one, ArchiveRecord)
    ]


def flips(home: Path, count: int, chance: random.Random) -> int:
    """How many bits that flip are found, and located."""
    records = records_of(home)
    found = 0
    for number in range(count):
        path, record = chance.choice(records)
        inside = chance.randrange(GZIP_HEAD if number % 2 else record.length)
        content = path.read_bytes()
        flipped = bytearray(content)
        flipped[record.offset + inside] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
        places = {(one.file, one.offset) for one in verified(home).problems}
        found += (record.file, record.offset) in places
        path.write_bytes(content)
    return found


def truncations(home: Path, count: int, chance: random.Random) -> int:
    """How many cuts of a file are found, and located."""
    found = 0
    records = records_of(home)
    for _ in range(count):
        path, record = chance.choice(records)
        content = path.read_bytes()
        path.write_bytes(content[: record.offset + chance.randrange(record.length)])
        found += any(
            (one.file, one.offset) == (path.name, record.offset) or one.record == record.record_id
            for one in verified(home).problems
        )
        path.write_bytes(content)
    return found


def swaps(home: Path, count: int, chance: random.Random) -> int:
    """How many exchanges of two records of a file are found, and located."""
    found = 0
    for _ in range(count):
        path = chance.choice(own_files(home / "archive"))
        records = [one for one in read_file(path) if isinstance(one, ArchiveRecord)]
        first, second = sorted(chance.sample(records, 2), key=lambda one: one.offset)
        begin, end = first.offset + first.length, second.offset + second.length
        content = path.read_bytes()
        swapped = content[second.offset : end] + content[begin : second.offset]
        swapped += content[first.offset : begin]
        path.write_bytes(content[: first.offset] + swapped + content[end:])
        places = {one.offset for one in verified(home).problems if one.file == path.name}
        found += {first.offset, end - first.length} <= places
        path.write_bytes(content)
    return found


def rewrites(home: Path, count: int, chance: random.Random) -> tuple[int, int]:
    """How many rewrites fit by themselves, and how many are refused by what a witness saw."""
    witness = Witness(home / "witness", home / "witness.key")
    with closing(log_of(home)) as log:
        witness.cosign(log.read, "log", utc_now())
        origin, keys = log.key().name, log.key_chain()
    known = [("witness", known_checkpoint(str(home), origin, keys, Outbound()))]
    fit = refused = 0
    for number in range(count):
        copy = Path(shutil.copytree(home, home.with_name(f"copy{number}")))
        rewrite(copy, chance)
        fit += not verified(copy).problems
        refused += bool(verified(copy, known).problems)
        shutil.rmtree(copy)
    return fit, refused


def rewrite(home: Path, chance: random.Random) -> None:
    """Give one request another head, and make all else fit, as who has the key can."""
    path, record = chance.choice([one for one in records_of(home) if one[1].kind == "request"])
    block = record.block.replace(b"\r\n\r\n", b"\r\nX-Forged: %d\r\n\r\n" % chance.randrange(10**9))
    fields = [one for one in record.fields if one[0].lower() not in DIGESTS]
    member = compressed([*fields, ("Content-Length", str(len(block)))], block)
    content = path.read_bytes()
    path.write_bytes(content[: record.offset] + member + content[record.offset + record.length :])
    folder = home / "archive" / "log"
    with closing(log_of(home)) as log:
        signed = log.checkpoint()
        size = signed.size if signed else 0
        tree = log.tree(size)
        entries = [tree.entry(number) for number in range(size)]
    numbers = {entry[-ID_BYTES:]: number for number, entry in enumerate(entries)}
    lines = []
    for one in read_file(path):
        leaf = one.leaf() if isinstance(one, ArchiveRecord) else None
        if not isinstance(one, ArchiveRecord) or leaf is None:
            sys.exit(f"the rewrite left a record that is none: {one}")
        number = numbers[leaf.record_id.bytes]
        entries[number] = leaf.encode()
        if line := entry_of(one, number):
            lines.append(line.encode())
    cdxj_path(path).write_bytes(b"".join(sorted(lines)))
    shutil.rmtree(folder / "tile")
    (folder / "checkpoint").unlink()
    (folder / "pending").write_bytes(bytes(HEAD) + b"".join(entries))
    with closing(log_of(home)) as log:
        log.integrate()


def measure(*, few: bool) -> dict[str, object]:
    """What is found of what; anything less than all ends the benchmark."""
    share = 20 if few else 1
    read_files.SEGMENT_BYTES = SEGMENT  # type: ignore[misc]  # the archive is small
    chance = random.Random(20260302)  # noqa: S311 - the same at each run
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        filled(home, chance)
        if problems := verified(home).problems:
            sys.exit(f"it was not whole before: {problems[0]}")
        tried = FLIPS // share, TRUNCATIONS // share, SWAPS // share
        found = tuple(
            damage(home, count, chance)
            for damage, count in zip((flips, truncations, swaps), tried, strict=True)
        )
        forged = REWRITES // share
        fit, refused = rewrites(home, forged, chance)
    if found != tried or (fit, refused) != (forged, forged):
        sys.exit(f"found: {found} of {tried}; refused: {refused} of {forged}, {fit} fit")
    return {
        "flips": tried[0],
        "flips located": found[0],
        "truncations": tried[1],
        "truncations located": found[1],
        "swaps": tried[2],
        "swaps located": found[2],
        "rewrites that fit by themselves": fit,
        "rewrites refused by a witness": refused,
    }
