"""Choose the captures to fetch: the fewest that show every version of a page.

All functions are pure. ``at`` times are those of captures, in UTC.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from spiders.web_archives.index_lines import IndexedCapture

OK: Final = 200
GONE: Final = frozenset([404, 410])

MAX_PAGE_CAPTURES: Final = 500
"""Maximum number of captures per page that are fetched. A page with more is not a release."""

DIGIT: Final = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class HeldPayload:
    """A payload in our own archive: the time of its capture, and its SHA-1 as in indexes."""

    at: dt.datetime
    digest: str


def is_usable(capture: IndexedCapture) -> bool:
    """Return whether a capture may show a page: its status is 200, or the index has no status."""
    return capture.status in {0, OK}


def changes(
    captures: Sequence[IndexedCapture], held: Sequence[HeldPayload] = ()
) -> list[IndexedCapture]:
    """Return the captures of a page that may show another version than the capture before.

    Captures whose payload equals that of the capture before are omitted. So are captures before
    one of our own with the same payload. The digests in the index show which payloads are equal.
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

    These are the captures with status 404 or 410 after the last capture of the page. Returns None
    if no capture confirms the first one at least ``confirmed_after`` later.
    """
    line = sorted(captures, key=lambda one: one.at)
    last_shown = max((one.at for one in line if is_usable(one)), default=None)
    missing = [
        one.at for one in line if one.status in GONE and (not last_shown or one.at > last_shown)
    ]
    if len(missing) < 2 or missing[-1] - missing[0] < confirmed_after:  # noqa: PLR2004 - the first, and one that confirms it
        return None
    return missing[0], missing[-1]


def shape_of(url: str) -> tuple[str, ...]:
    """Return the shape of an address, which the releases of a site share.

    It contains the folders, without those that contain digits, the ending of the file name, and the
    names of the parameters.
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
    """Return the beginning of the addresses of the pages beside a release, or below a listing."""
    parts = urlsplit(url)
    folders = parts.path.rstrip("/").split("/")
    if (not is_listing and not parts.query) or (is_listing and "." in folders[-1]):
        folders = folders[:-1]
    dated = next((i for i, one in enumerate(folders) if DIGIT.search(one)), len(folders))
    return f"{parts.scheme}://{parts.netloc}{'/'.join(folders[:dated]) or '/'}"
