"""Archived screenshots and PDFs, which show how the pages of versions looked.

The address of a screenshot is ``urn:screenshot:`` followed by the address of the page. The address
of a PDF begins with ``urn:pdf:``.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from data.archive.capture_search import Captures
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.reader import read_record
from data.errors import ArchiveError
from data.models import Revision

MEDIA_TYPES_BY_RENDITION: Final[Mapping[str, Sequence[str]]] = {
    "screenshot": ("image/webp", "image/png", "image/jpeg"),
    "pdf": ("application/pdf",),
}
"""Media types of renditions, by kind. The URL of a rendition's record contains its kind."""


def renditions_of(
    folder: Path, captures: Captures, versions: Sequence[Revision], number: int
) -> dict[str, CdxjEntry]:
    """Return the screenshot and the PDF of a version, by their key in RENDITIONS.

    They were recorded between the captures of this version and of the next version in the archive
    ``folder``. ``versions`` are all versions of the release, oldest first. Raises ArchiveError if
    the index of the archive can't be read.
    """
    later = [one.capture for one in versions if one.number >= number and one.capture]
    own = next((one.capture for one in versions if one.number == number), None)
    if own is None or not own.file:
        return {}
    since = own.at.replace(microsecond=0)
    until = next((one.at for one in later if one.at > own.at), None)
    try:
        uri = read_record(folder, own.file, own.offset).uri
    except ArchiveError:
        return {}
    found: dict[str, CdxjEntry] = {}
    for kind in MEDIA_TYPES_BY_RENDITION:
        for entry in captures.of(f"urn:{kind}:{uri}"):
            if since <= entry.at and (until is None or entry.at < until):
                found.setdefault(kind, entry)
    return found
