"""Checkpoints of a log with attestations: witnesses' cosignatures and authorities' time stamps.

The files are in checkpoints/<size> in the log's folder. ``checkpoint`` is the file that is
time-stamped, signed only by the log. ``cosignatures`` has one line per witness. ``timestamp.tsr``
is an authority's time stamp.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from data.archive.log.notes import (
    Checkpoint,
    InvalidNote,
    NoteSignature,
    SignedNote,
    VerifierKey,
    parse_checkpoint,
    parse_key,
    parse_signatures,
)
from data.errors import ArchiveError
from data.files import read_regular, write_files

CHECKPOINT: Final = "checkpoint"
COSIGNATURES: Final = "cosignatures"
TIMESTAMP: Final = "timestamp.tsr"


class Attestations:
    """Stored cosignatures and time stamps of one log.

    Callers that write must lock the log.
    """

    def __init__(self, folder: Path) -> None:
        self._log = folder
        self._folder = folder / "checkpoints"

    def sizes(self) -> list[int]:
        """Return the sizes of all trees that have a cosignature or time stamp, smallest first."""
        if not self._folder.is_dir():
            return []
        return sorted(int(one.name) for one in self._folder.iterdir() if one.name.isdecimal())

    def checkpoint(self, size: int) -> Checkpoint | None:
        """Return the checkpoint of the tree with ``size`` leaves and all its cosignatures, or None.

        Raises ArchiveError.
        """
        place = self._folder / str(size)
        try:
            kept = parse_checkpoint(read_regular(place / CHECKPOINT), str(place))
            lines = place / COSIGNATURES
            added = parse_signatures(read_regular(lines).decode()) if lines.exists() else ()
        except FileNotFoundError:
            return None
        except (InvalidNote, UnicodeDecodeError) as error:
            raise ArchiveError(str(place), f"the file is damaged: {error}") from error
        note = kept.note.with_signatures(added)
        return Checkpoint(kept.origin, kept.size, kept.root, note)

    def timestamp(self, size: int) -> bytes | None:
        """Return the time-stamp response (DER) for the tree with ``size`` leaves, or None."""
        path = self._folder / str(size) / TIMESTAMP
        return read_regular(path) if path.exists() else None

    def first_over(self, index: int, origin: str) -> Checkpoint | None:
        """Return the first cosigned checkpoint whose tree includes the leaf ``index``, or None.

        ``origin`` is the log's name, which changes if its key is lost. Checkpoints of other origins
        are skipped. Raises ArchiveError.
        """
        for size in self.sizes():
            if size > index and (self._folder / str(size) / COSIGNATURES).exists():
                kept = self.checkpoint(size)
                if kept and kept.origin == origin:
                    return kept
        return None

    def add_cosignature(self, checkpoint: Checkpoint, added: NoteSignature) -> None:
        """Store a witness's signature on a checkpoint. Only a key's first signature is kept."""
        kept = self.checkpoint(checkpoint.size)
        known = kept.note.signatures[1:] if kept else ()
        signed = SignedNote(checkpoint.note.text, (added,)).with_signatures(known)
        lines = "".join(signature.line() for signature in signed.signatures)
        self._write(checkpoint, {COSIGNATURES: lines.encode()})

    def add_timestamp(self, checkpoint: Checkpoint, answer: bytes) -> None:
        """Store a time-stamp response for a checkpoint.

        The response is for the form of the checkpoint that `signed_by_log` returns.
        """
        self._write(checkpoint, {TIMESTAMP: answer})

    def witnesses(self) -> Iterator[VerifierKey]:
        """Yield the stored public keys of this log's witnesses."""
        path = self._log / "witnesses"
        for line in read_regular(path).decode().splitlines() if path.exists() else ():
            try:
                yield parse_key(line)
            except InvalidNote as error:
                raise ArchiveError(str(path), f"the file is damaged: {error}") from error

    def note_witness(self, key: VerifierKey) -> None:
        """Store a witness's public key for later verifications."""
        known = [*map(str, self.witnesses())]
        if str(key) not in known:
            lines = "".join(f"{one}\n" for one in (*known, key))
            write_files(self._log, {"witnesses": lines.encode()})

    def _write(self, checkpoint: Checkpoint, files: dict[str, bytes]) -> None:
        folder = self._folder / str(checkpoint.size)
        if not (folder / CHECKPOINT).exists():
            write_files(folder, {CHECKPOINT: signed_by_log(checkpoint)})
        write_files(folder, files)


def signed_by_log(checkpoint: Checkpoint) -> bytes:
    """Return a checkpoint with only its first signature, which is the log's own."""
    return SignedNote(checkpoint.note.text, checkpoint.note.signatures[:1]).encode()
