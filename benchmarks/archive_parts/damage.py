"""Damage and forgery: flips, cuts and swaps, and an owner who recomputes everything.

An archive of 2 GB has many files. Each round damages some of them, each once, verifies the whole
archive, and restores the files. Each flip changes one bit. Every second flip is in the header of a
gzip member, which no checksum of gzip covers. A flip counts as found if `mirror verify` reports the
file and the byte at which the record with this bit begins. A truncation counts as found if the
first record that is not whole is reported, by its place or its id. A swap exchanges two records of
a file, and counts as found if both places are reported. Files are read in small segments by several
processes. A forgery is made in a small archive. It replaces the body of one record, and recomputes
its digests, the index, entries, tiles and the signature of the log with the key, so the archive is
consistent in itself. It counts as refused if the comparison with the checkpoint that one witness
saw fails.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from benchmarks.archive_parts.polls import unchanged
from benchmarks.archive_parts.writing import exchanges
from data.archive.archive import Archive
from data.archive.log.leaves import HEAD, ID_BYTES
from data.archive.log.notes import Checkpoint
from data.archive.log.tree_log import log_of
from data.archive.log.witness import Witness
from data.archive.verification import read_files
from data.archive.verification.tree import ArchiveProblem
from data.archive.verification.verify_archive import (
    VerificationReport,
    known_checkpoint,
    verify_archive,
)
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.cdxj import entry_of
from data.archive.warc.reader import read_file
from data.archive.warc.records import compressed
from data.archive.warc.warc_file import cdxj_path, own_files
from data.clock import utc_now
from data.network.client import Outbound
from data.settings import ArchiveSettings as Settings

FLIPS, TRUNCATIONS, SWAPS, REWRITES = 400, 300, 300, 100
SMALL, LARGE = (40, 3000, 40_000), (32_000, 60_000, 5_000_000)
"""Number of pages, their size in bytes, and the maximum size of a file in bytes, per archive."""
SEGMENTS = 5
"""Number of segments of a full file."""
GZIP_HEAD = 10
DIGESTS = {"warc-block-digest", "warc-payload-digest", "content-length"}


def filled(home: Path, shape: tuple[int, int, int], chance: random.Random) -> None:
    """Write an archive of some files: pages, and answers that nothing changed."""
    count, size, max_file = shape
    with closing(Archive(home / "archive", Settings(max_file=max_file))) as archive:
        for number in range(count):
            (exchange,) = exchanges([chance.randbytes(size)])
            exchange = replace(exchange, url=f"{exchange.url}/{number}")
            archive.exchange(exchange)
            archive.exchange(unchanged(exchange))
        archive.finish()


def verified(home: Path, known: Collection[tuple[str, Checkpoint]] = ()) -> VerificationReport:
    """What is found of an archive."""
    with closing(log_of(home)) as log:
        return verify_archive(
            home / "archive", log, (), "", known=known, on_progress=lambda *_: None
        )


def records_in(path: Path) -> list[ArchiveRecord]:
    """All records of a file."""
    return [one for one in read_file(path) if isinstance(one, ArchiveRecord)]


def records_of(home: Path) -> list[tuple[Path, ArchiveRecord]]:
    """All records, each with its file."""
    return [(path, one) for path in own_files(home / "archive") for one in records_in(path)]


class Damaged(NamedTuple):
    """The content of a damaged file, and whether a problem is one of those to be reported.

    ``places`` is the number of problems to be reported.
    """

    content: bytes
    is_of_it: Callable[[ArchiveProblem], bool]
    places: int = 1


def flip(path: Path, number: int, chance: random.Random) -> Damaged:
    """Flip a bit of a record."""
    record = chance.choice(records_in(path))
    content = bytearray(path.read_bytes())
    inside = chance.randrange(GZIP_HEAD if number % 2 else record.length)
    content[record.offset + inside] ^= 1 << chance.randrange(8)
    return Damaged(bytes(content), lambda one: one.offset == record.offset)


def cut(path: Path, _: int, chance: random.Random) -> Damaged:
    """Cut a file within a record or before it."""
    record = chance.choice(records_in(path))
    content = path.read_bytes()[: record.offset + chance.randrange(record.length)]
    return Damaged(
        content,
        lambda one: (
            (one.file, one.offset) == (path.name, record.offset) or one.record == record.record_id
        ),
    )


def swap(path: Path, _: int, chance: random.Random) -> Damaged:
    """Exchange two records of a file."""
    first, second = sorted(chance.sample(records_in(path), 2), key=lambda one: one.offset)
    begin, end = first.offset + first.length, second.offset + second.length
    content = path.read_bytes()
    swapped = content[second.offset : end] + content[begin : second.offset]
    swapped += content[first.offset : begin]
    places = {first.offset, end - first.length}
    content = content[: first.offset] + swapped + content[end:]
    return Damaged(content, lambda one: one.offset in places, 2)


def located(
    home: Path,
    damage: Callable[[Path, int, random.Random], Damaged],
    count: int,
    chance: random.Random,
) -> int:
    """Damage files ``count`` times, and return how often this is found and located."""
    found = 0
    *files, _ = own_files(home / "archive")  # the last one may have a single record
    for start in range(0, count, len(files)):
        numbers = range(start, min(start + len(files), count))
        made: dict[Path, Damaged] = {}
        for number, path in zip(numbers, chance.sample(files, len(numbers)), strict=True):
            one = damage(path, number, chance)
            path.rename(home / path.name)
            path.write_bytes(one.content)
            made[path] = one._replace(content=b"")
        problems = verified(home).problems
        for path, one in made.items():
            own = (p for p in problems if p.file in {path.name, "log"} and one.is_of_it(p))
            found += len({p.offset for p in own}) >= one.places
            (home / path.name).rename(path)
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
    chance = random.Random(20260302)  # noqa: S311 - the same at each run
    tried = FLIPS // share, TRUNCATIONS // share, SWAPS // share
    forged = REWRITES // share
    shape = SMALL if few else LARGE
    with tempfile.TemporaryDirectory() as folder:
        home, small = Path(folder) / "home", Path(folder) / "small"
        for place, its_shape in ((home, shape), (small, SMALL)):
            place.mkdir()
            filled(place, its_shape, chance)
        read_files.SEGMENT_BYTES = shape[2] // SEGMENTS  # type: ignore[misc]  # files are small
        whole = verified(home)
        if problems := whole.problems:
            sys.exit(f"it was not whole before: {problems[0]}")
        found = tuple(
            located(home, damage, count, chance)
            for damage, count in zip((flip, cut, swap), tried, strict=True)
        )
        fit, refused = rewrites(small, forged, chance)
    if found != tried or (fit, refused) != (forged, forged):
        sys.exit(f"found: {found} of {tried}; refused: {refused} of {forged}, {fit} fit")
    return {
        "MB": whole.bytes / 1e6,
        "files": whole.files,
        "records": whole.records,
        "flips": tried[0],
        "flips located": found[0],
        "truncations": tried[1],
        "truncations located": found[1],
        "swaps": tried[2],
        "swaps located": found[2],
        "rewrites that fit by themselves": fit,
        "rewrites refused by a witness": refused,
    }
