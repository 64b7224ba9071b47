"""Witness: cosigns another log if that log has only grown since the last cosignature.

The witness has one folder per log, named by the SHA-256 of the log's origin. The folder contains
the last cosigned checkpoint (``checkpoint``), the log's known key (``key``), and evidence of
refusals (``refused``). The first two are published, so that the log can fetch its cosignatures
(C2SP tlog-witness, section "Monitor Retrieval Mechanism").
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.archive.log.keys import key_chain, make_key, read_key
from data.archive.log.merkle_tree import Read, TileTree, consistency_proof, proves_consistency
from data.archive.log.notes import (
    COSIGNER,
    Checkpoint,
    InvalidNote,
    SignedNote,
    SigningKey,
    VerifierKey,
    parse_checkpoint,
    parse_key,
)
from data.errors import ArchiveError, CommuniqueError
from data.files import locked, read_regular, write_files

CLOCK: Final = (
    "nothing is signed, because the last signature is from {:%Y-%m-%d %H:%M:%S} UTC and the clock "
    "shows {:%Y-%m-%d %H:%M:%S}; set the clock, or delete the last line of this file if the "
    "clock was wrong then"
)

WITNESS_KEY_MISSING_MESSAGE: Final = (
    "the key of this witness is missing; restore it from a copy of this file. Without a copy, "
    "delete {0}: the witness then signs with a new key, which you must give to the users of the "
    "old one. It still knows all trees that it has seen. Until then, nothing is signed"
)

OTHER_KEY_MESSAGE: Final = (
    "this is not the key of this witness, whose public key is in {0}: {1}; restore that key from "
    "a copy. Until then, nothing is signed"
)

PUBLISHED: Final = ("checkpoint", "key")


class WitnessRefusal(CommuniqueError):
    """Raised if a witness refuses to cosign a log.

    ``evidence`` is the folder where the proof of the log's fault is saved.
    """

    def __init__(self, where: str, cause: str, evidence: Path) -> None:
        super().__init__(f"{where}: not signed, because {cause}; the evidence is in {evidence}")
        self.where = where
        self.cause = cause
        self.evidence = evidence


@dataclass(frozen=True, slots=True)
class Cosigned:
    """Result of cosigning: the cosigned checkpoint, and the tree size at the last cosignature."""

    checkpoint: Checkpoint
    before: int
    log: VerifierKey
    witness: VerifierKey


class Witness:
    """A witness with its data in ``folder``.

    Its private key is in the file ``key``, which is created on first use.
    """

    def __init__(self, folder: Path, key: Path) -> None:
        self._folder = folder
        self._key = key

    def key(self) -> SigningKey:
        """Return the private key of this witness. Creates it if the witness has never signed.

        Raises ArchiveError if the key is lost or different.
        """
        self.check_key()
        if not self._key.exists():
            # Another process may create the key at the same time.
            with suppress(FileExistsError):
                make_key(self._key, "communique-witness", COSIGNER)
        return read_key(self._key)

    def check_key(self) -> None:
        """Raise ArchiveError if this witness has signed before and its key is lost or different.

        Creates and changes nothing.
        """
        published = self._folder / "key"
        if not published.exists():
            return
        if not self._key.exists():
            raise ArchiveError(str(self._key), WITNESS_KEY_MISSING_MESSAGE.format(published))
        known = published.read_text(encoding="utf-8", errors="replace").strip()
        if str(read_key(self._key).verifier) != known:
            raise ArchiveError(str(self._key), OTHER_KEY_MESSAGE.format(published, known[:200]))

    def cosign(self, read: Read, where: str, now: dt.datetime) -> Cosigned:
        """Cosign the checkpoint of a log if the log has only grown since the last cosignature.

        ``read`` returns files of the log. ``where`` is the log's name in error messages. If the log
        is new to this witness, its tiles only need to match its checkpoint. Raises WitnessRefusal
        if the new tree does not extend the last cosigned tree, or if the log's key changed without
        a rotation. Raises ArchiveError or InvalidNote if the log can't be read.
        """
        try:
            content = read("checkpoint")
        except FileNotFoundError as error:
            raise ArchiveError(
                where, "no log was found: the file 'checkpoint' is missing"
            ) from error
        checkpoint = parse_checkpoint(content, f"{where}: checkpoint")
        folder = self._folder / log_folder_name(checkpoint.origin)
        self._folder.mkdir(parents=True, exist_ok=True)
        # Only one process at a time compares and replaces the last checkpoint.
        with locked(self._folder / ".lock"):
            known = WitnessedLog(folder, where)
            key = known.key_of(checkpoint, read)
            before = known.checkpoint()
            if before:
                self._compare(before, checkpoint, read, known)
            elif TileTree(checkpoint.size, read).root() != checkpoint.root:
                raise known.refusal(
                    "the log's tiles do not match the root that the log signed", checkpoint
                )
            return self._signed(checkpoint, before, key, folder, now)

    def _compare(
        self, before: Checkpoint, now: Checkpoint, read: Read, known: WitnessedLog
    ) -> None:
        """Raise WitnessRefusal if the tree of ``now`` does not extend the tree of ``before``.

        Both are checkpoints of one log. The function ``read`` returns its files.
        """
        if now.size < before.size:
            cause = f"the tree of the log has {now.size} leaves now, but had {before.size} before"
            raise known.refusal(cause, now)
        if now.size == before.size:
            if now.root != before.root:
                cause = (
                    f"the log signed two different trees of {now.size} leaves: the log is forked"
                )
                raise known.refusal(cause, now)
            return
        tree = TileTree(now.size, read)
        if tree.root() != now.root:
            raise known.refusal("the log's tiles do not match the root that the log signed", now)
        proof = consistency_proof(before.size, now.size, tree.hash_of)
        if not proves_consistency(before.size, now.size, before.root, now.root, proof):
            cause = (
                f"the log's tree of {now.size} leaves does not extend the tree of {before.size} "
                "that it signed before: the log is forked"
            )
            raise known.refusal(cause, now, proof)

    def _signed(
        self,
        checkpoint: Checkpoint,
        before: Checkpoint | None,
        key: VerifierKey,
        folder: Path,
        now: dt.datetime,
    ) -> Cosigned:
        own = self.key()
        verifier = own.verifier
        last = before.note.signed_by(verifier) if before else None
        if last and now < last.time:
            # A larger tree must not have an earlier time, and no tree the time of a wrong clock.
            raise ArchiveError(str(folder / "checkpoint"), CLOCK.format(last.time, now))
        by_log = checkpoint.note.signed_by(key)
        signature = own.sign(checkpoint.note.text, now)
        note = SignedNote(checkpoint.note.text, tuple(one for one in (by_log, signature) if one))
        signed = Checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root, note)
        files = {
            f"{folder.name}/key": f"{key}\n".encode(),
            f"{folder.name}/checkpoint": signed.encode(),
            "key": f"{verifier}\n".encode(),
        }
        write_files(self._folder, files)
        return Cosigned(signed, before.size if before else 0, key, verifier)


class WitnessedLog:
    """The files that a witness stores about one log."""

    def __init__(self, folder: Path, where: str) -> None:
        self._folder = folder
        self._where = where

    def checkpoint(self) -> Checkpoint | None:
        """Return the last cosigned checkpoint, or None. Raises InvalidNote."""
        path = self._folder / "checkpoint"
        return parse_checkpoint(read_regular(path), str(path)) if path.exists() else None

    def key_of(self, checkpoint: Checkpoint, read: Read) -> VerifierKey:
        """Return the key that signed a checkpoint: the log's known key or one of its successors.

        Raises WitnessRefusal if no such key signed the checkpoint.
        """
        path = self._folder / "key"
        chain = key_chain(read, self._where)
        if path.exists():
            known = parse_key(read_regular(path).decode(), str(path))
            if known not in chain.keys:
                cause = (
                    f"the log's key {known.key_id.hex()} changed without a signature of the old key"
                )
                raise self.refusal(cause, checkpoint)
        if chain.present.name != checkpoint.origin:
            key_name = chain.present.name
            cause = f"the checkpoint belongs to {checkpoint.origin}, but its key to {key_name}"
            raise self.refusal(cause, checkpoint)
        for key in reversed(chain.at(checkpoint.size)):
            with suppress(InvalidNote):
                if checkpoint.note.signed_by(key):
                    return key
        cause = (
            f"the checkpoint is not signed by the log's key (a key signs no tree of "
            f"{checkpoint.size} leaves that was replaced before)"
        )
        raise self.refusal(cause, checkpoint)

    def refusal(
        self, cause: str, checkpoint: Checkpoint, proof: Sequence[bytes] = ()
    ) -> WitnessRefusal:
        """Store the evidence for a refusal to cosign and return the error.

        ``proof`` is the failed consistency proof from the log, if any.
        """
        seen = checkpoint.encode()
        name = f"{checkpoint.size}-{hashlib.sha256(seen).hexdigest()[:16]}"
        evidence = self._folder / "refused" / name
        files = {"checkpoint": seen, "cause": f"{self._where}: {cause}\n".encode()}
        before = self._folder / "checkpoint"
        if before.exists():
            files["before"] = read_regular(before)
        if proof:
            files["proof"] = b"".join(base64.b64encode(one) + b"\n" for one in proof)
        write_files(evidence, files)
        return WitnessRefusal(self._where, cause, evidence)


def log_folder_name(origin: str) -> str:
    """Return the name of a log's folder at its witnesses: the hexadecimal SHA-256 of its origin."""
    return hashlib.sha256(origin.encode()).hexdigest()
