"""Changes that may be caused by a truncated page, so that a later visit must confirm them."""

import datetime as dt
from typing import Final

from data.identity.decision import Decision
from data.models import Draft, Release
from data.revisions.edits import ends_early
from data.store.core.tables import Tables

ANOTHER_VISIT: Final = dt.timedelta(minutes=10)
"""Minimum time between two captures of a page for the second to confirm the first."""

UNENDED_WAIT: Final = dt.timedelta(hours=6)
"""Minimum time between two captures of a shortened text if the page has no end marker.

This is also the default time after which a missing release is retracted. A server fault that always
truncates a page in the same place is often repaired by then."""


def may_be_cut(draft: Draft, known: Release, decision: Decision) -> bool:
    """Return whether a changed text is only the beginning of the stored text.

    Returns False for imported releases, which have no page.
    """
    is_page = decision.kind == "changed" and bool(draft.digest)
    return is_page and ends_early(known.content, draft.content)


def confirm(
    tables: Tables,
    known: Release,
    mark: str,
    *,
    has_end: bool,
    seen: dt.datetime,
    since: dt.datetime,
) -> bool:
    """Return whether an earlier visit found the same text. If not, store the mark of the text.

    ``mark`` identifies the text. If the page has no end marker (``has_end`` is false), the earlier
    visit must be at least UNENDED_WAIT ago. Marks from before the last accepted text don't count.
    Marks from this visit, which began at ``since``, don't count either: a visit may find a release
    at two addresses, and an import may contain several captures of a release.
    """
    before = tables.unconfirmed(known.id)
    if before is None or before[0] != mark or before[1] <= known.last_seen:
        tables.keep_unconfirmed(known.id, mark, seen)
        return False
    if not has_end:
        return seen - before[1] >= UNENDED_WAIT
    return before[1] < since or seen - before[1] >= ANOTHER_VISIT
