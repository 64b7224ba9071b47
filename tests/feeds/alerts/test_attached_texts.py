"""Watches also match the texts of attachments, which are read after a release is stored."""

import datetime as dt

import msgspec

from data.models import AlertDelivery, FileText, Media
from data.settings import Alerts
from data.store.core.store import Store
from data.watches.watch_file import Watch
from feeds.alerts.channels import AlertWatch
from feeds.alerts.delivery.alert_worker import Matcher
from tests.drafts import draft, published

FILE = Media("http://harbour.example/minutes.pdf", "application/pdf")
TEXT = FileText("pdf", ("The lamp is lit.", "Dredging costs 12500 crowns."))


def watch(query: str) -> Watch:
    hook = {"url": "https://hooks.example/", "secret": "x" * 32}
    return msgspec.convert({"name": query, "query": query, "webhook": hook}, AlertWatch)


def settled(store: Store) -> list[AlertDelivery]:
    """Match all waiting events, store the deliveries, and return all deliveries."""
    watches = {"body": watch("harbour"), "file": watch("dredging 12500"), "none": watch("whale")}
    matcher = Matcher(watches, Alerts(), {})
    events = store.queued_events(limit=100)
    found = [one for event in events for one in matcher.deliveries(store, event)]
    store.settle_events(events[-1].number, found)
    return [*store.alerts(limit=100)]


def test_a_text_that_is_read_later_alerts_only_watches_that_did_not_match_before(
    store: Store, noon: dt.datetime
) -> None:
    new = draft(attachments=(FILE,), published=published(noon.date().isoformat()))
    store.record(new, seen=noon, since=noon - dt.timedelta(days=9))
    assert [one.watch for one in settled(store)] == ["body"]
    store.keep_file_text(FILE.url, "sha256:aa", TEXT, seen=noon + dt.timedelta(hours=1))
    (_, later) = sorted(settled(store), key=lambda one: one.watch)
    assert later.watch == "file"
    assert b"12500 crowns" in later.body


def test_a_text_of_an_older_release_alerts_nobody(store: Store, noon: dt.datetime) -> None:
    old = draft(attachments=(FILE,), published=published("2020-01-01"))
    store.record(old, seen=noon, since=noon)
    settled(store)
    store.keep_file_text(FILE.url, "sha256:aa", TEXT, seen=noon)
    assert not store.queued_events(limit=100)
