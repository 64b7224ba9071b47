"""Report about a verification of an archive."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec

NOT_COMPARED: Final = (
    "the titles, texts and dates of releases in the store",
    "the files of the published site",
)


class ArchiveProblem(msgspec.Struct, frozen=True):
    """A fault in an archive.

    ``file`` is the current file name, relative to the archive's folder, and ``offset`` the start of
    the faulty record. ``record`` is the record's id, ``leaf`` the number of its leaf, ``uri`` its
    address, and ``release`` the id of the release at this address. Unknown values are None or
    empty.
    """

    file: str
    offset: int | None
    cause: str
    record: str = ""
    leaf: int | None = None
    uri: str = ""
    release: str = ""

    def __str__(self) -> str:
        """Return a readable description of the problem."""
        place = self.file if self.offset is None else f"{self.file}: byte {self.offset}"
        about = [self.record] if self.record else []
        about += [f"leaf {self.leaf}"] if self.leaf is not None else []
        # An address in an archive file may contain terminal escape sequences, so they are escaped.
        about += [self.uri if self.uri.isprintable() else ascii(self.uri)] if self.uri else []
        about += [f"release {self.release}"] if self.release else []
        return f"{place}: {self.cause}" + (f" ({', '.join(about)})" if about else "")


class Removed(msgspec.Struct, frozen=True):
    """Number of records that one command (``kind``) removed or excluded, and the reason."""

    kind: str
    why: str
    records: int


class NotRead(msgspec.Struct, frozen=True):
    """Files that have not changed since the complete verification at ``checked_at`` (aware UTC).

    They were not read again. ``bytes`` is the size of the WARC files.
    """

    files: int
    bytes: int
    checked_at: dt.datetime


class VerificationReport(msgspec.Struct, frozen=True):
    """Contents of an archive, and its faults.

    - ``files``, ``records`` and ``bytes`` count WARC files, records, and their bytes, as read.
    - ``leaves`` is the number of leaves read, and ``signed`` their number in the last checkpoint.
    - ``captures`` is the number of the store's captures that were checked.
    - ``removed`` lists intentional removals and records excluded as evidence.
    - ``not_compared`` lists checks that were not possible.
    - ``attested`` lists the witnesses and places that confirm the log.
    - ``foreign`` lists WARC files of other programs in the folder, which were not read.
    - ``not_read`` counts unchanged files that were left out.
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
    problems: Sequence[ArchiveProblem]
    not_compared: Sequence[str] = NOT_COMPARED
    not_read: NotRead | None = None
