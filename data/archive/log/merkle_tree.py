"""Merkle tree of RFC 6962 (section 2.1): hashes, proofs, and the files of a tree.

Proofs are computed with a function ``hash_of(begin, end)`` that returns the hash of a range of
leaves. The function is called only for ranges that are subtrees.

The files are tiles of 256 hashes, and bundles of 256 entries (C2SP tlog-tiles). Tile N on level L
has the hashes of 256 adjacent subtrees, each with 256**L leaves. The last tile on a level may be
partial; its file name then contains the number of its hashes.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

from data.archive.log.leaves import ENTRY_BYTES
from data.errors import ArchiveError
from data.files import read_regular

HASH_BYTES: Final = 32
"""Size of a hash in bytes."""

EMPTY: Final = hashlib.sha256(b"").digest()
"""Root hash of a tree without leaves."""

RangeHash: TypeAlias = Callable[[int, int], bytes]

TILE_WIDTH: Final = 256
"""Number of hashes in a full tile."""

TILE_HEIGHT: Final = 8
"""Height of the subtree in a full tile, which contains 2**TILE_HEIGHT hashes."""

MAX_CACHED_TILES: Final = 1024
"""Maximum number of tiles in the cache (8 MB)."""

Level: TypeAlias = int | Literal["entries"]

Read: TypeAlias = Callable[[str], bytes]
"""Function that returns the content of a log's file by its relative path, or raises
FileNotFoundError."""

PREFIXED_BYTES: Final = ENTRY_BYTES + 2
"""Size in bytes of an entry in a bundle, including its length prefix."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the leaf hash of a log entry in the Merkle tree."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two adjacent subtrees, from their hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root hash of a tree.

    ``hashes`` are the hashes of its leaves, or of full subtrees of equal height.
    """
    if not hashes:
        return EMPTY
    sha256 = hashlib.sha256
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        # If the number of hashes is odd, the last one has no sibling and moves up.
        hashes = [*above, hashes[-1]] if len(hashes) % 2 else above
    return hashes[0]


def split(leaves: int) -> int:
    """Return the size of the left subtree: the largest power of 2 smaller than ``leaves``."""
    return 1 << (leaves - 1).bit_length() - 1


def inclusion_proof(index: int, size: int, hash_of: RangeHash) -> list[bytes]:
    """Return the inclusion proof of the leaf ``index`` in a tree with ``size`` leaves.

    The proof is PATH of RFC 6962, section 2.1.1: hashes in the order from the leaf to the root.
    """
    begin, end = 0, size
    proof = []
    while end - begin > 1:
        middle = begin + split(end - begin)
        if index < middle:
            proof.append(hash_of(middle, end))
            end = middle
        else:
            proof.append(hash_of(begin, middle))
            begin = middle
    return proof[::-1]


def consistency_proof(old: int, size: int, hash_of: RangeHash) -> list[bytes]:
    """Return the proof that a tree with ``size`` leaves extends the tree with ``old`` leaves.

    The proof is PROOF of RFC 6962, section 2.1.2. It is empty if the old tree is empty or both
    sizes are equal.
    """
    if old in {0, size}:
        return []
    begin, end = 0, size
    proof = []
    while end != old:
        middle = begin + split(end - begin)
        if old <= middle:
            proof.append(hash_of(middle, end))
            end = middle
        else:
            proof.append(hash_of(begin, middle))
            begin = middle
    if begin:
        # Verifiers know the root of the old tree, but not the hash of its last subtree.
        proof.append(hash_of(begin, end))
    return proof[::-1]


def proves_consistency(
    old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Return whether a proof shows that a tree extends an older tree (RFC 9162, section 2.1.4.2).

    The older tree has ``old`` leaves and the hash ``old_root``, the newer tree ``size`` leaves and
    the hash ``root``.
    """
    if old == size:
        return not proof and old_root == root
    if not old:
        return not proof and old_root == EMPTY
    if not 0 < old < size or not proof:
        return False
    node, last = old - 1, size - 1
    path = [old_root, *proof] if old & (old - 1) == 0 else [*proof]
    while node % 2:
        node, last = node >> 1, last >> 1
    found_old = found = path[0]
    for sibling in path[1:]:
        if not last:
            return False
        if node % 2 or node == last:
            found_old, found = node_hash(sibling, found_old), node_hash(sibling, found)
            while not node % 2 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    return not last and found_old == old_root and found == root


def tile_path(level: Level, number: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a tile or bundle, relative to the log's folder."""
    last = f"{number % 1000:03}"
    while number := number // 1000:
        last = f"x{number % 1000:03}/{last}"
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{last}{partial}"


class TileTree:
    """The tree of the first ``size`` leaves of a log. The function ``read`` returns its files.

    Methods raise ArchiveError if a tile is missing or has a wrong length. Wrong hashes in a tile
    result in a wrong root.
    """

    def __init__(self, size: int, read: Read) -> None:
        self.size = size
        self._read = read
        self._tiles: dict[str, bytes] = {}

    def root(self) -> bytes:
        """Return the root hash of the tree."""
        return self.root_of(self.size)

    def root_of(self, size: int) -> bytes:
        """Return the root hash that the tree had with ``size`` leaves."""
        return self.hash_of(0, size) if size else EMPTY

    def hash_of(self, begin: int, end: int) -> bytes:
        """Return the hash of the subtree of the leaves from ``begin`` to ``end`` - 1."""
        leaves = end - begin
        if leaves & (leaves - 1):
            middle = begin + split(leaves)
            return root_of((self.hash_of(begin, middle), self.hash_of(middle, end)))
        level, height = divmod(leaves.bit_length() - 1, TILE_HEIGHT)
        number, first = divmod(begin >> level * TILE_HEIGHT, TILE_WIDTH)
        tile = self.tile(level, number)
        return root_of(hashes_of(tile[first * HASH_BYTES : (first + (1 << height)) * HASH_BYTES]))

    def tile(self, level: int, number: int) -> bytes:
        """Return the concatenated hashes of a tile."""
        return self.piece(level, number, HASH_BYTES)

    def entries(self, number: int) -> list[bytes]:
        """Return the log entries in the bundle ``number``."""
        bundle = self.piece("entries", number, PREFIXED_BYTES)
        return [
            bundle[at + 2 : at + PREFIXED_BYTES] for at in range(0, len(bundle), PREFIXED_BYTES)
        ]

    def entry(self, index: int) -> bytes:
        """Return a log entry by its number."""
        number, place = divmod(index, TILE_WIDTH)
        bundle = self.piece("entries", number, PREFIXED_BYTES)
        return bundle[place * PREFIXED_BYTES + 2 : (place + 1) * PREFIXED_BYTES]

    def piece(self, level: Level, number: int, unit: int) -> bytes:
        """Return the content of a tile or bundle.

        ``unit`` is the size of a hash or entry in bytes.
        """
        width = self.width(level, number)
        path = tile_path(level, number, width)
        if path not in self._tiles:
            if len(self._tiles) >= MAX_CACHED_TILES:
                self._tiles.clear()
            self._tiles[path] = self._fetched(path, tile_path(level, number), width * unit)
        return self._tiles[path]

    def _fetched(self, path: str, full: str, length: int) -> bytes:
        try:
            content = self._read(path)
        except FileNotFoundError as error:
            # A log deletes a partial tile once a larger tile has replaced it.
            try:
                content = self._read(full)[:length]
            except FileNotFoundError:
                raise ArchiveError(path, "the file is missing from the log") from error
        if len(content) != length:
            cause = f"the file has {len(content)} bytes instead of {length}, so it is damaged"
            raise ArchiveError(path, cause)
        return content

    def width(self, level: Level, number: int) -> int:
        """Return the number of hashes in a tile of this tree, or of entries in a bundle.

        The number is at most 256.
        """
        count = self.size if level == "entries" else self.size >> level * TILE_HEIGHT
        return max(0, min(TILE_WIDTH, count - number * TILE_WIDTH))


def read_file(folder: Path, path: str) -> bytes:
    """Read a file of a log. If a partial tile has grown since, return only the requested hashes.

    Raises FileNotFoundError.
    """
    try:
        return read_regular(folder / path)
    except FileNotFoundError:
        full, partial, wanted = path.rpartition(".p/")
        widths = [one.name for one in (folder / f"{full}.p").glob("*")] if partial else []
        for width in sorted(int(name) for name in widths if name.isdecimal()):
            if width > int(wanted):
                content = read_regular(folder / f"{full}.p" / str(width))
                return content[: len(content) // width * int(wanted)]
        if not partial:
            raise
        content = read_regular(folder / full)
        return content[: len(content) // TILE_WIDTH * int(wanted)]


def leaves_in(folder: Path) -> int:
    """Return the number of leaves in the tiles of a log, even if no checkpoint covers them."""
    found = [path for path in (folder / "tile" / "0").rglob("*") if path.is_file()]
    partial = [int(path.name) for path in found if path.parent.name.endswith(".p")]
    return TILE_WIDTH * (len(found) - len(partial)) + max(partial, default=0)


def hashes_of(tile: bytes) -> list[bytes]:
    """Split the content of a tile into its hashes."""
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def grown(tree: TileTree, entries: Sequence[bytes], hashes: Sequence[bytes]) -> dict[str, bytes]:
    """Return the files that change when ``entries`` are added to a tree: paths and contents.

    ``hashes`` are the leaf hashes of these entries.
    """
    prefixed = [len(entry).to_bytes(2) + entry for entry in entries]
    files = dict(pieces_of(tree, "entries", tree.size, prefixed, PREFIXED_BYTES))
    level = 0
    while hashes:
        pieces = pieces_of(tree, level, tree.size >> level * TILE_HEIGHT, hashes, HASH_BYTES)
        files.update(pieces)
        # The root of each full tile is a hash on the next level.
        hashes = [
            root_of(hashes_of(tile)) for _, tile in pieces if len(tile) == TILE_WIDTH * HASH_BYTES
        ]
        level += 1
    return files


def pieces_of(
    tree: TileTree, level: Level, count: int, added: Sequence[bytes], unit: int
) -> list[tuple[str, bytes]]:
    """Return the paths and contents of the files on one tree level that change as a tree grows.

    ``count`` is the number of hashes or entries that the tree has on this level, and ``added``
    contains the new hashes or entries. ``unit`` is the size of a hash or entry in bytes.
    """
    number, width = divmod(count, TILE_WIDTH)
    content = b"".join(added)
    if width:
        content = tree.piece(level, number, unit) + content
    pieces = (
        content[at : at + TILE_WIDTH * unit] for at in range(0, len(content), TILE_WIDTH * unit)
    )
    return [
        (tile_path(level, number + later, len(piece) // unit), piece)
        for later, piece in enumerate(pieces)
    ]


def touched(old: int, new: int) -> Iterator[tuple[Level, int, int]]:
    """Yield level, number and width of all tiles and bundles that change as a tree grows.

    The tree grows from ``old`` to ``new`` leaves. The last tile on each level is always included,
    even if its width is 0.
    """
    tree = TileTree(new, lambda path: path.encode())
    levels: list[Level] = ["entries", *range(max(1, -(-new.bit_length() // TILE_HEIGHT)))]
    for level in levels:
        height = TILE_HEIGHT if level == "entries" else TILE_HEIGHT * (level + 1)
        for number in range(old >> height, (new >> height) + 1):
            yield level, number, tree.width(level, number)


def added_files(old: int, new: int) -> list[str]:
    """Return the paths of all tiles and bundles that change as a tree grows.

    The tree grows from ``old`` to ``new`` leaves.
    """
    return [tile_path(*tile) for tile in touched(old, new) if tile[2]]


def tidy(folder: Path, old: int, new: int) -> None:
    """Delete partial tiles that are obsolete after a tree grew from ``old`` to ``new`` leaves."""
    for level, number, width in touched(old, new):
        path = folder / f"{tile_path(level, number)}.p"
        if not path.is_dir():
            continue
        for file in path.iterdir():
            if width == TILE_WIDTH or file.name != str(width):
                file.unlink()
        if width in {0, TILE_WIDTH}:
            path.rmdir()
