"""Our subscriptions to feeds of sources: begun, renewed and ended at a real hub on loopback."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from data.models import FeedHub, FeedSubscription
from data.network.client import Outbound
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.sqlite.store import SqliteStore
from feeds.backoff import Backoff
from feeds.websub.feed_subscriber import MAX_UNSUBSCRIBE_ATTEMPTS, FeedSubscriber
from tests.peer import Peer, peer_served

TOPIC = "https://acme.example/feed"


@pytest.fixture
def hub() -> Iterator[Peer]:
    with peer_served() as hub:
        yield hub


def work(store: Store, *sources: str, private: bool = True, url: str = "https://p.example") -> None:
    """Ask for all that is due."""
    outbound = Outbound(allow_private=private)
    subscriber = FeedSubscriber(store, SiteSettings(url=url), outbound, Backoff(3600))
    asyncio.run(subscriber.round(sources))


def asked(hub: Peer) -> list[dict[str, str]]:
    """The forms that a hub got."""
    forms = [parse_qs(one.body.decode()) for one in hub.posts()]
    return [{name: values[0] for name, values in form.items()} for form in forms]


def only(store: Store) -> FeedSubscription:
    (one,) = store.feed_subscriptions()
    return one


def confirm(store: Store, *, until: float = 1e12, due: float = 1e12) -> None:
    """Let a hub have confirmed."""
    store.keep_feed_subscription(replace(only(store), expires=until, due=due, attempts=0))


def test_a_hub_is_asked_once_per_feed_that_names_it(store: Store, hub: Peer) -> None:
    store.keep_feed_hub("acme", FeedHub(TOPIC, hub.url, TOPIC, 1.0))
    store.keep_feed_hub("plain", FeedHub("https://plain.example/feed"))
    work(store, "acme", "plain")
    work(store, "acme", "plain")
    (form,) = asked(hub)
    assert form["hub.mode"] == "subscribe"
    assert form["hub.topic"] == TOPIC
    assert form["hub.callback"].startswith("https://p.example/websub/callback/")
    assert len(form["hub.callback"].rpartition("/")[2]) >= 40
    assert len(form["hub.secret"]) >= 40
    assert form["hub.secret"] not in form["hub.callback"]
    assert int(form["hub.lease_seconds"]) > 86_400
    assert only(store).callback == form["hub.callback"]


def test_two_sources_have_secrets_of_their_own(store: Store, hub: Peer) -> None:
    for name in ("acme", "wire"):
        store.keep_feed_hub(name, FeedHub(TOPIC, hub.url, TOPIC))
    work(store, "acme", "wire")
    left, right = asked(hub)
    assert left["hub.secret"] != right["hub.secret"]
    assert left["hub.callback"] != right["hub.callback"]


def test_a_lease_is_renewed_before_it_ends_with_the_same_address(store: Store, hub: Peer) -> None:
    store.keep_feed_hub("acme", FeedHub(TOPIC, hub.url, TOPIC))
    work(store, "acme")
    confirm(store)
    work(store, "acme")
    assert len(hub.posts()) == 1
    confirm(store, due=1.0)
    work(store, "acme")
    first, second = asked(hub)
    assert first == second


def test_a_subscription_ends_when_its_source_goes(store: Store, hub: Peer) -> None:
    store.keep_feed_hub("acme", FeedHub(TOPIC, hub.url, TOPIC))
    work(store, "acme")
    confirm(store)
    work(store)
    form = asked(hub)[-1]
    assert (form["hub.mode"], form["hub.callback"]) == ("unsubscribe", only(store).callback)
    assert not only(store).wanted
    for _ in range(MAX_UNSUBSCRIBE_ATTEMPTS):
        store.keep_feed_subscription(replace(only(store), due=0.0))
        work(store)
        if not store.feed_subscriptions():
            break
    assert not store.feed_subscriptions()
    assert len(hub.posts()) == 1 + MAX_UNSUBSCRIBE_ATTEMPTS


def test_a_subscription_that_was_never_confirmed_just_ends(store: Store, hub: Peer) -> None:
    store.keep_feed_hub("acme", FeedHub(TOPIC, hub.url, TOPIC))
    work(store, "acme")
    work(store)
    assert not store.feed_subscriptions()
    assert len(hub.posts()) == 1


def test_a_feed_that_names_another_hub_is_followed_there(store: Store, hub: Peer) -> None:
    store.keep_feed_hub("acme", FeedHub(TOPIC, hub.url, TOPIC))
    work(store, "acme")
    confirm(store)
    with peer_served() as other:
        store.keep_feed_hub("acme", FeedHub(TOPIC, other.url, TOPIC))
        work(store, "acme")
        assert [form["hub.mode"] for form in asked(other)] == ["subscribe"]
    assert [form["hub.mode"] for form in asked(hub)] == ["subscribe", "unsubscribe"]


def test_a_site_that_moves_is_subscribed_under_its_new_address(store: Store, hub: Peer) -> None:
    store.keep_feed_hub("acme", FeedHub(TOPIC, hub.url, TOPIC))
    work(store, "acme")
    work(store, "acme", url="https://new.example")
    assert asked(hub)[-1]["hub.callback"].startswith("https://new.example/websub/callback/")
    assert only(store).wanted


def test_an_unreachable_hub_is_asked_later_and_not_for_other_feeds_at_once(store: Store) -> None:
    with peer_served() as gone:
        address = gone.url
    for name in ("acme", "wire"):
        store.keep_feed_hub(name, FeedHub(TOPIC, address, TOPIC))
    work(store, "acme", "wire")
    assert sorted(one.attempts for one in store.feed_subscriptions()) == [0, 1]


def test_a_hub_response_in_between_is_kept(store: Store, hub: Peer) -> None:
    for name in ("acme", "wire"):
        store.keep_feed_hub(name, FeedHub(TOPIC, hub.url, TOPIC))
    hub.held = threading.Event()

    def ask() -> None:
        # A thread has a connection of its own.
        with closing(store):
            work(store, "acme", "wire")

    asking = threading.Thread(target=ask)
    asking.start()
    hub.wait_for(hub.posts)
    (other,) = (one for one in store.feed_subscriptions() if not one.attempts)
    store.keep_feed_subscription(replace(other, expires=1e12, due=1e12))
    hub.held.set()
    asking.join()
    assert len(hub.posts()) == 1
    assert store.feed_subscription(other.callback) == replace(other, expires=1e12, due=1e12)


@pytest.mark.parametrize("hub", ["ftp://h.example/", "https://u:p@h.example/", "https://h/\n", ""])
def test_a_hub_that_is_not_an_address_is_none(store: Store, hub: str) -> None:
    store.keep_feed_hub("acme", FeedHub(TOPIC, hub, TOPIC))
    work(store, "acme")
    assert not store.feed_subscriptions()


def test_a_hub_on_a_private_address_is_not_contacted(store: Store, hub: Peer) -> None:
    store.keep_feed_hub("acme", FeedHub(TOPIC, hub.url, TOPIC))
    work(store, "acme", private=False)
    assert hub.heard == []
    assert only(store).attempts == 1


def test_only_its_owner_may_read_a_store_with_secrets(
    sqlite_store: SqliteStore, hub: Peer, tmp_path: Path
) -> None:
    store = sqlite_store
    store.keep_feed_hub("acme", FeedHub(TOPIC, hub.url, TOPIC))
    work(store, "acme")
    assert (tmp_path / "communique.db").stat().st_mode & 0o077 == 0
