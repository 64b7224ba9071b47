"""Drafts that are recorded together: several wait for the disk, and for the archive, only once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from data.identity.decision import Decision
from data.store.protocol import Store
from spiders.crawl.page_errors import Tell, page_errors
from spiders.crawl.pending_drafts import ReadyDraft

TOGETHER: Final = 16
"""Drafts that are recorded in one transaction at the most: other processes write in between."""

log = logging.getLogger(__name__)


class RecordBatch:
    """The drafts of one visit that are ready to be recorded, in their order.

    ``record`` records one, and ``recorded`` is told of each once that is committed. What goes wrong
    with one is an error of its page, and spoils no other.
    """

    def __init__(
        self,
        store: Store,
        record: Callable[[ReadyDraft], Decision],
        recorded: Callable[[ReadyDraft, Decision], None],
        tell: Tell,
    ) -> None:
        self._store = store
        self._record = record
        self._recorded = recorded
        self._tell = tell
        self._waiting: list[ReadyDraft] = []

    @property
    def first(self) -> ReadyDraft | None:
        """The draft that has waited longest, or None where none waits."""
        return self._waiting[0] if self._waiting else None

    def add(self, drafts: Iterable[ReadyDraft]) -> None:
        """Have drafts recorded: with others, as soon as there are enough, or by `flush`."""
        for ready in drafts:
            self._waiting.append(ready)
            if len(self._waiting) >= TOGETHER:
                self.flush()

    def flush(self, since: ReadyDraft | None = None) -> None:
        """Record what waits; with ``since``, where that is still the draft that waited longest."""
        if since is not None and since is not self.first:
            return
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            with self._store.transaction():
                decisions = self._record_all(waiting)
        except Exception:
            # Nothing of it is kept. It may be the fault of one of them: each for itself.
            log.exception("%d drafts could not be recorded together", len(waiting))
            decisions = self._record_all(waiting)
        for ready, decision in decisions:
            with page_errors(ready.draft.url, self._tell):
                self._recorded(ready, decision)

    def _record_all(self, drafts: Sequence[ReadyDraft]) -> list[tuple[ReadyDraft, Decision]]:
        decisions = []
        for ready in drafts:
            with page_errors(ready.draft.url, self._tell):
                decisions.append((ready, self._record(ready)))
        return decisions
