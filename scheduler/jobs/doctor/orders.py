"""Whether the store obeys all that people ordered: hidden, removed and redacted releases."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from data.wording import counted
from scheduler.home import Home
from scheduler.jobs.doctor.finding import Finding


def examine_orders(home: Home, obeyed: AbstractSet[str]) -> Iterator[Finding]:
    """Whether a store that obeys some orders, by their ids, lacks others of its archive."""
    lacking = sum(order.id not in obeyed for order in home.orders.read())
    if lacking:
        text = f"the store is older than the archive: it lacks {counted(lacking, 'order')}"
        fix = "the next command obeys them (hide, remove, redact, or undo): `communique publish`"
        yield Finding("orders", "error", text, fix)
    if damaged := home.orders.damaged_lines():
        text = f"{counted(damaged, 'line')} of {home.orders.path} can't be read"
        fix = "restore the file from a backup: an older store would not obey these orders"
        yield Finding("orders", "error", text, fix)
