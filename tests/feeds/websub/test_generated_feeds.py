"""Feeds that are made on demand: which can be subscribed to, and which a change touches."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from data.errors import SlowSearch
from data.models import Draft, HubRequest, Source
from data.store.core.store import Store
from data.store.open import open_store
from data.store.shared_sql.events import WEBSUB
from feeds.websub.generated_feeds import MadeBodies, made_feed, note_changed_searches
from feeds.websub.hub import MAX_MADE_FEEDS, MAX_MADE_FEEDS_PER_HOST, has_room
from tests.examples import thorough
from tests.feeds.sample_store import make_release


@pytest.fixture(autouse=True)
def known(store: Store) -> None:
    store.register(Source("acme", "ACME", "https://acme.example/", "Asia/Baku"))


def record(store: Store, number: int, title: str, *, indexed: bool = True) -> None:
    """Record a new release, and enter it into the search index."""
    release = make_release(number, title=title)
    draft = Draft("acme", release.url, release.content)
    store.record(draft, seen=release.order, since=release.order)
    if indexed:
        store.update_search_index()


def subscribe(store: Store, *files: str, host: str = "r.example") -> None:
    """Subscribe somebody to feeds that are looked at now."""
    store.note_feeds([(file, "", b"before") for file in files], told=True)
    store.skip_events(WEBSUB)
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
    store.pass_events(WEBSUB, 0)
    assert made_anew(store) == {"feeds/search.atom?q=harbour", "feeds/search.atom?q=bridge"}
    assert made_anew(store) == set()


def test_changes_that_searches_do_not_find_yet_are_checked_again(store: Store) -> None:
    record(store, 1, "Bridge opens")
    subscribe(store, "feeds/search.atom?q=bridge", "feeds/search.atom?q=harbour")
    record(store, 2, "Second bridge opens", indexed=False)
    for _ in range(2):
        assert made_anew(store) == {"feeds/search.atom?q=bridge"}
    store.update_search_index()
    assert made_anew(store) == {"feeds/search.atom?q=bridge"}
    assert made_anew(store) == set()


def test_a_search_forgotten_while_a_client_subscribes_is_checked_again(
    store: Store,
) -> None:
    record(store, 1, "Bridge opens")
    subscribe(store, "feeds/search.atom?q=harbour")
    store.forget_feeds(["feeds/search.atom?q=harbour"])
    assert made_anew(store) == {"feeds/search.atom?q=harbour"}
    assert made_anew(store) == set()


def note_or_die(url: str, chance: random.Random) -> None:
    """Note changed searches, but die before one of the first steps."""
    left = chance.randint(1, 5)

    def step() -> None:
        nonlocal left
        left -= 1
        if not left:
            os._exit(9)

    with closing(open_store(url)) as store, pytest.MonkeyPatch.context() as patched:
        for name in ("note_feeds", "pass_events"):
            method = getattr(store, name)

            def counted(
                *arguments: Any, method: Callable[..., Any] = method, **options: Any
            ) -> None:
                step()
                method(*arguments, **options)
                step()

            patched.setattr(store, name, counted)

        def make(file: str) -> bytes:
            step()
            return body_of(store, file)

        note_changed_searches(store, make)
        os._exit(0)


def body_of(store: Store, file: str) -> bytes:
    """Return a body that differs after each change of a release."""
    return f"{file} {store.last_release_event()}".encode()


@pytest.mark.parametrize("store_url", ["sqlite", *thorough("postgresql")], indirect=True)
@pytest.mark.parametrize("kills", [5, *thorough(100)])
def test_killed_checks_of_searches_lose_no_change(store: Store, store_url: str, kills: int) -> None:
    touched = {"feeds/search.atom?q=harbour", "feeds/search.atom?lang=en"}
    subscribe(store, *touched, "feeds/search.atom?q=bridge")
    chance, killed, number = random.Random(kills), 0, 0
    while killed < kills:
        number += 1
        record(store, number, f"Harbour {number} opens")
        child = multiprocessing.get_context("fork").Process(
            target=note_or_die, args=(store_url, chance)
        )
        child.start()
        child.join()
        killed += child.exitcode == 9
        if chance.random() < 0.5:
            # Only the last change must be found, whoever noted the others.
            continue
        note_changed_searches(store, lambda file: body_of(store, file))
        waiting = {one.file: one.digest for one in store.pending_deliveries(1.0, (), 100)}
        assert waiting == {one: hashlib.sha256(body_of(store, one)).digest() for one in touched}


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
