"""Manifest: the object in a bucket that records the newest publication of the site.

The object is replaced only if it has not changed since it was read (If-Match). So concurrent
publishers get different numbers, and each notices a later publication. A publication with a higher
number has read a later state of the store.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import msgspec

from data.models import ChangeCursor
from data.network.bucket import Bucket, BucketError, Replaced

MANIFEST_FILE: Final = "publication.json"

MANIFEST_FORMAT: Final = 1

FOREIGN_MANIFEST_MESSAGE: Final = (
    f"its {MANIFEST_FILE} has an unknown format; choose another prefix, or delete all objects there"
)


class BucketManifest(msgspec.Struct, frozen=True):
    """Numbers of the last started and the last completed publication in a bucket.

    ``number`` is the last started publication, ``complete`` the last completed one. ``change`` is
    the last change of the store when the publication started. ``publisher`` is the id of the
    publishing home directory, and ``at`` the time of the last update (UTC).
    """

    number: int
    complete: int
    change: ChangeCursor
    publisher: str
    at: dt.datetime
    format: int = MANIFEST_FORMAT


@dataclass(frozen=True, slots=True)
class StoredManifest:
    """A manifest with the ETag of its object in the bucket."""

    manifest: BucketManifest
    tag: str


def read_manifest(bucket: Bucket, known: StoredManifest | None = None) -> StoredManifest | None:
    """Return the manifest of a bucket, or None if nothing is published in the bucket.

    Returns ``known`` if the object has not changed. Raises BucketError if the bucket fails.
    """
    found = bucket.read(MANIFEST_FILE, known.tag if known else None)
    if found is None or (known and found.tag == known.tag):
        return known if found else None
    try:
        manifest = msgspec.json.decode(found.body, type=BucketManifest)
    except msgspec.DecodeError as error:
        raise BucketError(bucket.place, FOREIGN_MANIFEST_MESSAGE) from error
    if manifest.format != MANIFEST_FORMAT:
        raise BucketError(bucket.place, FOREIGN_MANIFEST_MESSAGE)
    return StoredManifest(manifest, found.tag)


def replace_manifest(
    bucket: Bucket, old: StoredManifest | None, manifest: BucketManifest
) -> StoredManifest:
    """Replace the manifest ``old``, which was read before, with ``manifest``.

    Raises BucketError if the bucket fails, and Replaced if another publisher changed the object
    first.
    """
    body = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    headers = {"Content-Type": "application/json", "Cache-Control": "no-cache"}
    over = old.tag if old else None
    try:
        return StoredManifest(
            manifest, bucket.write(MANIFEST_FILE, body, over=over, headers=headers)
        )
    except Replaced:
        # The response to an earlier attempt may have been lost. In this case, the object is ours.
        found = read_manifest(bucket)
        if found and found.manifest == manifest:
            return found
        raise
