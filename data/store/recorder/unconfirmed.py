"""Changes that a cut page would make as well: they wait until a later visit finds the same."""

from __future__ import annotations

import datetime as dt
from typing import Final

from data.identity.decision import Decision
from data.models import Draft, Release
from data.revisions.edits import ends_early
from data.store.recorder.tables import Tables

ANOTHER_VISIT: Final = dt.timedelta(minutes=10)
"""Time between two captures from which on the later one confirms the earlier one."""

UNENDED_WAIT: Final = dt.timedelta(hours=6)
"""Minimum time between two captures of a shortened text whose page does not end as its format does.

It is the default time after which a release that is gone is retracted. A fault of a server that
cuts the page in the same place each time is often repaired within it.
"""


def may_be_cut(draft: Draft, known: Release, decision: Decision) -> bool:
    """Whether a change shows only the beginning of what is known.

    A release that was imported has no page, and so no digest of one.
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
    """Whether an earlier visit found the same; otherwise keep the mark for the next visit.

    ``mark`` names the text that is shown. Without an end of the page (``has_end``) the earlier
    visit must be UNENDED_WAIT ago. A text that was read well since then does not count. A visit,
    which began ``since``, may find a release at two addresses, and an import may contain several
    captures of it.
    """
    before = tables.unconfirmed(known.id)
    if before is None or before[0] != mark or before[1] <= known.last_seen:
        tables.keep_unconfirmed(known.id, mark, seen)
        return False
    if not has_end:
        return seen - before[1] >= UNENDED_WAIT
    return before[1] < since or seen - before[1] >= ANOTHER_VISIT
