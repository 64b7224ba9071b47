"""What stands around the entries of a feed, in every format.

feedgen makes it, once for a feed and once for all of its archive pages that are alike but for their
numbers: it takes longer than all the entries of a page take.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

from feeds.compression import HEADER, deflated, often_deflated, stored
from feeds.formats.feed import NEVER, Feed, archive_page, beside
from feeds.formats.rendering import SYNTAX
from feeds.urls import FORMATS, Format


class Head(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What stands around the entries of a feed in one format.

    ``before`` and ``after`` stand around the time at which it was updated, ``end`` comes after the
    entries; ``packed`` are the three deflated.
    """

    before: bytes
    after: bytes
    end: bytes
    packed: tuple[bytes, bytes, bytes]

    def stamped(self, now: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
        """The beginning of the feed with its time, plain, and as a gzip file begins."""
        packed = (HEADER, self.packed[0], now[1], self.packed[1])
        return b"".join((self.before, now[0], self.after)), b"".join(packed)


Heads: TypeAlias = tuple[Head, ...]
"""The head of a feed by format."""

OWN: Final = "\ue000"
BESIDE: Final[Mapping[str, str]] = {"prev-archive": "\ue001", "next-archive": "\ue002"}
"""What stands for the numbers of a page and those beside it."""


@lru_cache(maxsize=100)
def stamps(updated: dt.datetime) -> tuple[tuple[bytes, bytes], ...]:
    """How heads say when their feed was updated, by format, plain and deflated.

    One release is the last of several feeds.
    """
    plain = [SYNTAX[kind].stamp(updated) for kind in FORMATS]
    return tuple([(stamp, stored(stamp)) for stamp in plain])


def heads_of(feed: Feed) -> Heads:
    """The heads of a feed, whatever is in it."""
    return tuple([head_of(kind, *ends) for kind, ends in zip(FORMATS, ends_of(feed), strict=True)])


def heads_of_page(feed: Feed, number: int, pages: int) -> Heads:
    """The heads of the archive page ``number`` of ``pages`` of a feed."""
    found = beside(number, pages)
    shapes = alike(archive_page(feed, OWN, {rel: BESIDE[rel] for rel in found}))
    numbers = {OWN: number, **{BESIDE[rel]: page for rel, page in found.items()}}
    return tuple(
        [
            head_of(kind, numbered(start, numbers), end)
            for kind, (start, end) in zip(FORMATS, shapes, strict=True)
        ]
    )


def head_of(kind: Format, start: bytes, end: bytes) -> Head:
    """The head of a feed that was made without entries."""
    never, _ = stamps(NEVER)[FORMATS.index(kind)]
    before, _, after = start.partition(never) if never else (start, b"", b"")
    return Head(before, after, end, (deflated(before), often_deflated(after), often_deflated(end)))


def ends_of(feed: Feed) -> tuple[tuple[bytes, bytes], ...]:
    """What comes before and after the entries, by format."""
    empty = replace(feed, updated=NEVER)
    return tuple([SYNTAX[kind].ends(empty) for kind in FORMATS])


@lru_cache(maxsize=16)
def alike(feed: Feed) -> tuple[tuple[bytes, bytes], ...]:
    """The ends that pages of a feed have in common; pages of one feed follow each other."""
    return ends_of(feed)


def numbered(start: bytes, numbers: Mapping[str, int | str]) -> bytes:
    """The beginning of a page, with the numbers of pages."""
    for sign, number in numbers.items():
        start = start.replace(f"/page/{sign}.".encode(), f"/page/{number}.".encode())
    return start
