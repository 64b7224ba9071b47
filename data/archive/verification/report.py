"""What is found of an archive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """Something that is wrong.

    ``file`` is below the folder of the archive, as it is called now, ``offset`` the byte of it
    where the record or the part begins that is wrong, ``record`` the id of that record, ``leaf``
    its number and ``uri`` its address, ``release`` the id of the release at that address; None or
    empty where nobody knows.
    """

    file: str
    offset: int | None
    cause: str
    record: str = ""
    leaf: int | None = None
    uri: str = ""
    release: str = ""

    def __str__(self) -> str:
        """For people to read."""
        place = self.file if self.offset is None else f"{self.file}: byte {self.offset}"
        about = [self.record] if self.record else []
        about += [f"leaf {self.leaf}"] if self.leaf is not None else []
        # An address is as the file has it, whoever wrote that.
        about += [self.uri if self.uri.isprintable() else ascii(self.uri)] if self.uri else []
        about += [f"release {self.release}"] if self.release else []
        return f"{place}: {self.cause}" + (f" ({', '.join(about)})" if about else "")


class Removed(msgspec.Struct, frozen=True):
    """The number of records that a command removed or set aside (``kind``), and the reason."""

    kind: str
    why: str
    records: int


NOT_COMPARED: Final = (
    "the titles, texts and dates of releases in the store",
    "the files of the published site",
)


class Report(msgspec.Struct, frozen=True):
    """What an archive holds, and what is wrong with it.

    So many ``records`` of ``bytes`` in ``files`` were read, and ``leaves`` of the log, of which
    ``signed`` are in the last checkpoint. ``captures`` of the store were looked for. ``removed``
    was taken out lawfully, or set aside. ``not_compared`` lists what was not compared with the
    archive. ``attested`` names who else signed the log or knows it. ``foreign`` are WARC files of
    other programs in the folder, which were not read.
    """

    files: int
    records: int
    bytes: int
    leaves: int
    signed: int
    captures: int
    attested: Sequence[str]
    removed: Sequence[Removed]
    foreign: Sequence[str]
    problems: Sequence[Problem]
    not_compared: Sequence[str] = NOT_COMPARED
