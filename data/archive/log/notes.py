"""Signed notes (C2SP signed-note, tlog-cosignature): checkpoints of a tree, and removed records.

A checkpoint is a signed note about a tree. A note about removed or excluded records contains their
leaf numbers and the reason. It is the content of a metadata record with its own leaf, signed by the
log's key. A removed record keeps its leaf. So a removal can't be hidden, and only the owner of the
log's key can explain it.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from data.archive.log.merkle_tree import HASH_BYTES
from data.errors import CommuniqueError

LOG: Final = 1
"""Type number of keys that sign the text of a note."""

COSIGNER: Final = 4
"""Type number of keys that sign a checkpoint together with the current time."""

Kind: TypeAlias = int

MAX_NOTE_BYTES: Final = 1_000_000
"""Maximum size of a note in bytes."""

KEY_NAME: Final = re.compile(r"[^\s+]+")
DASH: Final = "\u2014 "

SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
"""Pattern that matches the size of a tree: decimal digits without leading zeros."""

REMOVAL: Final = "urn:communique:removal"
"""WARC-Target-URI of the metadata records with notes about removals."""

REMOVAL_TYPE: Final = "text/plain"

REMOVAL_HEAD: Final = "removal"
"""First line of notes about removals, which distinguishes them from other notes of the log."""

REMOVAL_NAME: Final = "it is a note about a removal"

UNSIGNED_REMOVAL: Final = "no key of the log signed it, so it explains nothing"

SET_ASIDE: Final = "set-aside"
"""Kind of a note about records that remain in their files but no longer count as evidence."""


class InvalidNote(CommuniqueError):
    """A signed note or key is invalid, or no known key signed the note."""

    def __init__(self, what: str, cause: str) -> None:
        super().__init__(f"{what}: {cause}")
        self.what = what
        self.cause = cause


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """A signature line of a note: the signer's name, the key id (4 bytes) and the signature."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """Return the signature as a line of a note."""
        return f"{DASH}{self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"

    @property
    def time(self) -> dt.datetime:
        """Return the time of a cosignature. Other signatures have no time.

        Raises OverflowError if the time is out of range.
        """
        return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(
            seconds=int.from_bytes(self.value[:8])
        )


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A note: a text that ends with a line feed, and its signatures."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """Encode the note in its file format."""
        return f"{self.text}\n{''.join(one.line() for one in self.signatures)}".encode()

    def signed_by(self, key: VerifierKey) -> NoteSignature | None:
        """Return the signature of a key, or None if the key did not sign the note.

        Raises InvalidNote if a signature with the key's name and id is wrong.
        """
        for signature in self.signatures:
            if (signature.name, signature.key_id) == (key.name, key.key_id):
                if not key.verifies(self.text, signature.value):
                    raise InvalidNote(
                        key.name, "the signature by this key does not match the text of the note"
                    )
                return signature
        return None

    def with_signatures(self, added: Iterable[NoteSignature]) -> SignedNote:
        """Return the note with additional signatures.

        A new signature replaces the old signature of the same key.
        """
        kept = {(one.name, one.key_id): one for one in (*self.signatures, *added)}
        return SignedNote(self.text, tuple(kept.values()))


def parse_note(data: bytes, what: str = "the note", *, most: int = MAX_NOTE_BYTES) -> SignedNote:
    """Parse a note. Raises InvalidNote if it is malformed or longer than ``most`` bytes.

    ``what`` is the note's name in error messages.
    """
    if len(data) > most:
        raise InvalidNote(what, f"the note has more than {most:,} bytes")
    try:
        content = data.decode()
    except UnicodeDecodeError as error:
        raise InvalidNote(what, "the note is not UTF-8 text") from error
    if re.search(r"[\x00-\x09\x0b-\x1f]", content):
        raise InvalidNote(what, "the note contains control characters")
    text, empty, lines = content.rpartition("\n\n")
    if not (empty and text and lines.endswith("\n")):
        raise InvalidNote(what, "the text is not a signed note")
    return SignedNote(f"{text}\n", parse_signatures(lines, what))


def parse_signatures(lines: str, what: str = "the note") -> tuple[NoteSignature, ...]:
    """Parse the signature lines of a note. Raises InvalidNote."""
    found = []
    for line in lines.removesuffix("\n").split("\n"):
        dash, name, value = line[:2], *line[2:].partition(" ")[::2]
        if dash != DASH or not KEY_NAME.fullmatch(name):
            raise InvalidNote(what, f"{line[:80]!r} is not a signature line")
        signed = from_base64(value, what)
        found.append(NoteSignature(name, signed[:4], signed[4:]))
    return tuple(found)


def from_base64(text: str, what: str) -> bytes:
    """Decode a base64 text. Raises InvalidNote, whose message contains ``what``."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidNote(what, f"{text[:80]!r} is not base64") from error


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key. ``str(key)`` returns the key in the published form (C2SP signed-note vkey)."""

    name: str
    public: bytes
    kind: Kind = LOG

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that identify the key in signature lines."""
        return hashlib.sha256(
            self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        ).digest()[:4]

    def __str__(self) -> str:
        public = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{public}"

    def verifies(self, text: str, value: bytes) -> bool:
        """Return whether ``value`` is a valid signature of the text by this key."""
        message = text.encode()
        if self.kind == COSIGNER:
            message = cosigned(text, int.from_bytes(value[:8]))
            value = value[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(value, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def parse_key(text: str, what: str = "the key") -> VerifierKey:
    """Parse a public key in the vkey format. Raises InvalidNote."""
    name, key_id, public = [*text.strip().split("+", 2), "", ""][:3]
    material = from_base64(public, what)
    if not KEY_NAME.fullmatch(name) or len(material) != 33 or material[0] not in {LOG, COSIGNER}:  # noqa: PLR2004
        raise InvalidNote(what, f"{text.strip()[:120]!r} is not an Ed25519 verifier key")
    key = VerifierKey(name, material[1:], material[0])
    if key.key_id.hex() != key_id:
        raise InvalidNote(
            what, f"{text.strip()[:120]!r} has a key id that does not match its public key"
        )
    return key


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key. ``seed`` contains the 32 bytes of the private key in RFC 8032."""

    name: str
    seed: bytes
    kind: Kind = LOG

    @property
    def verifier(self) -> VerifierKey:
        """Return the public key."""
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return VerifierKey(self.name, private.public_key().public_bytes_raw(), self.kind)

    def sign(self, text: str, at: dt.datetime | None = None) -> NoteSignature:
        """Sign a text. A cosignature includes the time ``at``, which has a time zone."""
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        key_id = self.verifier.key_id
        if at is None:
            return NoteSignature(self.name, key_id, private.sign(text.encode()))
        seconds = int(at.timestamp())
        value = seconds.to_bytes(8) + private.sign(cosigned(text, seconds))
        return NoteSignature(self.name, key_id, value)


def cosigned(text: str, seconds: int) -> bytes:
    """Return the text that a witness signs for a checkpoint whose text is ``text``.

    ``seconds`` is the time of the signature in seconds since 1970.
    """
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree of the log ``origin`` with ``size`` leaves, and the note that signs it."""

    origin: str
    size: int
    root: bytes
    note: SignedNote

    def encode(self) -> bytes:
        """Encode the checkpoint in its file format."""
        return self.note.encode()


def sign_checkpoint(key: SigningKey, size: int, root: bytes) -> Checkpoint:
    """Create a checkpoint signed by a log. The log's origin is the name of its key."""
    text = f"{key.name}\n{size}\n{base64.b64encode(root).decode()}\n"
    return Checkpoint(key.name, size, root, SignedNote(text, (key.sign(text),)))


def parse_checkpoint(data: bytes, what: str = "the checkpoint") -> Checkpoint:
    """Parse a checkpoint without checking its signatures. Raises InvalidNote."""
    note = parse_note(data, what)
    origin, size, root = [*note.text.split("\n"), "", ""][:3]
    if not origin or not SIZE.fullmatch(size):
        raise InvalidNote(what, "the text is not a checkpoint of a log")
    found = from_base64(root, what)
    if len(found) != HASH_BYTES:
        raise InvalidNote(what, "the text is not a checkpoint of a log")
    return Checkpoint(origin, int(size), found, note)


class Removal(msgspec.Struct, frozen=True, omit_defaults=True):
    """The leaves of records that a command removed or excluded as evidence, and the reason.

    ``kind`` is the command. ``leaves`` contains ranges of leaf numbers (first and last).
    """

    kind: Literal["redact", "prune", "set-aside"]
    why: str
    leaves: Sequence[tuple[int, int]] = ()


def encode_removal(removal: Removal, key: SigningKey) -> bytes:
    """Return the content of a metadata record about a removal: a note signed with the log's key."""
    text = f"{key.name}\n{REMOVAL_HEAD}\n{msgspec.json.encode(removal).decode()}\n"
    return SignedNote(text, (key.sign(text),)).encode()


def decode_removal(block: bytes, keys: Sequence[VerifierKey]) -> Removal:
    """Parse a note about a removal. Raises InvalidNote if it is not signed by one of these keys."""
    note = parse_note(block, REMOVAL_NAME, most=len(block))
    origin = note.text.partition("\n")[0]
    if not any(key.name == origin and note.signed_by(key) for key in keys):
        raise InvalidNote(REMOVAL_NAME, UNSIGNED_REMOVAL)
    _, first, text = [*note.text.split("\n", 2), "", ""][:3]
    if first != REMOVAL_HEAD:
        raise InvalidNote(REMOVAL_NAME, UNSIGNED_REMOVAL)
    try:
        return msgspec.json.decode(text, type=Removal)
    except msgspec.DecodeError as error:
        raise InvalidNote(REMOVAL_NAME, f"the note can't be read: {error}") from error


def leaves_of(removal: Removal, highest: int) -> set[int]:
    """Return the leaf numbers of a removal, up to ``highest``."""
    return {
        number
        for first, last in removal.leaves
        for number in range(max(0, first), min(last, highest) + 1)
    }


def runs(leaves: Sequence[int]) -> list[tuple[int, int]]:
    """Combine sorted numbers into ranges, and return the first and last number of each range."""
    found: list[tuple[int, int]] = []
    for leaf in sorted(leaves):
        if found and leaf == found[-1][1] + 1:
            found[-1] = found[-1][0], leaf
        else:
            found.append((leaf, leaf))
    return found
