"""What came of a draft, with all that was written of it: enough to write it again elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from data.identity.decision import Decision
from data.models import Capture, Release


@dataclass(frozen=True, slots=True)
class JoinedStory:
    """What made a ``story`` grow.

    Stories that were ``merged`` into it, and releases, by id, that stood ``alone``.
    """

    story: str
    merged: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()


class Sight(NamedTuple):
    """When a release was last seen as it is; of other bytes than before, their digest as well.

    ``digest`` and ``fingerprint`` are those of `Outcome` and its release, empty where they are as
    before. ``leaf`` is that of the record of the archive that showed it, -1 where none did: all
    else of a capture can be found by the number of its leaf, which is short.
    """

    at: dt.datetime
    digest: str = ""
    fingerprint: bytes = b""
    leaf: int = -1


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision, and what was written with it.

    ``before`` is the release as it was, None at first sight. ``addresses`` are those at which it
    was seen, ``claimed`` the one that its page calls its own, where that is trusted, and
    ``editions`` those of its translations in canonical form; ``noted`` says that any of them was
    not known. ``fingerprint`` is that of the draft, ``skeleton`` what its page is built of, and
    ``labels`` are those of topics by slug. ``joined`` is None where no story grew. ``capture`` is
    the record of the archive that showed the draft. ``read_at`` is when a page that was served
    before was extracted again, None for a page of this visit. ``news`` is whether the release is
    new and was published after the first visit to its source. Old and imported releases are not
    news.
    """

    decision: Decision
    before: Release | None
    fingerprint: bytes
    addresses: tuple[str, ...]
    claimed: str = ""
    editions: tuple[str, ...] = ()
    noted: bool = False
    skeleton: bytes = b""
    labels: Mapping[str, str] = field(default_factory=dict)
    joined: JoinedStory | None = None
    capture: Capture | None = None
    read_at: dt.datetime | None = None
    news: bool = False
