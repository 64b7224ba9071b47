"""Checks for an outdated store: missing orders to hide or remove, and missing schema changes."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from data.wording import counted
from scheduler.home import Home
from scheduler.home.doctor.finding import Finding

OLD_SCHEMA: Final = "its schema is of an earlier version; the next command upgrades it"
OLD_SCHEMA_FIX: Final = (
    "back it up first (`communique backup`): an older version can't read it after the upgrade"
)


def check_orders(home: Home, applied: AbstractSet[str]) -> Iterator[Finding]:
    """Check that a store applied all orders in the archive; ``applied`` are ids of orders."""
    missing = sum(order.id not in applied for order in home.orders.read())
    if missing:
        text = (
            "the store is older than the archive: it has not applied "
            f"{counted(missing, 'order')} to hide, remove or redact (or to undo that)"
        )
        yield Finding("orders", "error", text, "run `communique publish`, which applies them")
    if damaged := home.orders.damaged_lines():
        text = f"{counted(damaged, 'line')} of {home.orders.path} can't be read"
        fix = "restore the file from a backup: a restored older store would ignore these orders"
        yield Finding("orders", "error", text, fix)
