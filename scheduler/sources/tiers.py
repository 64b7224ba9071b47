"""Tiers of catalogue entries: what this home directory knows about an entry.

A tier is not a rating. It is computed from the source files, the visits and the health of sources
in this home directory, and from sample pages.
"""

import datetime as dt
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from data.clock import utc_now
from data.store.core.store import Store
from scheduler.home.home import Home
from spiders.sources.source_file import LoadedSource, load_sources

TierName: TypeAlias = Literal["listed", "read", "tested", "proven"]

PROVEN_AFTER: Final = dt.timedelta(days=90)
"""Minimum time that a source must be visited without a fault before its tier is ``proven``."""


@dataclass(frozen=True, slots=True)
class Tier:
    """The tier of a catalogue entry, and the id of its source or "".

    - ``listed``: no visit has collected its press room yet
    - ``read``: visits have collected it since ``since``
    - ``tested``: it also has a sample page with expected values
    - ``proven``: it was visited for 90 days, and had no fault in the last 90 days
    """

    name: TierName = "listed"
    source: str = ""
    since: dt.datetime | None = None

    @property
    def shown(self) -> str:
        """The tier, with the day of the first visit."""
        return f"{self.name}, {self.since:%Y-%m-%d}" if self.since else self.name


class Tiers:
    """The tiers of all catalogue entries in a home directory."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._now = utc_now()
        self.sources = sources_by_entry(home)
        self._tiers: dict[str, Tier] = {}
        if self.sources and home.has_store:
            with closing(home.plain_store()) as store:
                self._rate(store)

    def of(self, key: str) -> Tier:
        """Return the tier of an entry. ``key`` is ``catalogue`` in its source file."""
        if tier := self._tiers.get(key):
            return tier
        source = self.sources.get(key)
        return Tier(source=source.id if source else "")

    def added(self, catalogue: str) -> int:
        """Return the number of entries of a catalogue that have a source."""
        return Counter(key.partition("/")[0] for key in self.sources)[catalogue]

    def _rate(self, store: Store) -> None:
        read, last_changes = store.read_sources(), store.last_health_events()
        for key, source in self.sources.items():
            since = store.first_visit(source.id)
            if since is None or source.id not in read:
                continue
            change = last_changes.get(source.id)
            faultless = change is None or (change.well and self._is_long_ago(change.at))
            tested = (self._home.samples / source.id / "expected.json").is_file()
            name: TierName = "tested" if tested else "read"
            if self._is_long_ago(since) and faultless:
                name = "proven"
            self._tiers[key] = Tier(name, source.id, since)

    def _is_long_ago(self, at: dt.datetime) -> bool:
        return self._now - at >= PROVEN_AFTER


def sources_by_entry(home: Home) -> dict[str, LoadedSource]:
    """Return the user's sources that come from a catalogue, by the value of ``catalogue``."""
    loaded, _ = load_sources(home.sources)
    return {one.file.catalogue: one for one in loaded.values() if one.own and one.file.catalogue}
