"""Leaves that tests put into a log, and logs that hold some."""

from __future__ import annotations

import datetime as dt
import hashlib
from uuid import UUID

from data.archive.log.leaves import Leaf, uri_hash
from data.archive.log.tree_log import TreeLog

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def leaf_of(name: str, at: dt.datetime = NOON) -> Leaf:
    """The leaf of an invented record; it is another for each name."""
    digest = hashlib.sha256(name.encode()).digest()
    return Leaf(
        uri=uri_hash(digest[:16], f"https://acme.example/{name}"),
        at=at,
        payload=digest,
        block=hashlib.sha256(digest).digest(),
        record=hashlib.sha256(digest + b"record").digest(),
        record_id=UUID(bytes=digest[:16]),
    )


def leaves_of(name: str, count: int) -> list[Leaf]:
    """So many different leaves."""
    return [leaf_of(f"{name}-{number}") for number in range(count)]


def grown(log: TreeLog, name: str, count: int) -> TreeLog:
    """The log, with so many more leaves in its signed tree."""
    log.append(*leaves_of(name, count))
    log.integrate()
    return log
