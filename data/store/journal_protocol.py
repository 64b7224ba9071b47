"""Protocol of a store whose writes go to a journal and can be repeated from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from data.models import Capture, CaptureOwner, Content, Draft
from data.store.protocol import Store
from data.store.recorder.outcome import JoinedStory, Outcome, Sight


class JournalStore(Store, Protocol):
    """A store that records its position in the journal and can be rebuilt from the journal."""

    def journal_end(self) -> str:
        """Return the id of the last journal record committed with its data, or an empty text."""

    def keep_journal_end(self, record_id: str) -> None:
        """Store the id of the journal record that belongs to the current transaction."""

    def forget_journal(self) -> None:
        """Delete the position in the journal: it does not contain the writes from now on."""

    def restore_source(self, source: str) -> bool:
        """Mark a removed source as collected again and return whether it was removed.

        Releases that were hidden with the source are shown again.
        """

    def redact(self, release_id: str, *, at: dt.datetime, why: str) -> None:
        """Remove the title, text and files of a release in all versions, for the reason ``why``.

        The release is not retracted. Nothing is written to the journal; after `forget_journal`, the
        journal starts with a snapshot.
        """

    def snapshot(self, size: int) -> Iterator[bytes]:
        """Return the committed state as an SQLite store file, in pieces of ``size`` bytes.

        The file has no WebSub subscriptions, which contain secrets, no queued alerts or other
        messages, and no reading states.
        """

    def keep_unwritten(self, events: bytes) -> None:
        """Store journal events that can't be written to the archive at the moment."""

    def unwritten(self, *, limit: int) -> Sequence[bytes]:
        """Return up to ``limit`` of the first events not yet written to the archive, in order."""

    def forget_unwritten(self, count: int) -> None:
        """Delete the first ``count`` events that were not yet written to the archive."""

    def journaled_files(self) -> Mapping[str, str]:
        """Return the SHA-256 digest of each file in the journal, by its name in HOME."""

    def keep_journaled_file(self, name: str, digest: str) -> None:
        """Store the digest of a file's version in the journal; empty for a deleted file."""

    def orders(self) -> AbstractSet[str]:
        """Return the ids of the orders that the store has applied.

        Orders are explained in data.archive.journal.orders.
        """

    def has_order(self, order_id: str) -> bool:
        """Return whether the store has applied an order."""

    def keep_order(self, order_id: str) -> None:
        """Record in the current transaction that the store applies an order.

        This transaction is durable when it ends, whatever the settings of the database are.
        """

    def record_outcome(
        self,
        draft: Draft,
        *,
        seen: dt.datetime,
        since: dt.datetime,
        front: Iterable[str] = (),
        labels: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Record a draft as ``record`` does and return everything that was written."""

    def read_anew_outcome(
        self,
        release_id: str,
        draft: Draft,
        *,
        at: dt.datetime,
        labels: Mapping[str, str],
        before: Content | None = None,
    ) -> Outcome | None:
        """Store a re-extracted release as ``read_anew`` does and return everything written."""

    def restore(self, outcome: Outcome) -> None:
        """Repeat the writes of a recorded outcome without deciding again."""

    def restore_seen(self, seen: Mapping[str, Sight]) -> None:
        """Record when releases, by id, were last seen with unchanged content.

        Newer information about the releases is not changed.
        """

    def restore_sightings(self, captures: Mapping[str, Capture]) -> None:
        """Record the captures that last showed releases, by release id."""

    def capture_owners(self, record_ids: Iterable[str]) -> Sequence[CaptureOwner]:
        """Return the releases and files that archive records belong to, ordered by release."""

    def translations(self) -> Iterator[tuple[str, str]]:
        """Yield pairs of release ids that are translations although no page links them."""

    def join_translations(self, left: str, right: str) -> JoinedStory | None:
        """Put two translations into one story.

        Return None if they can't be joined or already share a story.
        """

    def grow_story(self, joined: JoinedStory) -> None:
        """Repeat the growth of a story that was recorded elsewhere."""

    def enter_queued(self, told: Callable[[int], None] | None = None) -> int:
        """Add all queued releases to the search index and return their number.

        ``told`` is called with the number of releases so far.
        """
