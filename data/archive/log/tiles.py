"""The tree as files: tiles of 256 hashes, and bundles of the entries (C2SP tlog-tiles).

The tile N of level L holds the hashes of 256 subtrees beside each other, each of 256**L leaves. The
last tile of a level is partial; it bears its width in its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

from data.archive.log.leaf import ENTRY
from data.archive.log.merkle import EMPTY, HASH, root_of, split
from data.errors import ArchiveError
from data.files import read_regular

WIDTH: Final = 256
HEIGHT: Final = 8
"""A full tile has 2**HEIGHT hashes."""

KEPT: Final = 1024
"""Tiles that a reader keeps in memory: 8 MB."""

Level: TypeAlias = int | Literal["entries"]

Read: TypeAlias = Callable[[str], bytes]
"""Gives the bytes of a file of a log by its path below the log; raises FileNotFoundError."""

PREFIXED: Final = ENTRY + 2
"""Bytes of an entry in a bundle, with its length before it."""


def tile_path(level: Level, number: int, width: int = WIDTH) -> str:
    """Where a tile, or a bundle of entries, lies below the log."""
    last = f"{number % 1000:03}"
    while number := number // 1000:
        last = f"x{number % 1000:03}/{last}"
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{last}{partial}"


class TileTree:
    """The tree of the first ``size`` leaves of a log, read from its tiles.

    Raises ArchiveError for a tile that is missing or has the wrong length. Whether its hashes are
    right shows in the root that they give.
    """

    def __init__(self, size: int, read: Read) -> None:
        self.size = size
        self._read = read
        self._tiles: dict[str, bytes] = {}

    def root(self) -> bytes:
        """The hash of the whole tree."""
        return self.root_of(self.size)

    def root_of(self, size: int) -> bytes:
        """The hash of the whole tree when it had ``size`` leaves, which is no more than now."""
        return self.hash_of(0, size) if size else EMPTY

    def hash_of(self, begin: int, end: int) -> bytes:
        """The hash of the leaves from ``begin`` to before ``end``, which are a subtree."""
        leaves = end - begin
        if leaves & (leaves - 1):
            middle = begin + split(leaves)
            return root_of((self.hash_of(begin, middle), self.hash_of(middle, end)))
        level, height = divmod(leaves.bit_length() - 1, HEIGHT)
        number, first = divmod(begin >> level * HEIGHT, WIDTH)
        tile = self.tile(level, number)
        return root_of(hashes_of(tile[first * HASH : (first + (1 << height)) * HASH]))

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a tile, one after the other: as many as this tree has."""
        return self.piece(level, number, HASH)

    def entries(self, number: int) -> list[bytes]:
        """The entries of a bundle."""
        bundle = self.piece("entries", number, PREFIXED)
        return [bundle[at + 2 : at + PREFIXED] for at in range(0, len(bundle), PREFIXED)]

    def entry(self, index: int) -> bytes:
        """One entry of the log by its number."""
        number, place = divmod(index, WIDTH)
        bundle = self.piece("entries", number, PREFIXED)
        return bundle[place * PREFIXED + 2 : (place + 1) * PREFIXED]

    def piece(self, level: Level, number: int, unit: int) -> bytes:
        """A tile, or a bundle, of which each part has ``unit`` bytes."""
        width = self.width(level, number)
        path = tile_path(level, number, width)
        if path not in self._tiles:
            if len(self._tiles) >= KEPT:
                self._tiles.clear()
            self._tiles[path] = self._fetched(path, tile_path(level, number), width * unit)
        return self._tiles[path]

    def _fetched(self, path: str, full: str, length: int) -> bytes:
        try:
            content = self._read(path)
        except FileNotFoundError as error:
            # A log gives up a partial tile once the tree has grown beyond it.
            try:
                content = self._read(full)[:length]
            except FileNotFoundError:
                raise ArchiveError(path, "this file of the log is missing") from error
        if len(content) != length:
            cause = f"it has {len(content)} bytes, and {length} are due: it is damaged"
            raise ArchiveError(path, cause)
        return content

    def width(self, level: Level, number: int) -> int:
        """How many hashes or entries this tree has in a tile or bundle; 256 in a full one."""
        count = self.size if level == "entries" else self.size >> level * HEIGHT
        return max(0, min(WIDTH, count - number * WIDTH))


def read_file(folder: Path, path: str) -> bytes:
    """A file of the log in ``folder``; a partial tile that it outgrew is cut from the one it has.

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
        return content[: len(content) // WIDTH * int(wanted)]


def hashes_of(tile: bytes) -> list[bytes]:
    """The hashes that a tile holds."""
    return [tile[at : at + HASH] for at in range(0, len(tile), HASH)]


def grown(tree: TileTree, entries: Sequence[bytes], hashes: Sequence[bytes]) -> dict[str, bytes]:
    """The files by which a tree differs once ``entries``, with these hashes, are added to it."""
    prefixed = [len(entry).to_bytes(2) + entry for entry in entries]
    files = dict(pieces_of(tree, "entries", tree.size, prefixed, PREFIXED))
    level = 0
    while hashes:
        pieces = pieces_of(tree, level, tree.size >> level * HEIGHT, hashes, HASH)
        files.update(pieces)
        # A tile that is full now is one hash of the level above.
        hashes = [root_of(hashes_of(tile)) for _, tile in pieces if len(tile) == WIDTH * HASH]
        level += 1
    return files


def pieces_of(
    tree: TileTree, level: Level, count: int, added: Sequence[bytes], unit: int
) -> list[tuple[str, bytes]]:
    """The files of one level from the one that is partial on, each with its path.

    ``count`` is how many hashes or entries the tree has at this level.
    """
    number, width = divmod(count, WIDTH)
    content = b"".join(added)
    if width:
        content = tree.piece(level, number, unit) + content
    pieces = (content[at : at + WIDTH * unit] for at in range(0, len(content), WIDTH * unit))
    return [
        (tile_path(level, number + later, len(piece) // unit), piece)
        for later, piece in enumerate(pieces)
    ]


def touched(old: int, new: int) -> Iterator[tuple[Level, int, int]]:
    """Level, number and width of all tiles that a tree of ``new`` leaves has beyond ``old``.

    The last tile of a level comes in any case, be its width 0.
    """
    tree = TileTree(new, lambda path: path.encode())
    levels: list[Level] = ["entries", *range(max(1, -(-new.bit_length() // HEIGHT)))]
    for level in levels:
        height = HEIGHT if level == "entries" else HEIGHT * (level + 1)
        for number in range(old >> height, (new >> height) + 1):
            yield level, number, tree.width(level, number)


def added_files(old: int, new: int) -> list[str]:
    """The tiles and bundles of a tree of ``new`` leaves, but those that are full at ``old``."""
    return [tile_path(*tile) for tile in touched(old, new) if tile[2]]


def tidy(folder: Path, old: int, new: int) -> None:
    """Delete the partial tiles that a log in ``folder`` has outgrown; its sizes are given."""
    for level, number, width in touched(old, new):
        path = folder / f"{tile_path(level, number)}.p"
        if not path.is_dir():
            continue
        for file in path.iterdir():
            if width == WIDTH or file.name != str(width):
                file.unlink()
        if width in {0, WIDTH}:
            path.rmdir()
