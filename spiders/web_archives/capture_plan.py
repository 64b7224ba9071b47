"""Choose the smallest set of captures that shows every version of a page.

The functions have no side effects. All ``at`` values are times of captures, in UTC.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from data.network.web_archive_index import IndexedCapture

OK: Final = 200
GONE_STATUSES: Final = frozenset([404, 410])

MAX_PAGE_CAPTURES: Final = 500
"""Maximum number of captures fetched per page.

A page with more captures is not a release.
"""

DIGIT: Final = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class HeldPayload:
    """A payload (response body) in our own archive.

    ``at`` is the time of its capture, and ``digest`` its SHA-1 digest in the format of indexes.
    """

    at: dt.datetime
    digest: str


def is_usable(capture: IndexedCapture) -> bool:
    """Return whether a capture may contain a page, because its status is 200 or unknown."""
    return capture.status in {0, OK}


def changes(
    captures: Sequence[IndexedCapture], held: Sequence[HeldPayload] = ()
) -> list[IndexedCapture]:
    """Return the captures of a page that may show a different version than the capture before.

    A capture is omitted if it has the same payload as the previous capture, or as the next one in
    our own archive (``held``). Payloads are compared by the digests in the index.
    """
    line: list[IndexedCapture | HeldPayload] = sorted(
        (*held, *filter(is_usable, captures)), key=lambda one: one.at
    )
    found: list[IndexedCapture | HeldPayload] = []
    for one in line:
        is_same = found and one.digest and found[-1].digest == one.digest
        if isinstance(one, HeldPayload) or not is_same:
            found.append(one)
    following = (*found[1:], None)
    return [
        one
        for one, after in zip(found, following, strict=False)
        if isinstance(one, IndexedCapture)
        and not (isinstance(after, HeldPayload) and after.digest == one.digest)
    ][:MAX_PAGE_CAPTURES]


def gone_since(
    captures: Sequence[IndexedCapture], confirmed_after: dt.timedelta
) -> tuple[dt.datetime, dt.datetime] | None:
    """Return the times of the first and the last capture that show that a page is gone.

    Both captures have the status 404 or 410, and no later capture contains the page. Returns None
    unless the last one is at least ``confirmed_after`` later than the first.
    """
    line = sorted(captures, key=lambda one: one.at)
    last_shown = max((one.at for one in line if is_usable(one)), default=None)
    missing = [
        one.at
        for one in line
        if one.status in GONE_STATUSES and (not last_shown or one.at > last_shown)
    ]
    if len(missing) < 2 or missing[-1] - missing[0] < confirmed_after:  # noqa: PLR2004 - the first, and one that confirms it
        return None
    return missing[0], missing[-1]


def shape_of(url: str) -> tuple[str, ...]:
    """Return the shape of an address, which is the same for all releases of a site.

    It consists of the folders, the ending of the file name, and the names of the parameters. A
    folder with digits is replaced by 0.
    """
    parts = urlsplit(url)
    *folders, name = parts.path.rstrip("/").split("/")
    ending = name.rpartition(".")[2] if "." in name else ""
    query = parse_qsl(parts.query)
    return (
        *("0" if DIGIT.search(one) else one for one in folders),
        # The file name of a page with parameters is the same for all releases.
        name if query else f"*.{ending}",
        *sorted(name for name, _ in query),
    )


def prefix_of(url: str, *, is_listing: bool = False) -> str:
    """Return the prefix of the addresses of pages in a release's folder, or below a listing."""
    parts = urlsplit(url)
    folders = parts.path.rstrip("/").split("/")
    if (not is_listing and not parts.query) or (is_listing and "." in folders[-1]):
        folders = folders[:-1]
    dated = next((i for i, one in enumerate(folders) if DIGIT.search(one)), len(folders))
    return f"{parts.scheme}://{parts.netloc}{'/'.join(folders[:dated]) or '/'}"
