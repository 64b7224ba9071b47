"""Alerts from end to end: releases, watches and receivers over real sockets, with restarts."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Judge

from data.clock import utc_now
from data.models import AlertDelivery, HealthEvent
from data.watches.watch import load_watch
from feeds.alerts.worker import ATTEMPTS
from feeds.websub.backoff import Backoff
from scheduler.home import Home, open_home
from scheduler.service.alerts import AlertService
from tests.command import communique
from tests.drafts import draft, published
from tests.peer import Heard, Peer, peer_served


def make_home(folder: Path, *, allow_private: bool = True) -> Home:
    folder.mkdir()
    settings = f"[network]\nallow_private = {str(allow_private).lower()}\n"
    (folder / "communique.toml").write_text(settings)
    return open_home(folder)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


@pytest.fixture
def peer() -> Iterator[Peer]:
    with peer_served() as served:
        yield served


def add(home: Home, name: str, url: str, *more: str) -> str:
    """Add a watch with a webhook; its id."""
    result = communique("watch", "add", name, "--webhook", url, *more, "--json", home=home.path)
    assert result.returncode == 0, result.stderr
    return str(json.loads(result.stdout)["id"])


def release(home: Home, number: int, **changes: Any) -> str:
    """Have a release recorded; its id."""
    now = utc_now()
    changes = {"published": published(now.date().isoformat()), **changes}
    body = f"Ship {number} is at pier {number}, says harbour master Odile Brandt."
    changes = {"title": f"Ship {number}", "body_text": body, **changes}
    one = draft(f"http://harbour.example/{number}", **changes)
    with closing(home.store()) as store:
        return store.record(one, seen=now, since=now).release.id


def deliveries(home: Home) -> list[AlertDelivery]:
    with closing(home.plain_store()) as store:
        return [*store.alerts(limit=1000)]


def states(home: Home) -> list[str]:
    return sorted(one.state for one in deliveries(home))


@contextmanager
def at_work(home: Home) -> Iterator[AlertService]:
    """Tell of alerts meanwhile, with short waits."""
    ready = threading.Event()
    ends: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    services: list[AlertService] = []

    async def work() -> None:
        service = AlertService(home, Backoff(0.05))
        services.append(service)
        end = asyncio.Event()
        ends.append((asyncio.get_running_loop(), end))
        async with service.at_work(end.set):
            ready.set()
            await end.wait()

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    assert ready.wait(30)
    try:
        yield services[0]
    finally:
        ((loop, end),) = ends
        loop.call_soon_threadsafe(end.set)
        thread.join(30)


def data_of(heard: Heard) -> dict[str, Any]:
    return dict(json.loads(heard.body)["data"])


def test_a_receiver_hears_of_each_event_once_and_can_verify_it(home: Home, peer: Peer) -> None:
    watch = add(home, "Ships", peer.url, "--query", "odile -tides", "--kind", "release")
    secret = load_watch(home.watches, watch).webhook
    assert secret is not None
    ids = {release(home, number) for number in (1, 2, 3)}
    release(home, 4, title="Tides")
    release(home, 5, position=1)
    hidden = release(home, 6)
    with closing(home.store()) as store:
        store.hide(hidden, at=utc_now(), why="no release")
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"] * 3)
    told = peer.posts()
    assert {data_of(one)["release"]["id"] for one in told} == ids
    assert len({one.headers["webhook-id"] for one in told}) == 3
    for one in told:
        said = Judge(secret.secret).verify(one.body, one.headers)
        assert said["type"] == "release"
        assert said["data"]["watch"] == {"id": watch, "name": "Ships"}
        assert "Odile" in said["data"]["passage"]
        assert "body_text" not in said["data"]["release"]
    # A process that begins anew tells nothing again.
    with at_work(home):
        release(home, 7)
        peer.wait_for(lambda: states(home) == ["delivered"] * 4)
    assert len(peer.posts()) == 4


def test_edits_retractions_and_health_are_told_with_keys_of_their_own(
    home: Home, peer: Peer
) -> None:
    kinds = ("edit", "gone", "retraction", "health")
    add(home, "All", peer.url, *(word for kind in kinds for word in ("--kind", kind)))
    one = release(home, 1)
    at = utc_now()
    with closing(home.store()) as store:
        again = draft(
            "http://harbour.example/1",
            title="Ship 9 and no other",
            body_text="It is at sea.",
            published=published(at.date().isoformat()),
        )
        assert store.record(again, seen=at, since=at).kind == "changed"
        store.mark_gone(one, seen=at)
        store.retract(one, at=at)
        store.mark_unchanged(one, seen=at + dt.timedelta(seconds=1))
        store.retract(one, at=at + dt.timedelta(seconds=2))
        store.add_health_events([HealthEvent("harbour", False, at, "closed", "blocked")])  # noqa: FBT003 - its state
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"] * 5)
    heard = sorted(json.loads(one.body)["type"] for one in peer.posts())
    assert heard == ["edit", "gone", "health", "retraction", "retraction"]
    (health,) = [data_of(one) for one in peer.posts() if b'"health"' in one.body]
    assert health["health"]["reason"] == "closed"


def test_what_is_not_taken_is_sent_again_under_the_same_key_over_restarts(
    home: Home, peer: Peer
) -> None:
    add(home, "Ships", peer.url)
    release(home, 1)
    peer.statuses = deque([500, 302, 404] + [204] * 9)
    with at_work(home):
        peer.wait_for(lambda: len(peer.posts()) >= 2)
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"])
    heard = peer.posts()
    assert len(heard) == 4
    assert len({(one.headers["webhook-id"], one.body) for one in heard}) == 1


def test_one_receiver_that_hangs_keeps_no_other_waiting(home: Home, peer: Peer) -> None:
    add(home, "Slow", peer.url)
    peer.held = threading.Event()
    with peer_served() as quick:
        add(home, "Quick", quick.url)
        for number in (1, 2, 3):
            release(home, number)
        with at_work(home):
            quick.wait_for(lambda: states(home).count("delivered") == 3)
            assert {one.watch for one in deliveries(home) if one.state != "delivered"} == {"slow"}
    peer.held.set()


def test_what_is_given_up_is_listed_and_sent_anew(home: Home, peer: Peer) -> None:
    add(home, "Gone", peer.url)
    release(home, 1)
    peer.statuses = deque([410])
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["dead"])
    listed = communique("watch", "deliveries", "--dead", "--json", home=home.path)
    (dead,) = json.loads(listed.stdout)["deliveries"]
    assert (dead["state"], dead["attempts"], dead["problem"]) == ("dead", 1, "it answered 410")
    assert "dead" in communique("watch", "deliveries", home=home.path).stdout
    assert communique("watch", "replay", home=home.path).returncode == 2
    assert communique("watch", "replay", "msg_none", home=home.path).returncode == 1
    again = communique("watch", "replay", dead["key"], home=home.path)
    assert again.stdout == "1 message waits for `communique run`\n"
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"])
    assert [one.headers["webhook-id"] for one in peer.posts()] == [dead["key"]] * 2


def test_a_receiver_that_fails_for_days_is_given_up(home: Home, peer: Peer) -> None:
    add(home, "Down", peer.url)
    release(home, 1)
    with at_work(home):
        peer.statuses = deque([503] * 3)
        peer.wait_for(lambda: states(home) == ["delivered"])
    release(home, 2)
    with closing(home.plain_store()) as store:
        (event,) = store.queued_events(limit=5)
        now = utc_now().timestamp()
        store.settle_events(event.number, [AlertDelivery("old", "down", b"{}", now, now)])
        for _ in range(ATTEMPTS - 1):
            store.put_off_alert("old", now, "it answered 503")
    peer.statuses = deque([503])
    with at_work(home):
        peer.wait_for(lambda: "dead" in states(home))
    assert states(home) == ["dead", "delivered"]


def test_private_addresses_are_not_reached(tmp_path: Path, peer: Peer) -> None:
    home = make_home(tmp_path / "public", allow_private=False)
    add(home, "Inside", peer.url)
    release(home, 1)
    with at_work(home):
        peer.wait_for(lambda: any(one.problem for one in deliveries(home)))
    assert peer.heard == []
    assert "127.0.0.1" in deliveries(home)[0].problem


def test_a_watch_that_was_removed_or_broken_spoils_no_other(home: Home, peer: Peer) -> None:
    add(home, "Good", peer.url)
    add(home, "Removed", peer.url)
    release(home, 1)
    (home.watches / "broken.toml").write_text('name = "A"\nquery = "((("\n')
    peer.held = threading.Event()
    with at_work(home):
        peer.wait_for(lambda: len(deliveries(home)) == 2)
    (home.watches / "removed.toml").unlink()
    peer.held.set()
    with at_work(home):
        peer.wait_for(lambda: "waiting" not in states(home))
    found = {one.watch: (one.state, one.problem) for one in deliveries(home)}
    assert found["good"] == ("delivered", "")
    assert found["removed"][0] in {"dead", "delivered"}


def test_no_secret_of_a_webhook_is_shown_or_archived(home: Home, peer: Peer) -> None:
    watch = add(home, "Ships", f"{peer.url}/T0KEN")
    file = home.watches / f"{watch}.toml"
    assert file.stat().st_mode & 0o077 == 0
    webhook = load_watch(home.watches, watch).webhook
    assert webhook is not None
    shown = "".join(
        communique("watch", *arguments, home=home.path).stdout
        for arguments in (("list",), ("list", "--json"), ("show", watch), ("show", watch, "--json"))
    )
    assert "127.0.0.1" in shown
    release(home, 1)
    with at_work(home):
        peer.wait_for(lambda: states(home) == ["delivered"])
    kept = b"".join(path.read_bytes() for path in home.path.glob("communique.db*"))
    for secret in ("T0KEN", webhook.secret):
        assert secret not in shown
        assert secret.encode() not in kept
