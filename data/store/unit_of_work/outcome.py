"""The outcome of recording a draft: all data needed to repeat the writes in another store."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from data.identity.decision import DraftDecision
from data.models import Capture, Release


@dataclass(frozen=True, slots=True)
class JoinedStory:
    """Releases and stories that were added to a story.

    ``merged`` contains the stories that were merged into ``story``. ``alone`` contains the ids of
    releases that had no story.
    """

    story: str
    merged: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()


class Sight(NamedTuple):
    """The time when a release was last seen with unchanged content.

    If the bytes of the page have changed, ``digest`` is the page's digest and ``fingerprint`` the
    draft's fingerprint. Otherwise both are empty. ``leaf`` is the number of the archive record in
    the log, or -1. The rest of the capture can be found by this number.
    """

    at: dt.datetime
    digest: str = ""
    fingerprint: bytes = b""
    leaf: int = -1


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """A decision about a draft, and the data that is written with it.

    - ``before`` is the earlier state of the release, or None if it is new.
    - ``addresses`` are the addresses at which the release was seen.
    - ``claimed`` is the canonical address that its page declares, if trusted.
    - ``editions`` are the canonical addresses of its translations.
    - ``noted`` is true if any of these addresses was new.
    - ``fingerprint`` identifies the text of the draft.
    - ``skeleton`` contains hashes of the page's structure.
    - ``labels`` maps the slugs of topics to labels.
    - ``joined`` lists the releases and stories added to a story, or is None.
    - ``capture`` is the archive record that showed the draft.
    - ``read_at`` is the time when an archived page was extracted again, or None in a visit.
    - ``news`` is true if the release is new and was published after the first visit to its source;
      old and imported releases are not news.
    """

    decision: DraftDecision
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

    @property
    def has_changes(self) -> bool:
        """Whether recording a draft did more than confirm an unchanged release."""
        before, decision = self.before, self.decision
        if decision.doubt:
            return False
        if before is None or self.noted or self.joined:
            return True
        # This comparison uses ``noted`` instead of the addresses themselves.
        same = replace(
            decision.release,
            last_seen=before.last_seen,
            digest=before.digest,
            aliases=before.aliases,
        )
        return same != before

    @property
    def sight(self) -> Sight:
        """The data about a release that was seen unchanged."""
        release, leaf = self.decision.release, leaf_of(self.capture)
        if self.before and self.before.digest == release.digest:
            return Sight(release.last_seen, leaf=leaf)
        return Sight(release.last_seen, release.digest, self.fingerprint, leaf)


def leaf_of(capture: Capture | None) -> int:
    """Return the leaf number of a capture in the log, or -1 if there is no capture."""
    return capture.leaf if capture else -1
