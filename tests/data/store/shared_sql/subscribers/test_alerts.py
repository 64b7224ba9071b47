"""What is queued for the watches, in the transaction of what it tells of."""

from __future__ import annotations

import datetime as dt

import pytest

from data.models import AlertDelivery, HealthEvent
from data.store.core.store import Store
from tests.drafts import BODY, draft

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def queued(store: Store) -> list[tuple[str, str, int, bool]]:
    """The kind, release, revision and backlog of what waits."""
    found = store.queued_events(limit=100)
    return [(one.kind, one.release, one.revision, one.backlog) for one in found]


def test_each_change_of_a_release_is_queued_once(store: Store) -> None:
    first = store.record(draft(), seen=NOON, since=NOON).release.id
    store.record(draft(), seen=NOON + HOUR, since=NOON)
    edited = draft(body_text=BODY.replace("4.2", "4.6"))
    store.record(edited, seen=NOON + 2 * HOUR, since=NOON + 2 * HOUR)
    for hours in (3, 4):
        store.mark_gone(first, seen=NOON + hours * HOUR)
    store.alert_gone(store.vanished("harbour"))
    for hours in (5, 6):
        store.retract(first, at=NOON + hours * HOUR)
    store.mark_gone(first, seen=NOON + 7 * HOUR)
    assert queued(store) == [
        ("release", first, 0, False),
        ("edit", first, 2, False),
        ("gone", first, 0, False),
        ("retraction", first, 0, False),
    ]
    times = [one.at for one in store.queued_events(limit=100)]
    assert times == [NOON, NOON + 2 * HOUR, NOON + 3 * HOUR, NOON + 5 * HOUR]


def came_back(store: Store, release: str, way: str) -> None:
    """Let a retracted release be there again, in one of the ways in which visits see that."""
    later = NOON + 2 * HOUR
    if way == "unchanged":
        store.mark_unchanged(release, seen=later)
    elif way == "read":
        store.record(draft(), seen=later, since=later)
    else:
        store.record(draft(body_text=BODY.replace("4.2", "4.6")), seen=later, since=later)


@pytest.mark.parametrize("way", ["unchanged", "read", "edited"])
def test_a_retracted_release_that_is_back_is_queued_as_a_return(store: Store, way: str) -> None:
    first = store.record(draft(), seen=NOON, since=NOON).release.id
    store.retract(first, at=NOON + HOUR)
    store.forget_events()
    came_back(store, first, way)
    edit = [("edit", first, 2, False)] if way == "edited" else []
    assert queued(store) == [("return", first, 0, False), *edit]
    assert {one.at for one in store.queued_events(limit=9)} == {NOON + 2 * HOUR}
    came_back(store, first, way)
    assert len(queued(store)) == len(edit) + 1
    assert "return" in [one.kind for one in store.release_events(limit=9) or ()]


@pytest.mark.parametrize("imported", [False, True])
def test_an_edit_of_backlog_is_reported_unless_an_import_brings_it(
    store: Store,
    imported: bool,  # noqa: FBT001 - a case
) -> None:
    store.record(draft(position=3), seen=NOON, since=NOON)
    store.forget_events()
    text = BODY.replace("4.2", "4.6")
    edited = draft(body_text=text, position=4, imported=imported)
    store.record(edited, seen=NOON + HOUR, since=NOON + HOUR)
    assert [(kind, backlog) for kind, _, _, backlog in queued(store)] == [("edit", imported)]


def test_imported_and_old_releases_of_a_first_walk_are_backlog(store: Store) -> None:
    walked = store.record(draft(position=3), seen=NOON, since=NOON).release.id
    later = NOON + dt.timedelta(days=31)
    url = "http://harbour.example/news/2"
    old = store.record(draft(url, title="B", body_text="Ferry."), seen=later, since=later).release
    assert queued(store) == [("release", walked, 0, True), ("release", old.id, 0, True)]


def test_a_change_of_health_is_queued(store: Store) -> None:
    ill = HealthEvent("harbour", False, NOON, "closed", "blocked")  # noqa: FBT003 - its state
    store.add_health_events([ill])
    (event,) = store.queued_events(limit=5)
    assert (event.kind, event.at, event.release, event.health) == ("health", NOON, "", ill)


def test_an_event_is_committed_with_its_release(store: Store) -> None:
    def fail() -> None:
        with store.transaction():
            store.record(draft(), seen=NOON, since=NOON)
            raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        fail()
    assert queued(store) == []


def made(key: str, watch: str = "w", due: float = 1.0, output: str = "webhook") -> AlertDelivery:
    return AlertDelivery(key, watch, output, b"{}", made=due, due=due)


def sent(store: Store, watch: str = "w", now: float = 9.0, most: int = 9) -> list[str]:
    """The keys of the next message of a watch, its own first."""
    message = store.next_message(watch, "webhook", now, most=most)
    return [message.key, *(one.key for one in message.deliveries)] if message else []


def test_a_key_is_kept_once_whatever_the_result(store: Store) -> None:
    store.record(draft(), seen=NOON, since=NOON)
    (event,) = store.queued_events(limit=5)
    store.settle_events(event.number, [made("a")])
    assert queued(store) == []
    assert sent(store) == ["a", "a"]
    store.mark_message_delivered("a", 5.0)
    store.settle_events(event.number, [made("a")])
    assert [(one.state, one.body, one.due) for one in store.alerts(limit=5)] == [
        ("delivered", b"", 5.0)
    ]
    assert store.waiting_outputs(9.0) == []
    assert sent(store) == []


def test_outputs_for_which_something_is_due_those_that_waited_longest_first(
    store: Store,
) -> None:
    store.settle_events(0, [made("a", "w", 3.0), made("b", "w", 2.0), made("c", "x", 1.0)])
    store.settle_events(0, [made("d", "w", 4.0, "mail:a@b.example"), made("e", "z", 99.0)])
    assert store.waiting_outputs(9.0) == [
        ("x", "webhook"),
        ("w", "webhook"),
        ("w", "mail:a@b.example"),
    ]


def test_events_due_at_once_form_one_message(store: Store) -> None:
    store.settle_events(0, [made("a"), made("b"), made("late", due=20.0), made("c")])
    first = sent(store, most=2)
    assert first[1:] == ["a", "b"]
    assert first[0] not in {"a", "b", "c"}
    # Before it is delivered, it is the next one again, whatever else comes.
    store.settle_events(0, [made("d", due=0.5)])
    store.put_off_message(first[0], 0.1, "it answered 500")
    assert sent(store) == first
    store.put_off_message(first[0], 50.0, "it answered 500")
    second = sent(store)
    assert second[1:] == ["c", "d"]
    store.mark_message_delivered(second[0], 9.0)
    assert sent(store) == []
    assert sent(store, now=60.0) == ["late", "late"]
    store.mark_message_delivered("late", 60.0)
    assert sent(store, now=60.0) == first
    assert {one.attempts for one in store.alerts("waiting", limit=9)} == {2}


def test_failed_messages_are_sent_again_under_the_same_keys(store: Store) -> None:
    store.settle_events(0, [made("a"), made("b"), made("c", "x")])
    both, own = sent(store)[0], sent(store, "x")[0]
    store.give_up_message(both, "it answered 410")
    store.give_up_message(own, "it answered 500")
    assert store.resend_alerts(["b", "none"], 7.0) == 2
    assert [(one.key, one.problem) for one in store.alerts("dead", limit=5)] == [
        ("c", "it answered 500")
    ]
    message = store.next_message("w", "webhook", 7.0, most=9)
    assert message is not None
    assert (message.key, message.attempts) == (both, 0)
    assert [one.key for one in message.deliveries] == ["a", "b"]
    assert store.resend_alerts(None, 7.0) == 1


def test_a_withdrawn_event_is_removed_from_its_message(store: Store) -> None:
    store.settle_events(0, [made("a"), made("b"), made("c")])
    whole = sent(store)
    store.withdraw_alerts(["b"], "hidden")
    assert sent(store) == [whole[0], "a", "c"]
    store.mark_message_delivered(whole[0], 5.0)
    store.withdraw_alerts(["a"], "hidden")
    (dead,) = store.alerts("dead", limit=5)
    assert (dead.key, dead.attempts, dead.problem) == ("b", 0, "hidden")
    assert store.resend_alerts(["b"], 7.0) == 1
    assert sent(store) == ["b", "b"]


def test_old_receipts_and_events_are_deleted_and_waiting_ones_are_kept(store: Store) -> None:
    store.record(draft(), seen=NOON, since=NOON)
    store.settle_events(0, [made("a", "v"), made("b", "w"), made("c", "x")])
    for watch in "vw":
        sent(store, watch)
    store.mark_message_delivered("a", 2.0)
    store.give_up_message("b", "it answered 410")
    assert isinstance(store, Store)
    store.forget_old_alerts(NOON.timestamp() + 91 * 86_400)
    assert [one.key for one in store.alerts(limit=5)] == ["c"]
    assert queued(store) == []
