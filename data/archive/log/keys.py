"""The key of a log: a file that nobody else can read, and the chain of keys that went before it.

The log's folder tells the public keys: key/0 is the first, as a vkey; key/1 and those after it are
notes that name a key and its successor, signed by both. So whoever knows one key of a log finds the
present one, and nobody else can put a key of his own in its place. A note tells how large the tree
was too: the key before signs none that is larger, whoever has it now.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.archive.log.checkpoint import SIZE, Checkpoint
from data.archive.log.notes import (
    LOG,
    InvalidNote,
    Kind,
    Note,
    Signature,
    SigningKey,
    VerifierKey,
    from_base64,
    parse_key,
    parse_note,
)
from data.archive.log.tiles import Read
from data.errors import ArchiveError
from data.files import Writer, read_regular, sync, write_secret
from data.toml_files import read_bytes

SEED: Final = 32

PRIVATE: Final = "PRIVATE+KEY"

MOST_KEYS: Final = 1000
"""Keys of one log that are followed, one to the next."""

LOST: Final = (
    "the key of the log is gone; put it back from a copy of this file. If there is none, delete "
    "checkpoint and key in {0}, and the published folder log: the log then goes on under another "
    "name, which its witnesses see as a new one. Meanwhile all is collected, and nothing new is "
    "signed"
)

NO_LOG: Final = (
    "the log is gone, though its key is here ({0}); put the folder back from a copy, such as "
    "site/log"
)

ANOTHER: Final = (
    "this is not the key that signs the log in {0}, which is {1}; put that one back from a copy. "
    "Meanwhile all is collected, and nothing new is signed"
)


@dataclass(frozen=True, slots=True)
class KeyChain:
    """All public keys of a log, from its first to the present one.

    ``sizes`` says of each how many leaves the tree had when it took over, from 0 on. A key signs
    the trees from there to where the next one took over; of that size both signed.
    """

    keys: tuple[VerifierKey, ...]
    sizes: tuple[int, ...]

    @property
    def present(self) -> VerifierKey:
        """The key that signs now."""
        return self.keys[-1]

    def at(self, size: int) -> list[VerifierKey]:
        """The keys that may sign a tree of so many leaves, the oldest first."""
        ends = [*self.sizes[1:], None]
        return [
            key
            for key, begin, end in zip(self.keys, self.sizes, ends, strict=True)
            if begin <= size and (end is None or size <= end)
        ]

    def signatures(self, checkpoint: Checkpoint) -> list[Signature]:
        """Those of the keys that may sign a tree of that size; none where none of them did.

        Raises InvalidNote where one of them is forged.
        """
        signed = (checkpoint.note.signed_by(key) for key in self.at(checkpoint.size))
        return [one for one in signed if one]


class LogKey:
    """The key in the file ``path`` that signs the log in ``folder``.

    Whoever makes or rotates it holds the lock of the log.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._next = path.with_name(f"{path.name}.next")
        self._folder = folder

    def load(self) -> SigningKey:
        """The key, made where there is neither a key nor a log that one signed.

        Raises ArchiveError where the key is lost, or is not the one that signs this log.
        """
        signed = (self._folder / "checkpoint").exists() or (self._folder / "key").exists()
        if not self._path.exists() and not self._next.exists():
            if signed:
                raise ArchiveError(str(self._path), LOST.format(self._folder))
            make_key(self._path, "communique")
        if not (self._folder / "key" / "0").exists():
            key = read_key(self._path)
            self._publish(0, f"{key.verifier}\n".encode())
        last = self.chain().present
        if self._path.exists() and (key := read_key(self._path)).verifier == last:
            return key
        if self._next.exists() and (key := read_key(self._next)).verifier == last:
            # A rotation was ended by force once the log had told of it.
            self._next.replace(self._path)
            sync(self._path.parent)
            return key
        raise ArchiveError(str(self._path), ANOTHER.format(self._folder, last))

    def check(self) -> None:
        """Raise ArchiveError where the log was signed, and its key is lost or another one.

        Likewise where there is a key, and no log any more. Nothing is made or changed.
        """
        if self._path.exists() and not self._folder.exists():
            raise ArchiveError(str(self._folder), NO_LOG.format(self._path.name))
        if not (self._folder / "checkpoint").exists() and not (self._folder / "key").exists():
            return
        there = [path for path in (self._path, self._next) if path.exists()]
        if not there:
            raise ArchiveError(str(self._path), LOST.format(self._folder))
        last = self.chain().present
        if all(read_key(path).verifier != last for path in there):
            raise ArchiveError(str(self._path), ANOTHER.format(self._folder, last))

    def rotate(self, size: int) -> SigningKey:
        """Replace the key by a new one of the same name; the old one signs that it may.

        ``size`` is that of the tree, which the old one has signed.
        """
        old = self.load()
        new = SigningKey(old.name, secrets.token_bytes(SEED), old.kind)
        self._next.unlink(missing_ok=True)
        write_key(self._next, new)
        number = len(self.chain().keys)
        self._publish(number, signed_by_both(number, size, old, new).encode())
        self._next.replace(self._path)
        sync(self._path.parent)
        return new

    def chain(self) -> KeyChain:
        """All public keys of this log. Raises ArchiveError."""
        return key_chain(lambda path: read_regular(self._folder / path), str(self._folder))

    def _publish(self, number: int, content: bytes) -> None:
        writer = Writer(self._folder)
        writer.write(f"key/{number}", content)
        writer.flush()


def make_key(path: Path, name: str, kind: Kind = LOG) -> SigningKey:
    """A new key, kept in the file ``path``. Its name tells it from all others."""
    seed = secrets.token_bytes(SEED)
    public = SigningKey(name, seed, kind).verifier.public
    key = SigningKey(f"{name}/{hashlib.sha256(public).hexdigest()[:16]}", seed, kind)
    write_key(path, key)
    return key


def write_key(path: Path, key: SigningKey) -> None:
    """Keep a key in a file, for its owner only. Raises FileExistsError where one is there."""
    material = base64.b64encode(bytes([key.kind]) + key.seed).decode()
    line = f"{PRIVATE}+{key.name}+{key.verifier.key_id.hex()}+{material}\n"
    write_secret(path, line)


def read_key(path: Path) -> SigningKey:
    """The key in a file. Raises ArchiveError."""
    try:
        text = read_bytes(path).decode("utf-8").strip()
        name, key_id, material = text.removeprefix(f"{PRIVATE}+").split("+", 2)
        secret = from_base64(material, "the key")
    except (ValueError, InvalidNote) as error:
        raise ArchiveError(str(path), "this is no key; put it back from a copy") from error
    except OSError as error:
        raise ArchiveError(str(path), f"the key can't be read ({error.strerror})") from error
    if len(secret) != SEED + 1:
        raise ArchiveError(str(path), "this is no key; put it back from a copy")
    key = SigningKey(name, secret[1:], secret[0])
    if key.verifier.key_id.hex() != key_id:
        raise ArchiveError(str(path), "this key is damaged; put it back from a copy")
    return key


def signed_by_both(number: int, size: int, old: SigningKey, new: SigningKey) -> Note:
    """The note by which a key hands over to the next, at a tree of ``size`` leaves."""
    text = rotation_text(number, size, old.verifier, new.verifier)
    return Note(text, (old.sign(text), new.sign(text)))


def rotation_text(number: int, size: int, old: VerifierKey, new: VerifierKey) -> str:
    """What such a note says."""
    return f"{old.name}\nkey rotation {number}\n{size}\n{old}\n{new}\n"


def key_chain(read: Read, what: str) -> KeyChain:
    """All public keys of a log, from its first to the present one.

    ``what`` names the log in errors. Raises ArchiveError where there is none, or where a rotation
    was not signed by the key before it and the one after it.
    """
    try:
        keys = [parse_key(read("key/0").decode("utf-8", "replace"), f"{what}: key/0")]
        sizes = [0]
        for number in range(1, MOST_KEYS + 1):
            try:
                note = parse_note(read(f"key/{number}"), f"{what}: key/{number}")
            except FileNotFoundError:
                return KeyChain(tuple(keys), tuple(sizes))
            size, key = _successor(keys[-1], sizes[-1], number, note)
            keys.append(key)
            sizes.append(size)
    except FileNotFoundError as error:
        raise ArchiveError(what, "there is no key of a log") from error
    except InvalidNote as error:
        raise ArchiveError(what, str(error)) from error
    raise ArchiveError(what, f"it has more than {MOST_KEYS} keys, one after the other")


def _successor(old: VerifierKey, before: int, number: int, note: Note) -> tuple[int, VerifierKey]:
    what = f"key/{number}"
    told, _, line = [*note.text.split("\n")[2:5], "", "", ""][:3]
    new = parse_key(line, what)
    size = int(told) if SIZE.fullmatch(told) else -1
    if note.text != rotation_text(number, size, old, new) or new.name != old.name:
        raise InvalidNote(what, "it is no rotation from the key before it")
    if size < before:
        raise InvalidNote(what, "the tree was larger when the key before it took over")
    if not (note.signed_by(old) and note.signed_by(new)):
        raise InvalidNote(what, "the rotation is not signed by both keys")
    return size, new
