"""Verifying an archive: its speed as a ratio to igzip and one SHA-256 per record.

The baseline decompresses each gzip member of the same files and hashes its content once. It knows
where each member begins, and runs in as many processes as `mirror verify`. It has no other work:
`mirror verify` also hashes the compressed bytes and the payload, parses each record, and compares
it with its leaf and its CDXJ line. Both are measured in elapsed time, in turn, and the best of
several rounds counts. Nine in ten pages are HTML of 26 to 130 KB, and one is an image of 60 KB.

Then the size of the folder that `communique prove` writes is measured, and how long verify.py takes
in it, in a separate interpreter, with the library cryptography and without it.
"""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from isal import isal_zlib

from benchmarks.archive_parts.damage import verified
from benchmarks.archive_parts.writing import exchanges
from benchmarks.crawl import room_sites
from data.archive.archive import Archive
from data.archive.log.tree_log import log_of
from data.archive.proof.proof_folder import ProofFolder, ProvenCapture, Subject
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.reader import read_file
from data.archive.warc.warc_file import own_files
from data.models.capture import Capture
from data.processes import core_count, map_forked
from data.settings import ArchiveSettings as Settings

ROUNDS = 3
BAR = 0.6
BYTES, FEW_BYTES = 2_000_000_000, 60_000_000
PARTS = 64
"""Number of parts into which the baseline divides a file."""


def pages() -> Iterator[bytes]:
    """Pages without end: HTML, each with a part that does not compress, and images."""
    chance = random.Random(1)  # noqa: S311 - the same at each run
    small = [page for site in room_sites(200) for page in site.pages]
    while True:
        for _ in range(9):
            some = chance.choices(small, k=chance.randrange(8, 41))
            yield b"".join(some) + chance.randbytes(8).hex().encode()
        yield chance.randbytes(60_000)


def filled(home: Path, size: int) -> Capture:
    """An archive of at least so many bytes; the last capture."""
    with closing(Archive(home / "archive", Settings())) as archive:
        endless = pages()
        number = done = 0
        while done < size:
            (exchange,) = exchanges([next(endless)])
            capture = archive.exchange(replace(exchange, url=f"{exchange.url}/{number}"))
            number += 1
            done += capture.length
        archive.finish()
    return capture


Members: TypeAlias = tuple[Path, list[tuple[int, int]]]


def members_of(path: Path) -> list[Members]:
    """Where each member of a file begins, and its size, in parts."""
    places = [(one.offset, one.length) for one in read_file(path) if isinstance(one, ArchiveRecord)]
    step = -(-len(places) // PARTS)
    return [(path, places[at : at + step]) for at in range(0, len(places), step)]


def decompress(members: Members) -> int:
    """What the baseline does: decompress each member, and hash its content once."""
    path, places = members
    with path.open("rb") as file:
        first, (last, length) = places[0][0], places[-1]
        file.seek(first)
        content = memoryview(file.read(last + length - first))
    for offset, size in places:
        member = content[offset - first : offset - first + size]
        hashlib.sha256(isal_zlib.decompress(member, wbits=31)).digest()
    return len(places)


def seconds_of(*command: str | Path) -> float:
    """How long a program takes, at best."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        subprocess.run([*map(str, command)], check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return min(times)


def measure(*, few: bool) -> dict[str, object]:
    """Speeds, their ratio, and what a proof takes."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        capture = filled(home, FEW_BYTES if few else BYTES)
        files = own_files(home / "archive")
        size = sum(path.stat().st_size for path in files) / 1e6
        members = [part for path in files for part in members_of(path)]
        baseline, times = [], []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            count = sum(map_forked(decompress, members, core_count()))
            baseline.append(time.perf_counter() - started)
            started = time.perf_counter()
            report = verified(home)
            times.append(time.perf_counter() - started)
            if report.problems or report.records != count:
                sys.exit(f"it is not whole: {[*report.problems][:1]}")
        ratio = min(baseline) / min(times)
        if ratio < BAR and not few:
            sys.exit(f"mirror verify has only {ratio:.2f} of the speed of the baseline")
        proof = home / "proof"
        proof.mkdir()
        subject = Subject("A plant", "https://www.acme.example/", {}, [ProvenCapture("1", capture)])
        with closing(log_of(home)) as log:
            ProofFolder(home / "archive", log, proof).write(subject)
        held = sum(path.stat().st_size for path in proof.rglob("*") if path.is_file())
        python = (sys.executable, "-I")
        with_library = seconds_of(*python, proof / "verify.py")
        without = seconds_of(*python, "-S", proof / "verify.py")
        bare = seconds_of(*python, "-c", "")
    return {
        "MB": size,
        "records": count,
        "processes": core_count(),
        "MB/s": size / min(times),
        "MB/s of the baseline": size / min(baseline),
        "bar of the ratio": BAR,
        "ratio": ratio,
        "proof folder, bytes": held,
        "verify.py, ms": with_library * 1000,
        "verify.py without cryptography, ms": without * 1000,
        "an interpreter alone, ms": bare * 1000,
    }
