"""Find the stored record with the payload of a response, so that each payload is stored once.

The response then becomes a revisit record, which refers to the stored one (WARC 1.1, 6.7).
"""

from __future__ import annotations

from pathlib import Path

from data.archive.foreign import imported_from
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.index import NOT_MODIFIED, OK, Index
from data.archive.warc.reader import read_fields
from data.archive.warc.records import Original, digest_text, original_of
from data.errors import ArchiveError
from data.models.exchange import Exchange


def stored_original(
    folder: Path, index: Index, exchange: Exchange, uri: str, payload: bytes, *, whole: bool
) -> Original | None:
    """Return the record that a response can refer to, or None if its payload must be stored.

    ``payload`` is the SHA-256 of the body. ``whole`` is false if a part of the address ``uri`` was
    removed. Raises ArchiveError if the index can't be read.
    """
    digest = digest_text(payload)
    if exchange.status == NOT_MODIFIED:
        # A shortened address may belong to several pages, like the address of a POST request.
        is_one = whole and not exchange.posted
        known = _newest(folder, index, uri) if is_one else None
        if known is None:
            return None
        digest = known.digest
    elif not exchange.body or exchange.truncated:
        return None
    holder = index.holder(digest)
    if holder is None:
        return None
    try:
        fields = read_fields(folder, holder.file, holder.offset)
    except ArchiveError:
        # The record was lost or damaged, so the payload is stored again.
        return None
    original = original_of(fields, rendered=exchange.rendered)
    return original if original and digest_text(original.payload) == digest else None


def _newest(folder: Path, index: Index, uri: str) -> CdxjEntry | None:
    """Return the newest page at an address: a page that we requested, or else an imported one."""
    known = index.newest(uri)
    if known is None or not imported_from(folder, known):
        return known
    pages = (one for one in reversed(index.captures(uri)) if (one.uri, one.status) == (uri, OK))
    return next((one for one in pages if not imported_from(folder, one)), known)
