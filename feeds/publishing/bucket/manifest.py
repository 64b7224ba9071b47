"""The object of a bucket that says which publication of the site is the newest.

It is replaced on the condition that it is the one that was read (If-Match), so that of publishers
that begin at once each has a number of its own, and knows who began after it. Numbers rise with the
change log of the store: who begins later has read a later store.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import msgspec

from data.bucket.answers import BucketError, Replaced
from data.bucket.bucket import Bucket
from data.models import ChangeCursor

FILE: Final = "publication.json"

FORMAT: Final = 1

FOREIGN: Final = (
    f"its {FILE} is none that this version wrote; name another prefix, or delete all that lies "
    "there"
)


class Manifest(msgspec.Struct, frozen=True):
    """Which publication began last, and which one is all there.

    ``number`` is that of the one that began last, ``complete`` of the last that came to its end.
    ``change`` is the last change of the store when it began, ``publisher`` who began it, and ``at``
    the time of the last step (UTC).
    """

    number: int
    complete: int
    change: ChangeCursor
    publisher: str
    at: dt.datetime
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Read:
    """A manifest as it was read or written, with the tag of its object."""

    manifest: Manifest
    tag: str


def read_manifest(bucket: Bucket, known: Read | None = None) -> Read | None:
    """The manifest of a bucket, or None where nothing was published there. Raises BucketError.

    The ``known`` one is returned where it is still the present one.
    """
    found = bucket.read(FILE, known.tag if known else None)
    if found is None or (known and found.tag == known.tag):
        return known if found else None
    try:
        manifest = msgspec.json.decode(found.body, type=Manifest)
    except msgspec.DecodeError as error:
        raise BucketError(bucket.place, FOREIGN) from error
    if manifest.format != FORMAT:
        raise BucketError(bucket.place, FOREIGN)
    return Read(manifest, found.tag)


def replace_manifest(bucket: Bucket, old: Read | None, manifest: Manifest) -> Read:
    """Put a manifest in the place of the one that was read. Raises BucketError and Replaced."""
    body = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    headers = {"Content-Type": "application/json", "Cache-Control": "no-cache"}
    over = old.tag if old else None
    try:
        return Read(manifest, bucket.write(FILE, body, over=over, headers=headers))
    except Replaced:
        # The answer to a first try may have been lost: then it is our own that lies there.
        found = read_manifest(bucket)
        if found and found.manifest == manifest:
            return found
        raise
