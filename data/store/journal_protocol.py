"""What a store can do for a journal: say all that it wrote, and write it once more elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from data.models import Capture, CaptureOwner, Content, Draft
from data.store.protocol import Store
from data.store.recorder.outcome import JoinedStory, Outcome, Sight


class JournalStore(Store, Protocol):
    """A store that keeps how far its journal has come, and can be rebuilt from one."""

    def journal_end(self) -> str:
        """The id of the last journal record that was committed with what it tells of, or empty."""

    def keep_journal_end(self, record_id: str) -> None:
        """Keep the id of the journal record of the transaction under way."""

    def forget_journal(self) -> None:
        """Forget how far the journal has come: what is decided from now on is not in it."""

    def restore_source(self, source: str) -> bool:
        """Note that a source is collected again, and say whether it was not.

        Of its releases those are shown that were hidden with it.
        """

    def redact(self, release_id: str, *, at: dt.datetime, why: str) -> None:
        """Take out the title, text and files of a release in all its versions, for a reason.

        It is not retracted. The journal is told nothing: after `forget_journal` it begins with a
        snapshot.
        """

    def snapshot(self, size: int) -> Iterator[bytes]:
        """The committed state as a file that a store opens, in pieces of ``size`` bytes.

        Without subscriptions of WebSub, which hold secrets, and what others are to be told.
        """

    def keep_unwritten(self, events: bytes) -> None:
        """Keep events that the archive can't take now."""

    def unwritten(self, *, limit: int) -> Sequence[bytes]:
        """The first events that the archive could not take, in their order."""

    def forget_unwritten(self, count: int) -> None:
        """Keep so many of the first of them no more."""

    def journaled_files(self) -> Mapping[str, str]:
        """The SHA-256 of each file that the journal holds, by its name in HOME."""

    def keep_journaled_file(self, name: str, digest: str) -> None:
        """Keep what the journal holds of a file; an empty digest where it is gone."""

    def orders(self) -> AbstractSet[str]:
        """The ids of the orders that the store obeys; see data.archive.journal.orders."""

    def has_order(self, order_id: str) -> bool:
        """Whether the store obeys an order."""

    def keep_order(self, order_id: str) -> None:
        """Note that the store obeys an order with the transaction under way.

        That transaction is durable when it ends, whatever the settings of the database are.
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
        """Take in a draft as ``record`` does, and say all that was written of it."""

    def read_anew_outcome(
        self,
        release_id: str,
        draft: Draft,
        *,
        at: dt.datetime,
        labels: Mapping[str, str],
        before: Content | None = None,
    ) -> Outcome | None:
        """Keep a release as ``read_anew`` does, and say all that was written of it."""

    def restore(self, outcome: Outcome) -> None:
        """Write once more what came of a draft elsewhere; nothing is decided anew."""

    def restore_seen(self, seen: Mapping[str, Sight]) -> None:
        """Note when releases, by id, were last seen as they are; nothing of what is known since."""

    def restore_sightings(self, captures: Mapping[str, Capture]) -> None:
        """Note the captures that saw releases last, by their ids."""

    def capture_owners(self, record_ids: Iterable[str]) -> Sequence[CaptureOwner]:
        """What the store points to some records for, in the order of releases."""

    def translations(self) -> Iterator[tuple[str, str]]:
        """Pairs of releases, by id, that are translations and that no page names so."""

    def join_translations(self, left: str, right: str) -> JoinedStory | None:
        """Put two translations into one story; None where they can't be, or are already."""

    def grow_story(self, joined: JoinedStory) -> None:
        """Let a story grow once more as it did elsewhere."""

    def enter_queued(self, told: Callable[[int], None] | None = None) -> int:
        """Enter what waits into the search index; how many releases, ``told`` as it goes on."""
