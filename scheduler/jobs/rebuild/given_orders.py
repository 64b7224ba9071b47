"""The orders that an archive knows, obeyed by a store that was rebuilt from its journal."""

from __future__ import annotations

from pathlib import Path

from data.archive.journal import events
from data.archive.journal.orders import OF_RELEASES, Orders, obey
from data.archive.journal.scan import Scan
from data.store.journal_protocol import JournalStore
from scheduler.jobs.rebuild.journal_reader import JournalReader


def obey_all(store: JournalStore, found: Scan, reader: JournalReader, archive: Path) -> None:
    """Have a rebuilt store obey all orders of an archive that no later order undid.

    They are those in the file of orders and those of every branch of the journal: a store that was
    older than its archive has another branch continue. Raises ArchiveError and StoreError.
    """
    kept = Orders(archive).read()
    orders = sorted([*found.orders, *kept], key=lambda order: order.at)
    named = {one.event.release for one in orders if isinstance(one.event, OF_RELEASES)}
    lacking = {release for release in named if store.release(release) is None}
    recorded = {}
    if lacking:
        for _, told in reader.read(found.history.aside):
            for event in told:
                if isinstance(event, events.Recorded) and "content" in event.release:
                    recorded[str(event.release["id"])] = event
    with store.transaction():
        obey(store, orders, {name: recorded[name] for name in lacking & recorded.keys()})
        for order in kept:
            store.keep_order(order.id)
