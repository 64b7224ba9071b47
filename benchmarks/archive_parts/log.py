"""The log: leaves per second, proofs, and forgeries that a witness detects.

Leaves are appended one by one, as records come, and put into the tree in batches of 4,096, as in
the archive: tiles, bundles and signed checkpoints, each made durable. The leaves per second include
all of this, in elapsed time, in the best of ten rounds, because the machine may be busy
(requirement: 20,000). The leaves per second of CPU time of all rounds are reported, too. Then
proofs of a thousand leaves are created. They are checked as a recipient checks a proof: read from
its file, the signature of the log and of one witness, and the path to the root (requirements: 2,048
bytes, 5 ms).

A forgery is a log in which one leaf differs from the leaf that a witness saw, with all tiles
recomputed and the checkpoint signed by the right key. All forgeries must be refused.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import shutil
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median
from uuid import UUID

from data.archive.archive import MAX_UNSEALED_LEAVES
from data.archive.log.cosigning import ask_witness, asked_witness
from data.archive.log.leaves import Leaf, uri_hash
from data.archive.log.tree_log import TreeLog, log_of, prove
from data.archive.log.witness import Witness, WitnessRefusal
from data.clock import utc_now
from data.network.client import Outbound
from tests.proof_parser import holds, parse_proof

LEAVES, FEW = 1_000_000, 50_000
REWRITES, FEW_REWRITES, REWRITTEN = 100, 5, 700
ROUNDS, PROOFS = 10, 1000


def measure(*, few: bool) -> dict[str, float]:
    """What it takes to log a million leaves, and to prove some of them."""
    leaves = FEW if few else LEAVES
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        log = log_of(home)
        found: dict[str, float] = {**filled(log, leaves)}
        witness = Witness(home / "witness", home / "witness.key")
        witness.cosign(log.read, "log", utc_now())
        ask_witness(log, asked_witness(str(home), Path.cwd()), Outbound())
        found.update(proven(log, leaves, witness))
    return {"leaves": leaves, **found, **rewritten(FEW_REWRITES if few else REWRITES)}


def filled(log: TreeLog, leaves: int) -> dict[str, int]:
    """Append and integrate leaves; leaves a second, by the clock and by the processor."""
    best = cpu = 0.0
    bounds = [leaves * number // ROUNDS for number in range(ROUNDS + 1)]
    for first, end in pairwise(bounds):
        wall = 0.0
        for begin in range(first, end, MAX_UNSEALED_LEAVES):
            # They are made beforehand: digests of records are no part of the log.
            batch = [
                leaf_of(number) for number in range(begin, min(begin + MAX_UNSEALED_LEAVES, end))
            ]
            started, busy = time.perf_counter(), time.process_time()
            for leaf in batch:
                log.append(leaf)
            log.integrate()
            wall += time.perf_counter() - started
            cpu += time.process_time() - busy
        best = max(best, (end - first) / wall)
    return {"leaves_a_second": round(best), "leaves_a_cpu_second": round(leaves / cpu)}


def proven(log: TreeLog, leaves: int, witness: Witness) -> dict[str, float]:
    """The size of proofs with one co-signature, and milliseconds to make and to check them."""
    chance = random.Random(1)  # noqa: S311 - chosen alike each time
    by_log, by_witness = log.key().verifier, witness.key().verifier
    sizes, made, checked = [], [], []
    for _ in range(PROOFS):
        index = chance.randrange(leaves)
        started = time.perf_counter()
        content = prove(log, index).encode()
        made.append(time.perf_counter() - started)
        entry = leaf_of(index).encode()
        started = time.perf_counter()
        proof = parse_proof(content)
        note = proof.checkpoint.note
        is_valid = note.signed_by(by_log) and note.signed_by(by_witness) and holds(proof, entry)
        checked.append(time.perf_counter() - started)
        assert is_valid
        sizes.append(len(content))
    return {
        "proof_bytes": max(sizes),
        "make_ms": round(median(made) * 1000, 3),
        "check_ms": round(median(checked) * 1000, 3),
    }


def rewritten(rewrites: int) -> dict[str, int]:
    """How many logs with one leaf rewritten, all else made to fit, a witness refuses."""
    chance = random.Random(2)  # noqa: S311 - chosen alike each time
    leaves = [leaf_of(number) for number in range(REWRITTEN)]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        honest = log_of(home / "honest")
        honest.append(*leaves)
        honest.integrate()
        witness = Witness(home / "witness", home / "witness.key")
        witness.cosign(honest.read, "log", utc_now())
        refused = 0
        for number in range(rewrites):
            forged = home / str(number)
            forged.mkdir()
            shutil.copy(home / "honest" / "log.key", forged)
            log = log_of(forged)
            changed = [*leaves]
            changed[chance.randrange(REWRITTEN)] = leaf_of(REWRITTEN + number)
            log.append(*changed, *(leaf_of(-1 - one) for one in range(chance.randrange(50))))
            log.integrate()
            try:
                witness.cosign(log.read, "log", utc_now())
            except WitnessRefusal:
                refused += 1
    return {"rewrites": rewrites, "rewrites_refused": refused}


def leaf_of(number: int) -> Leaf:
    """The leaf of an invented record."""
    digest = hashlib.sha256(str(number).encode()).digest()
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=number)
    uri = uri_hash(digest[:16], f"https://acme.example/{number}")
    return Leaf(uri, at, digest, digest, digest, UUID(bytes=digest[:16]))
