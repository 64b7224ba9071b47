"""By what the pages of a source are read: the rules of its file, and our own code."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

from spiders.sources.source_file import DateOrder, ListingRules, ReleaseRules, SourceFile

CODE: Final = (("spiders", ""), ("data", "dates"), ("data", "text"))
"""The packages, and folders in them, that read pages."""

DIGITS: Final = 16
"""Hexadecimal digits by which a version of our code is told from others."""


class SourceReading(msgspec.Struct, frozen=True):
    """How a source is read: ``program`` names our code, the rest are the keys of its file.

    Where its pages are (``url``, ``feed``, ``render``) is no part of it.
    """

    program: str
    timezone: str
    language: str | None
    date_order: DateOrder | None
    listing: ListingRules
    releases: tuple[ReleaseRules, ...]

    @classmethod
    def of(cls, file: SourceFile) -> SourceReading:
        """How a source is read by our code and its file of today."""
        rules = (file.timezone, file.language, file.date_order, file.listing, file.releases)
        return cls(program_digest(), *rules)

    def has_rules_of(self, other: SourceReading) -> bool:
        """Whether it has the same rules as another, whatever code reads by them."""
        return msgspec.structs.replace(self, program=other.program) == other

    def applied_to(self, file: SourceFile) -> SourceFile:
        """A source file with these rules in place of its own."""
        return msgspec.structs.replace(
            file,
            timezone=self.timezone,
            language=self.language,
            date_order=self.date_order,
            # A feed is read as what it is.
            listing=ListingRules() if file.feed else self.listing,
            release=self.releases,
        )


@cache
def program_digest() -> str:
    """A digest of our code that reads pages: another version reads otherwise, maybe."""
    found = hashlib.sha256()
    for package, folder in CODE:
        root = Path(str(files(package))) / folder
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix not in {".pyc", ".pyi"}:
                name = path.relative_to(root).as_posix()
                found.update(f"{package}/{folder}/{name}\n".encode())
                found.update(path.read_bytes())
    return found.hexdigest()[:DIGITS]
