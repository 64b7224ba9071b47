"""Writer of a proof: archive records, and all files needed to check them without the archive."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec

from data.archive.archived_response import holds_secret
from data.archive.log.attestations import TIMESTAMP, Attestations, signed_by_log
from data.archive.log.leaves import decode_leaf
from data.archive.log.merkle_tree import inclusion_proof
from data.archive.log.notes import Checkpoint, SignedNote, VerifierKey
from data.archive.log.tree_log import SUFFIX, Proof, TreeLog, how_to_restore, prove
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.cdxj import read_entries
from data.archive.warc.index import Index
from data.archive.warc.reader import MAX_UNPACKED_BYTES, path_of, read_file, read_record
from data.archive.warc.warc_file import cdxj_path
from data.errors import ArchiveError
from data.models.capture import Capture
from data.text.source_secrets import NO_SECRETS, Secrets
from data.wording import counted

VERIFY: Final = Path(__file__).with_name("verify.py")

RECORDS: Final = "records"
CHECKPOINTS: Final = "checkpoints"
SUMS: Final = "SHA256SUMS"

MAX_ATTEMPTS: Final = 2
"""Maximum number of attempts to open a growing file, which may be renamed in the meantime."""

README: Final = files("data.archive.proof").joinpath("readme.txt").read_text("utf-8")
"""Template of the file README in a proof."""

DATED: Final = """\
  5. OpenSSL checks the time stamps (RFC 3161), with the root certificate of the authority in
     AUTHORITY.pem. verify.py prints these commands:
{lines}
"""

WITNESSED: Final = """\
  - {names} co-signed that log. A witness signs a log only if it extends the log
    that it saw before. So even the owner of the log, who has its key, could not change this later
    without that witness.
"""

ALONE: Final = """\
  - No witness had co-signed the log when this proof was made. So the owner of the log, who has its
    key, could have made it again with other contents, unless somebody has an earlier checkpoint.
"""

MISSING: Final = """
What is missing

  These parts were removed from the archive. The log still shows that they existed:
{lines}
"""

SECRETS: Final = """
Do not publish this folder

  {records} here contain a secret of the requested address, such as a token or a password. A proof
  contains the exact bytes of the response, so the secret can't be removed. Give this folder only to
  people who may know the secret, or have the secret changed first.
"""


@dataclass(frozen=True, slots=True)
class ProvenCapture:
    """A capture in a proof, and a description of its content (``what``), such as ``version 1``."""

    what: str
    capture: Capture


@dataclass(frozen=True, slots=True)
class Subject:
    """Subject of a proof: a release with its title, its address, and the captures that show it.

    ``fields`` contains the release's public fields as JSON values.
    """

    title: str
    url: str
    fields: Any
    shown: Sequence[ProvenCapture]


@dataclass(slots=True)
class Written:
    """Result of writing a proof.

    ``records`` is the number of records, ``witnesses`` the names of witnesses that cosigned the
    log. ``dated`` is true if the proof has a time stamp. ``missing`` describes each missing record.
    ``with_secrets`` is the number of records that contain a secret from a source's address.
    """

    records: int = 0
    witnesses: list[str] = field(default_factory=list)
    dated: bool = False
    missing: list[str] = field(default_factory=list)
    with_secrets: int = 0


class ProofFolder:
    """Writes one proof to the new folder ``to``.

    If records contain any of the ``secrets``, the proof's README warns about them. Raises OSError,
    and ArchiveError if a record can't be read or is not in the signed log yet.
    """

    def __init__(
        self, archive: Path, log: TreeLog, to: Path, secrets: Secrets = NO_SECRETS
    ) -> None:
        self._archive = archive
        self._secrets = secrets
        self._log = log
        self._to = to
        self._attested = Attestations(log.folder)
        signed = log.checkpoint()
        if signed is None:
            raise ArchiveError(
                str(log.folder), f"the checkpoint is missing; {how_to_restore(log.folder)}"
            )
        self._keys = log.key_chain()
        self._tree = log.tree(signed.size)
        self._known = [*self._attested.witnesses()]
        self._witnesses: dict[str, VerifierKey] = {}
        self._captures: list[dict[str, Any]] = []
        self._put: dict[str, bytes] = {}
        self._written = Written()

    def write(self, subject: Subject) -> Written:
        """Write the whole proof about a subject."""
        index = Index(self._archive)
        try:
            for one in subject.shown:
                self._show(one, index)
        finally:
            index.close()
        if not self._written.records:
            cause = "the archive has no response for this release"
            raise ArchiveError(str(self._archive), cause)
        self._written.witnesses = [one.name for one in self._witnesses.values()]
        for number in range(len(self._keys.keys)):
            self._file(f"keys/{number}", self._log.read(f"key/{number}"))
        self._file("witnesses", "".join(f"{one}\n" for one in self._witnesses.values()).encode())
        claims = {"release": subject.fields, "captures": self._captures}
        self._file(
            "release.json", msgspec.json.format(msgspec.json.encode(claims), indent=1) + b"\n"
        )
        self._file(VERIFY.name, VERIFY.read_bytes())
        self._file("README.txt", self._readme(subject).encode())
        sums = [f"{hashlib.sha256(self._put[one]).hexdigest()}  {one}\n" for one in self._put]
        (self._to / SUMS).write_text("".join(sorted(sums, key=lambda line: line[66:])))
        return self._written

    def _show(self, shown: ProvenCapture, index: Index) -> None:
        """Add the records for a capture: the record itself, its request, and its payload."""
        capture = shown.capture
        if not capture.file:
            self._written.missing.append(
                f"{shown.what}: {capture.record_id}, leaf {capture.leaf}, of "
                f"{capture.at:%Y-%m-%d %H:%M:%S} UTC"
            )
            return
        record = read_record(self._archive, capture.file, capture.offset)
        if record.record_id != capture.record_id:
            cause = (
                "another record is in its place; run `communique mirror verify` to find the fault"
            )
            raise wrong(self._archive, record, cause)
        name = self._prove(record, capture.leaf)
        asked = request_of(self._archive, record)
        self._captures.append(
            {
                "shows": shown.what,
                "record": name,
                "request": self._prove(asked, capture.leaf - 1) if asked else None,
                "record_id": record.record_id,
                "url": record.uri,
                "at": record.at.isoformat(),
                "digest": capture.digest,
                "leaf": capture.leaf,
            }
        )
        if record.kind == "revisit":
            holder = index.holder(record.field("WARC-Payload-Digest"))
            if holder is None:
                cause = "the record with its page is not in the archive"
                raise wrong(self._archive, record, cause)
            self._prove(read_record(self._archive, holder.file, holder.offset), holder.leaf)

    def _prove(self, record: ArchiveRecord, number: int) -> str:
        """Add a record and its proofs, and return the record's file name in the folder.

        ``number`` is the expected number of the record's leaf.
        """
        leaf = record.leaf()
        if leaf is None:
            raise wrong(self._archive, record, "the record has no leaf in the log")
        name = f"{RECORDS}/{leaf.record_id}.warc.gz"
        if name in self._put:
            return name
        tree = self._tree
        if not (0 <= number < tree.size and tree.entry(number) == leaf.encode()):
            number = self._log.find([leaf.record_id]).get(leaf.record_id, number)
        proof = prove(self._log, number)
        if decode_leaf(tree.entry(number)) != leaf:
            raise wrong(self._archive, record, f"the record does not match its leaf {number}")
        self._file(name, member_of(self._archive, record))
        self._written.records += 1
        self._written.with_secrets += holds_secret(record, self._secrets, MAX_UNPACKED_BYTES)
        for one in self._proofs(proof):
            folder = f"{CHECKPOINTS}/{one.checkpoint.size}"
            self._file(f"{folder}/{leaf.record_id}{SUFFIX}", one.encode())
            self._file(f"{folder}/checkpoint", signed_by_log(one.checkpoint))
            if answer := self._attested.timestamp(one.checkpoint.size):
                self._written.dated = True
                self._file(f"{folder}/{TIMESTAMP}", answer)
        return name

    def _proofs(self, proof: Proof) -> Iterator[Proof]:
        """Yield a proof, and a proof for the first time-stamped checkpoint with the same leaf.

        If both checkpoints are the same, only one proof is yielded.
        """
        yield Proof(proof.index, proof.hashes, self._checked(proof.checkpoint))
        for size in self._attested.sizes():
            if size <= proof.index or self._attested.timestamp(size) is None:
                continue
            dated = self._attested.checkpoint(size)
            if dated is None or dated.origin != proof.checkpoint.origin:
                continue
            if size != proof.checkpoint.size:
                hashes = inclusion_proof(proof.index, size, self._tree.hash_of)
                yield Proof(proof.index, tuple(hashes), self._checked(dated))
            return

    def _checked(self, checkpoint: Checkpoint) -> Checkpoint:
        """Return a checkpoint with only the signatures of known keys.

        Raises InvalidNote if a signature is forged, and ArchiveError if the log did not sign it.
        """
        note = checkpoint.note
        by_log = self._keys.signatures(checkpoint)
        if not by_log:
            raise ArchiveError(
                str(self._log.folder), "a checkpoint is not signed by a key of the log"
            )
        others = []
        for key in self._known:
            if one := note.signed_by(key):
                self._witnesses[str(key)] = key
                others.append(one)
        signed = SignedNote(note.text, (*by_log, *others))
        return Checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root, signed)

    def _file(self, name: str, content: bytes) -> None:
        if name not in self._put:
            self._put[name] = content
            path = self._to / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def _readme(self, subject: Subject) -> str:
        captures = [
            f"  {one['shows']}, captured {one['at']}\n    {one['url']}\n    {one['record']}\n"
            for one in self._captures
        ]
        dates = sorted(one for one in self._put if one.endswith(TIMESTAMP))
        lines = [
            f"     openssl ts -verify -CAfile AUTHORITY.pem -in {one} -data "
            f"{one.removesuffix(TIMESTAMP)}checkpoint"
            for one in dates
        ]
        names = " and ".join(self._written.witnesses)
        missing = "\n".join(f"  {one}" for one in self._written.missing)
        return README.format(
            title=" ".join(subject.title.split()),
            url=subject.url,
            records=counted(self._written.records, "record"),
            captures="\n".join(captures),
            missing=MISSING.format(lines=missing) if missing else "",
            secrets=SECRETS.format(records=counted(self._written.with_secrets, "record"))
            if self._written.with_secrets
            else "",
            dated=DATED.format(lines="\n".join(lines)) if lines else "",
            witnessed=WITNESSED.format(names=names) if names else ALONE,
        )


def wrong(archive: Path, record: ArchiveRecord, cause: str) -> ArchiveError:
    """Return an error with the current file and offset of a record, and the cause."""
    return ArchiveError(str(path_of(archive, record.file)), f"byte {record.offset}: {cause}")


def member_of(archive: Path, record: ArchiveRecord) -> bytes:
    """Return the compressed bytes of a record. Raises ArchiveError if its file is missing."""
    for _ in range(MAX_ATTEMPTS):
        with suppress(FileNotFoundError), path_of(archive, record.file).open("rb") as file:
            file.seek(record.offset)
            return file.read(record.length)
    raise ArchiveError(str(path_of(archive, record.file)), "the file is missing")


def request_of(archive: Path, record: ArchiveRecord) -> ArchiveRecord | None:
    """Return the request record that belongs to a response record, or None. Raises ArchiveError."""
    start = 0
    for _ in range(MAX_ATTEMPTS):
        # If the file has no CDXJ file, search the whole file.
        with suppress(FileNotFoundError):
            lines = read_entries(cdxj_path(path_of(archive, record.file)))
            ends = (entry.offset + entry.length for entry, _ in lines)
            start = max((end for end in ends if end <= record.offset), default=0)
            break
    asked = f"<{record.record_id}>"
    for one in read_file(archive / record.file, start, record.offset):
        if isinstance(one, ArchiveRecord) and one.field("WARC-Concurrent-To") == asked:
            return one
    return None
