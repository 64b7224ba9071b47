"""The rules and the program version with which the pages of a source are read."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

from spiders.sources.source_file import DateOrder, ListingRules, ReleaseRules, SourceFile

CODE: Final = (("spiders", ""), ("data", "dates"), ("data", "text"))
"""Packages and their folders that contain the extraction code."""

DIGITS: Final = 16
"""Length of a program digest (hexadecimal digits)."""


class SourceReading(msgspec.Struct, frozen=True):
    """The rules and program version with which a source is read.

    ``program`` is the digest of the extraction code; the other fields are keys of the source file.
    Keys for retrieving pages (``url``, ``feed``, ``render``) are not included.
    """

    program: str
    timezone: str
    language: str | None
    date_order: DateOrder | None
    listing: ListingRules
    releases: tuple[ReleaseRules, ...]

    @classmethod
    def of(cls, file: SourceFile) -> SourceReading:
        """Create the reading from a source file and the current program."""
        rules = (file.timezone, file.language, file.date_order, file.listing, file.releases)
        return cls(program_digest(), *rules)

    def has_rules_of(self, other: SourceReading) -> bool:
        """Whether two readings have the same rules. Their program versions may differ."""
        return msgspec.structs.replace(self, program=other.program) == other

    def applied_to(self, file: SourceFile) -> SourceFile:
        """Return a copy of a source file with the rules of this reading."""
        return msgspec.structs.replace(
            file,
            timezone=self.timezone,
            language=self.language,
            date_order=self.date_order,
            # A feed is read without listing rules.
            listing=ListingRules() if file.feed else self.listing,
            release=self.releases,
        )


@cache
def program_digest() -> str:
    """Return a digest of the extraction code. A different version may extract different values."""
    found = hashlib.sha256()
    for package, folder in CODE:
        root = Path(str(files(package))) / folder
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix not in {".pyc", ".pyi"}:
                name = path.relative_to(root).as_posix()
                found.update(f"{package}/{folder}/{name}\n".encode())
                found.update(path.read_bytes())
    return found.hexdigest()[:DIGITS]
