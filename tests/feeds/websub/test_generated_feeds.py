"""Feeds that are made on demand: which can be subscribed to, and which a change touches."""

from __future__ import annotations

import hashlib

import pytest

from data.errors import SlowSearch
from data.models import Draft, HubRequest, Source
from data.store.core.store import Store
from feeds.websub.generated_feeds import MadeBodies, made_feed, note_changed_searches, stamp_of
from feeds.websub.hub import MAX_MADE_FEEDS, MAX_MADE_FEEDS_PER_HOST, has_room
from tests.feeds.sample_store import make_release


@pytest.fixture(autouse=True)
def known(store: Store) -> None:
    store.register(Source("acme", "ACME", "https://acme.example/", "Asia/Baku"))


def record(store: Store, number: int, title: str) -> None:
    """A new release in the store, and in its index."""
    release = make_release(number, title=title)
    draft = Draft("acme", release.url, release.content)
    store.record(draft, seen=release.order, since=release.order)
    store.update_search_index()


def subscribe(store: Store, *files: str, host: str = "r.example") -> None:
    """Subscribe somebody to feeds that are looked at now."""
    stamp = stamp_of(store)
    store.note_feeds([(file, stamp, b"before") for file in files], told=True)
    for file in files:
        asked = HubRequest("subscribe", f"https://{host}/", file)
        store.add_subscription(asked, file, host, float("inf"))


def made_anew(store: Store) -> set[str]:
    """The feeds that are made after a publication."""
    made: list[str] = []

    def make(file: str) -> bytes:
        made.append(file)
        return file.encode()

    note_changed_searches(store, make)
    assert len(made) == len(set(made))
    return set(made)


def test_equivalent_addresses_have_one_name() -> None:
    name = "feeds/search.atom?q=harbour+%22opens+now%22&source=a%2Cb"
    for query in (
        "source=b,a&q=harbour+%22opens+now%22",
        "q=+harbour%20%22opens++now%22+&source=a&source=b&source=a&other=1&lang=",
    ):
        assert made_feed(f"/feeds/search.atom?{query}") == name
    assert made_feed(f"/{name}") == name


def test_a_search_that_takes_too_long_delays_no_other(store: Store) -> None:
    files = {f"feeds/search.atom?q=bridge&source={name}" for name in ("acme", "slow", "zoo")}
    made = set()

    def make(file: str) -> bytes:
        if "slow" in file:
            raise SlowSearch("sqlite:", 3)
        made.add(file)
        return b"after"

    for file in files:
        asked = HubRequest("subscribe", "https://r.example/", file)
        store.add_subscription(asked, file, "r.example", float("inf"))
    note_changed_searches(store, make)
    assert made == {file for file in files if "slow" not in file}


def test_only_searches_that_match_a_change_are_made_again(store: Store) -> None:
    touched = {
        "feeds/search.atom?q=harbour",
        "feeds/search.atom?q=harb%2A+-drill&source=acme%2Cwire",
        "feeds/search.atom?lang=en",
        "feeds/search.rss?topic=economy",
        "feeds/source/acme/topic/economy.json",
    }
    others = {
        "feeds/search.atom?q=bridge",
        "feeds/search.atom?q=harbour&source=wire",
        "feeds/search.atom?q=harbour&topic=energy",
        "feeds/search.atom?lang=fr&q=harbour",
        "feeds/source/acme/topic/energy.json",
    }
    record(store, 2, "Tunnel opens")
    subscribe(store, *touched, *others)
    assert made_anew(store) == set()
    record(store, 1, "Harbour opens")
    assert made_anew(store) == touched
    assert made_anew(store) == set()
    waiting = {one.file for one in store.pending_deliveries(1.0, (), 100)}
    assert waiting == touched


def test_with_unknown_changes_all_pages_are_made_again(store: Store) -> None:
    record(store, 1, "Bridge opens")
    subscribe(store, "feeds/search.atom?q=harbour", "feeds/search.atom?q=bridge")
    store.stamp_feeds(["feeds/search.atom?q=bridge"], "[12345, 67890]")
    assert made_anew(store) == {"feeds/search.atom?q=bridge"}


def test_a_search_forgotten_while_a_client_subscribes_is_checked_again(
    store: Store,
) -> None:
    record(store, 1, "Bridge opens")
    subscribe(store, "feeds/search.atom?q=harbour")
    store.forget_feeds(["feeds/search.atom?q=harbour"])
    assert made_anew(store) == {"feeds/search.atom?q=harbour"}
    assert made_anew(store) == set()


def test_searches_are_bounded_in_all_and_of_one_host(store: Store) -> None:
    def asked(host: str) -> HubRequest:
        return HubRequest("subscribe", f"https://{host}/new", "t")

    for number in range(MAX_MADE_FEEDS // MAX_MADE_FEEDS_PER_HOST):
        names = [f"feeds/search.atom?q=w{number}x{one}" for one in range(MAX_MADE_FEEDS_PER_HOST)]
        subscribe(store, *names, host=f"h{number}.example")
        if number == 0:
            assert not has_room(store, asked("h0.example"), "feeds/search.atom?q=new")
            assert has_room(store, asked("h0.example"), "feeds/search.atom?q=w0x1")
            assert has_room(store, asked("other.example"), "feeds/search.atom?q=new")
            assert has_room(store, asked("h0.example"), "feeds/all.atom")
    assert not has_room(store, asked("other.example"), "feeds/search.atom?q=new")
    assert has_room(store, asked("other.example"), "feeds/search.atom?q=w0x1")


def test_a_feed_is_generated_once_for_all_requests() -> None:
    made: list[str] = []

    def make(file: str) -> bytes:
        made.append(file)
        return file.encode()

    bodies = MadeBodies(make)
    assert bodies.body("one", b"unknown") == b"one"
    assert bodies.body("one", hashlib.sha256(b"one").digest()) == b"one"
    assert made == ["one"]
    assert bodies.body("one", b"a newer one") == b"one"
    assert made == ["one", "one"]
