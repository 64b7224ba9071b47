"""SIGKILLs during writes: records that were confirmed exist, and the log never forks.

Two child processes at a time write pages, unchanged responses and metadata to one archive. The
files are so small that they get full, and the archive is sealed from time to time. One process is
killed at some time after it has begun to write. Another process takes its place, and continues its
file. After each kill, the records that the process had confirmed are read. At the end, all records
are read again: each exists, is complete and belongs to its leaf, and all leaves are in a tree that
contains every checkpoint that was seen.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.archive_parts.polls import unchanged
from benchmarks.archive_parts.writing import NOON, exchanges
from data.archive.archive import Archive
from data.archive.log.leaves import decode_leaf
from data.archive.log.tree_log import TreeLog
from data.archive.warc.reader import Damage, read_file, read_record
from data.archive.warc.warc_file import own_files
from data.errors import ArchiveError
from data.settings import ArchiveSettings as Settings

KILLS, AT_ONCE, TOGETHER, MAX_FILE, SEAL_EVERY = 100, 2, 3, 300_000, 25
PAGE = 4000
"""Bytes of a page, of chance, so that records are long and writing them takes time."""


@dataclass
class Child:
    """A process that writes, and what it told so far."""

    pid: int
    pipe: int
    told: list[str] = field(default_factory=list)

    def read(self) -> None:
        """Take in what it told."""
        self.told += os.read(self.pipe, 1_000_000).decode().splitlines()

    def kill(self) -> None:
        """End it by force, and take in the rest: a line is written whole or not at all."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        while rest := os.read(self.pipe, 1_000_000):
            self.told += rest.decode().splitlines()
        os.close(self.pipe)


def start(folder: Path, seed: int) -> Child:
    """A child that writes until it is killed."""
    pipe, told = os.pipe()
    pid = os.fork()
    if pid:
        os.close(told)
        return Child(pid, pipe)
    try:
        write(folder, told, random.Random(seed))  # noqa: S311 - the same at each run
    finally:
        os._exit(1)


def write(folder: Path, told: int, chance: random.Random) -> None:
    """Write without end, telling where each record is."""
    archive = Archive(folder, Settings(max_file=MAX_FILE))
    count = 0
    while True:
        made = exchanges([chance.randbytes(PAGE) for _ in range(TOGETHER)])
        captures = [*archive.exchanges(made), archive.exchange(unchanged(made[0]))]
        captures.append(archive.metadata("urn:communique:journal", "text/plain", b"a", at=NOON))
        for one in captures:
            os.write(told, f"{one.record_id} {one.file} {one.offset} {one.leaf}\n".encode())
        count += 1
        if count % SEAL_EVERY == 0:
            archive.seal()


@dataclass
class Judge:
    """What was seen of an archive so far, and what is wrong with it."""

    folder: Path
    log: TreeLog
    told: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[int, bytes]] = field(default_factory=list)
    lost: int = 0
    forks: int = 0

    def look(self) -> None:
        """Note the checkpoint of now; an earlier one must be a part of its tree."""
        checkpoint = self.log.checkpoint()
        if checkpoint is None:
            return
        tree = self.log.tree(checkpoint.size)
        self.forks += checkpoint.root != tree.root()
        for size, root in self.seen[-3:]:
            self.forks += size > checkpoint.size or tree.hash_of(0, size) != root
        self.seen.append((checkpoint.size, checkpoint.root))

    def hear(self, child: Child) -> None:
        """Read the records that an ended child was told of."""
        for line in child.told:
            record_id, file, offset, _ = line.split(" ")
            self.told[record_id] = f"{file} {offset}"
            try:
                found = read_record(self.folder, file, int(offset))
            except ArchiveError:
                self.lost += 1
            else:
                self.lost += found.record_id != record_id

    def weigh(self) -> tuple[int, int]:
        """The number of records, and of those without a leaf, when all is in the tree."""
        # Each archive continues the file of another child, which may lack leaves.
        archives = [Archive(self.folder, Settings(max_file=MAX_FILE)) for _ in range(AT_ONCE)]
        for archive in archives:
            archive.metadata("urn:communique:journal", "text/plain", b"end", at=NOON)
        for archive in archives:
            archive.close()
        self.look()
        tree = self.log.tree(self.seen[-1][0])
        leaves = {}
        for index in range(tree.size):
            leaf = decode_leaf(tree.entry(index))
            leaves[leaf.record_id.urn] = leaf
        records = {}
        unproven = 0
        for path in own_files(self.folder):
            for one in read_file(path):
                if isinstance(one, Damage):
                    self.lost += 1
                    continue
                records[one.record_id] = f"{one.file} {one.offset}"
                unproven += leaves.get(one.record_id) != one.leaf()
        self.lost += sum(records.get(told) != place for told, place in self.told.items())
        self.forks += sum(tree.hash_of(0, size) != root for size, root in self.seen)
        return len(records), unproven


def measure(*, few: bool) -> dict[str, object]:
    """Kills, and what was lost by them."""
    kills = KILLS // 10 if few else KILLS
    chance = random.Random(20260302)  # noqa: S311 - the same at each run
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home, "archive")
        judge = Judge(folder, TreeLog(folder / "log", Path(home, "log.key")))
        children = [start(folder, seed) for seed in range(AT_ONCE)]
        for number in range(kills):
            victim = chance.randrange(AT_ONCE)
            for child in children:
                child.read()
            time.sleep(chance.random() / 50)
            children[victim].kill()
            judge.hear(children[victim])
            judge.look()
            children[victim] = start(folder, AT_ONCE + number)
        for child in children:
            child.kill()
            judge.hear(child)
        records, unproven = judge.weigh()
        files = len(own_files(folder))
    if judge.lost or unproven or judge.forks:
        sys.exit(f"lost: {judge.lost}, without a leaf: {unproven}, forks: {judge.forks}")
    return {
        "kills": kills + AT_ONCE,
        "records": records,
        "files": files,
        "told of": len(judge.told),
        "checkpoints": len(judge.seen),
        "lost": judge.lost,
        "without a leaf": unproven,
        "forks": judge.forks,
    }
