"""Private key of a log, and the public chain of its current and earlier keys.

The chain is published in the log's folder. key/0 is the first key, as a vkey. key/1 and the
following files are notes about a key and its successor, signed by both keys. So anyone who knows
one key of a log can follow the chain to the current key, and nobody else can insert a key. Each
note also contains the size of the tree. The old key's signatures on larger trees are invalid, even
if that key is stolen.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.archive.log.merkle_tree import Read
from data.archive.log.notes import (
    LOG,
    SIZE,
    Checkpoint,
    InvalidNote,
    Kind,
    NoteSignature,
    SignedNote,
    SigningKey,
    VerifierKey,
    from_base64,
    parse_key,
    parse_note,
)
from data.errors import ArchiveError
from data.files import read_regular, sync, write_files, write_secret
from data.toml_files import read_bytes

KEY_BYTES: Final = 32
"""Size of a private key in bytes."""

PRIVATE: Final = "PRIVATE+KEY"
"""First field in a private key file."""

MAX_KEYS: Final = 1000
"""Maximum number of keys in the key chain of a log."""

LOG_KEY_MISSING_MESSAGE: Final = (
    "the key of the log is missing; restore it from a copy of this file. If there is none, delete "
    "checkpoint and key in {0}, and the published folder log: the log then continues under another "
    "name, which its witnesses see as a new log. Until then, releases are "
    "collected but nothing is signed"
)

NO_LOG: Final = (
    "the log is missing, but its key exists ({0}); restore the folder from a copy, such as site/log"
)

OTHER_KEY_MESSAGE: Final = (
    "this is not the key that signs the log in {0}, which is {1}; restore that key from a copy. "
    "Until then, releases are collected but nothing is signed"
)


@dataclass(frozen=True, slots=True)
class KeyChain:
    """All public keys of a log, from the first to the current one.

    ``sizes`` contains the tree size at which each key was introduced, 0 for the first key. A key
    may sign trees from its own size up to the next key's size; both keys may sign a tree of exactly
    that size.
    """

    keys: tuple[VerifierKey, ...]
    sizes: tuple[int, ...]

    @property
    def present(self) -> VerifierKey:
        """Return the current key."""
        return self.keys[-1]

    def at(self, size: int) -> list[VerifierKey]:
        """Return the keys that may sign the tree with ``size`` leaves, oldest first."""
        ends = [*self.sizes[1:], None]
        return [
            key
            for key, begin, end in zip(self.keys, self.sizes, ends, strict=True)
            if begin <= size and (end is None or size <= end)
        ]

    def signatures(self, checkpoint: Checkpoint) -> list[NoteSignature]:
        """Return the signatures on a checkpoint by keys that are valid for its tree size.

        Raises InvalidNote if a signature is forged.
        """
        signed = (checkpoint.note.signed_by(key) for key in self.at(checkpoint.size))
        return [one for one in signed if one]


class LogKey:
    """The private key in the file ``path``, which signs the log in ``folder``.

    Callers that create or rotate the key must lock the log.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._next = path.with_name(f"{path.name}.next")
        self._folder = folder

    def load(self) -> SigningKey:
        """Return the key. Creates a key if neither a key nor a signed log exists.

        Raises ArchiveError if the key is lost or does not belong to this log.
        """
        if not self._files and not self._is_signed:
            make_key(self._path, "communique")
        if self._files and not (self._folder / "key" / "0").exists():
            self._publish(0, f"{read_key(self._path).verifier}\n".encode())
        path, key = self._current()
        if path == self._next:
            # The log published the rotation, but the process was killed before it replaced the key
            # file.
            self._next.replace(self._path)
            sync(self._path.parent)
        return key

    def check(self) -> None:
        """Raise ArchiveError if the log was signed and its key is lost or different.

        Also raises ArchiveError if a key exists without a log. Creates and changes nothing.
        """
        if self._path.exists() and not self._folder.exists():
            raise ArchiveError(str(self._folder), NO_LOG.format(self._path.name))
        if self._is_signed:
            self._current()

    @property
    def _is_signed(self) -> bool:
        return (self._folder / "checkpoint").exists() or (self._folder / "key").exists()

    @property
    def _files(self) -> list[Path]:
        return [path for path in (self._path, self._next) if path.exists()]

    def _current(self) -> tuple[Path, SigningKey]:
        """Return the key that signs the log, and its file. Raises ArchiveError if it is missing."""
        files = self._files
        if not files:
            raise ArchiveError(str(self._path), LOG_KEY_MISSING_MESSAGE.format(self._folder))
        last = self.chain().present
        for path in files:
            if (key := read_key(path)).verifier == last:
                return path, key
        raise ArchiveError(str(self._path), OTHER_KEY_MESSAGE.format(self._folder, last))

    def rotate(self, size: int) -> SigningKey:
        """Replace the key with a new key of the same name. Both keys sign the rotation.

        ``size`` is the number of leaves in the tree, which the old key has already signed.
        """
        old = self.load()
        new = SigningKey(old.name, secrets.token_bytes(KEY_BYTES), old.kind)
        self._next.unlink(missing_ok=True)
        write_key(self._next, new)
        number = len(self.chain().keys)
        self._publish(number, signed_by_both(number, size, old, new).encode())
        self._next.replace(self._path)
        sync(self._path.parent)
        return new

    def chain(self) -> KeyChain:
        """Return all public keys of this log. Raises ArchiveError."""
        return key_chain(lambda path: read_regular(self._folder / path), str(self._folder))

    def _publish(self, number: int, content: bytes) -> None:
        write_files(self._folder, {f"key/{number}": content})


def make_key(path: Path, name: str, kind: Kind = LOG) -> SigningKey:
    """Create a private key in the file ``path``. Its name is ``name`` with a unique suffix."""
    seed = secrets.token_bytes(KEY_BYTES)
    public = SigningKey(name, seed, kind).verifier.public
    key = SigningKey(f"{name}/{hashlib.sha256(public).hexdigest()[:16]}", seed, kind)
    write_key(path, key)
    return key


def write_key(path: Path, key: SigningKey) -> None:
    """Write a private key to a new file that only its owner can read.

    Raises FileExistsError if the file exists.
    """
    material = base64.b64encode(bytes([key.kind]) + key.seed).decode()
    line = f"{PRIVATE}+{key.name}+{key.verifier.key_id.hex()}+{material}\n"
    write_secret(path, line)


def read_key(path: Path) -> SigningKey:
    """Read a private key from a file. Raises ArchiveError."""
    try:
        text = read_bytes(path).decode("utf-8").strip()
        name, key_id, material = text.removeprefix(f"{PRIVATE}+").split("+", 2)
        secret = from_base64(material, "the key")
    except (ValueError, InvalidNote) as error:
        raise ArchiveError(
            str(path), "the file contains no signing key; restore it from a copy"
        ) from error
    except OSError as error:
        raise ArchiveError(str(path), f"the key can't be read ({error.strerror})") from error
    if len(secret) != KEY_BYTES + 1:
        raise ArchiveError(str(path), "the file contains no signing key; restore it from a copy")
    key = SigningKey(name, secret[1:], secret[0])
    if key.verifier.key_id.hex() != key_id:
        raise ArchiveError(str(path), "the key is damaged; restore it from a copy")
    return key


def signed_by_both(number: int, size: int, old: SigningKey, new: SigningKey) -> SignedNote:
    """Create the note about the rotation from an old key to a new key, signed by both.

    ``number`` is the position of the new key in the chain, ``size`` the number of leaves in the
    tree.
    """
    text = rotation_text(number, size, old.verifier, new.verifier)
    return SignedNote(text, (old.sign(text), new.sign(text)))


def rotation_text(number: int, size: int, old: VerifierKey, new: VerifierKey) -> str:
    """Return the text of the note about a rotation from an old key to a new key.

    ``number`` is the position of the new key in the chain, ``size`` the number of leaves in the
    tree.
    """
    return f"{old.name}\nkey rotation {number}\n{size}\n{old}\n{new}\n"


def key_chain(read: Read, what: str) -> KeyChain:
    """Read all public keys of a log, from the first to the current key.

    ``what`` is the log's name in error messages. Raises ArchiveError if the log has no keys, or if
    a rotation is not signed by both keys.
    """
    try:
        keys = [parse_key(read("key/0").decode("utf-8", "replace"), f"{what}: key/0")]
        sizes = [0]
        for number in range(1, MAX_KEYS + 1):
            try:
                note = parse_note(read(f"key/{number}"), f"{what}: key/{number}")
            except FileNotFoundError:
                return KeyChain(tuple(keys), tuple(sizes))
            size, key = _successor(keys[-1], sizes[-1], number, note)
            keys.append(key)
            sizes.append(size)
    except FileNotFoundError as error:
        raise ArchiveError(
            what, "the log's first key (the file key/0) is missing; check the address of the log"
        ) from error
    except InvalidNote as error:
        raise ArchiveError(what, str(error)) from error
    raise ArchiveError(what, f"the log has more than {MAX_KEYS} keys, counting replaced ones")


def _successor(
    old: VerifierKey, before: int, number: int, note: SignedNote
) -> tuple[int, VerifierKey]:
    what = f"key/{number}"
    stated_size, _, line = [*note.text.split("\n")[2:5], "", "", ""][:3]
    new = parse_key(line, what)
    size = int(stated_size) if SIZE.fullmatch(stated_size) else -1
    if note.text != rotation_text(number, size, old, new) or new.name != old.name:
        raise InvalidNote(what, "the note is not a rotation of the log's previous key")
    if size < before:
        raise InvalidNote(what, "the rotation has a smaller tree size than the previous rotation")
    if not (note.signed_by(old) and note.signed_by(new)):
        raise InvalidNote(what, "the rotation is not signed by both the old and the new key")
    return size, new
