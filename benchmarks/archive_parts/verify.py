"""Verifying an archive: MB of its files per second, as a ratio to sha256sum of the same files.

sha256sum reads the compressed bytes once. `mirror verify` also reads them, decompresses them,
hashes block and payload, parses each record, and compares it with its leaf and its line. Both are
measured in elapsed time, in turn, and the best of several rounds counts. Then the size of the
folder that `communique prove` writes is measured, and how long verify.py takes in it, in a separate
interpreter, with the library cryptography and without it.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.archive_parts.damage import verified
from benchmarks.archive_parts.writing import exchanges
from benchmarks.crawl import room_sites
from data.archive.archive import Archive
from data.archive.log.tree_log import log_of
from data.archive.proof.folder import ProvenCapture, Subject, write_proof
from data.archive.warc.warc_file import own_files
from data.models.capture import Capture
from data.settings import ArchiveSettings as Settings

COUNT, FEW, ROUNDS = 6000, 600, 3


def filled(home: Path, count: int) -> Capture:
    """An archive of ordinary pages, with a part that does not compress; one capture of it."""
    chance = random.Random(1)  # noqa: S311 - the same at each run
    small = [page for site in room_sites(200) for page in site.pages]
    pages = [
        b"".join(chance.choices(small, k=8)) + chance.randbytes(8).hex().encode()
        for _ in range(count)
    ]
    with closing(Archive(home / "archive", Settings())) as archive:
        captures = [archive.exchange(one) for one in exchanges(pages)]
        archive.finish()
    return captures[count // 2]


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
        capture = filled(home, FEW if few else COUNT)
        files = own_files(home / "archive")
        size = sum(path.stat().st_size for path in files) / 1e6
        theirs = seconds_of("sha256sum", *files)
        times = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            if problems := verified(home).problems:
                sys.exit(f"it is not whole: {problems[0]}")
            times.append(time.perf_counter() - started)
        proof = home / "proof"
        proof.mkdir()
        subject = Subject("A plant", "https://www.acme.example/", {}, [ProvenCapture("1", capture)])
        with closing(log_of(home)) as log:
            write_proof(subject, home / "archive", log, proof)
        held = sum(path.stat().st_size for path in proof.rglob("*") if path.is_file())
        python = (sys.executable, "-I")
        with_library = seconds_of(*python, proof / "verify.py")
        without = seconds_of(*python, "-S", proof / "verify.py")
        bare = seconds_of(*python, "-c", "")
    return {
        "MB": size,
        "MB/s": size / min(times),
        "MB/s of sha256sum": size / theirs,
        "ratio": theirs / min(times),
        "proof folder, bytes": held,
        "verify.py, ms": with_library * 1000,
        "verify.py without cryptography, ms": without * 1000,
        "an interpreter alone, ms": bare * 1000,
    }
