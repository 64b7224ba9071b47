"""Deposits at other archives are queued with their cursor, and end with a receipt."""

import datetime as dt
from dataclasses import replace

from data.models import Deposit, DepositReceipt
from data.store.core.store import Store
from data.store.shared_sql.events import DEPOSITS, PUBLISHING
from tests.drafts import draft

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def test_a_newer_version_replaces_one_that_was_not_requested_yet(store: Store) -> None:
    release = store.record(draft(), seen=NOON, since=NOON).release.id
    first = Deposit(release, 1, "wayback", due=1.0)
    store.settle_deposits(1, [first, replace(first, archive="other")])
    store.keep_deposit(replace(first, archive="other", state="running", submitted=2.0, job="7"))
    newer = [replace(first, revision=2, archive=name) for name in ("wayback", "other")]
    store.settle_deposits(2, [*newer, *newer])
    assert {(one.archive, one.state): one.number for one in store.deposit_counts()} == {
        ("other", "running"): 1,
        ("other", "waiting"): 1,
        ("wayback", "replaced"): 1,
        ("wayback", "waiting"): 1,
    }
    assert store.next_deposit("wayback", 0.5) is None
    assert store.next_deposit("wayback", 1.0) == newer[0]
    store.put_off_deposits("wayback", 9.0, "busy")
    assert store.next_deposit("wayback", 8.0) is None
    assert store.deposits_since("other", 1.0) == [2.0]
    rejected = Deposit(release, 1, "other", state="waiting", submitted=3.0, attempts=2)
    store.keep_deposit(rejected)
    assert store.deposits_since("other", 1.0) == [3.0, 3.0]
    store.keep_deposit(replace(rejected, state="running", submitted=4.0))
    assert store.deposits_since("other", 1.0) == [4.0, 4.0, 4.0]
    # The worker may have read it before it was replaced.
    assert not store.keep_deposit(replace(first, state="running"))
    assert store.keep_deposit(newer[0])


def test_the_lag_is_shown_only_if_deposits_were_turned_on(store: Store) -> None:
    store.record(draft(), seen=NOON, since=NOON)
    assert DEPOSITS.name not in {one.name for one in store.consumer_lags()}
    store.begin_deposits()
    assert not store.waiting_events(DEPOSITS, limit=9)
    store.record(draft(body_text="The pier is closed."), seen=NOON, since=NOON)
    store.begin_deposits()
    lags = {one.name: one.events for one in store.consumer_lags()}
    assert lags[DEPOSITS.name] == len(store.waiting_events(DEPOSITS, limit=9)) == 1


def test_stored_releases_are_queued_only_for_archives_with_backlog(store: Store) -> None:
    release = store.record(draft(), seen=NOON, since=NOON).release.id
    for _ in range(2):
        store.begin_deposits(["wayback"], now=5.0)
    assert store.next_deposit("wayback", 5.0) == Deposit(release, 1, "wayback", due=5.0)
    assert store.next_deposit("other", 9.0) is None
    assert not store.waiting_events(DEPOSITS, limit=9)


def test_a_receipt_publishes_the_release_again(store: Store) -> None:
    release = store.record(draft(), seen=NOON, since=NOON).release.id
    store.skip_events(PUBLISHING)
    receipt = DepositReceipt("wayback", 1, NOON, "https://archive.example/1")
    store.keep_receipt(release, receipt)
    assert store.receipts(release) == [receipt]
    assert [one.kind for one in store.waiting_events(PUBLISHING, limit=9)] == ["moved"]
    later = replace(receipt, at=NOON + dt.timedelta(hours=1))
    store.keep_receipt(release, later)
    assert store.receipts(release) == [later]
