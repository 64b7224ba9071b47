"""Push from end to end: publisher, hub and subscriber over real sockets, with restarts between."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import resource
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
import uvicorn
from structlog.testing import capture_logs

from data.models import HubRequest
from data.store.open import open_store
from data.store.sqlite.store import SqliteStore
from feeds.publishing.publish import publish
from feeds.sending_loop import Backoff
from feeds.server.app import MountedApps, create_app
from feeds.websub.hub import MAX_WAITING, has_room, queue_request
from scheduler.home.home import open_home
from scheduler.home.home_publication import note_changes
from scheduler.service.web import server_config
from scheduler.service.websub import PushService, announce
from tests.command import COMMUNIQUE, communique
from tests.feeds.sample_store import SampleStore, make_release
from tests.peer import PATIENCE, Peer, peer_served
from tests.ports import free_port

pytestmark = pytest.mark.usefixtures("off_loop")

KEY = "hush"


class Node:
    """A HOME with a site, published by hand and served for the length of a ``with`` block."""

    def __init__(self, folder: Path, hub: str, *, allow_private: bool = True) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        folder.mkdir()
        (folder / "communique.toml").write_text(
            f"[network]\nallow_private = {str(allow_private).lower()}\n"
            f'[site]\nurl = "{self.url}"\nport = {self.port}\nhub = "{hub}"\n'
        )
        self.home = open_home(folder)
        # What is pushed is kept in it; a site without a store would be one that was lost.
        self.home.plain_store().close()
        self.store = SampleStore(make_release(1))
        self.publish()

    @property
    def topic(self) -> str:
        """The feed that is subscribed to."""
        return f"{self.url}/feeds/all.atom"

    @property
    def content(self) -> bytes:
        """What it holds."""
        return (self.home.site / "feeds/all.atom").read_bytes()

    def publish(self, *, noted: bool = True) -> None:
        """Publish what changed; ``noted`` is whether the process lives long enough to note it."""
        kept = self.home.path / "rendered.db"
        done = publish(self.store, self.home.site, self.home.settings.site, cache=kept)
        assert not done.errors
        if noted:
            note_changes(self.home, done.files)

    def release(self, number: int, *, noted: bool = True) -> None:
        """Publish one release more."""
        self.store.put(make_release(number))
        self.publish(noted=noted)

    def subscribe(self, peer: Peer, **changes: str) -> httpx.Response:
        """Ask our hub for a subscription."""
        fields = {"mode": "subscribe", "callback": peer.url, "topic": self.topic, **changes}
        form = {f"hub.{name}": value for name, value in fields.items()}
        return httpx.post(f"{self.url}/hub", data=form, timeout=PATIENCE)

    def subscriptions(self) -> set[tuple[str, str]]:
        """The file and callback of each."""
        kept = self.home.store()
        try:
            return set(kept.subscriptions())
        finally:
            kept.close()

    def waiting(self) -> int:
        """How many feeds the hub has yet to be told of."""
        kept = self.home.store()
        try:
            return len(kept.pending_topics(float("inf"), 10_000))
        finally:
            kept.close()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve and push meanwhile, with short waits."""
        opened = socket.create_server(("127.0.0.1", self.port))
        servers: list[uvicorn.Server] = []
        ready = threading.Event()

        async def work() -> None:
            push = PushService(self.home, Backoff(0.05))
            server = uvicorn.Server(
                server_config(create_app(self.home.site, beside=MountedApps(push.hub)))
            )
            servers.append(server)
            async with push.at_work(ready.set):
                ready.set()
                await server.serve(sockets=[opened])

        thread = threading.Thread(target=lambda: asyncio.run(work()))
        thread.start()
        try:
            assert ready.wait(PATIENCE)
            yield
        finally:
            servers[0].should_exit = True
            thread.join()
            opened.close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A hub or a subscriber."""
    with peer_served() as peer:
        yield peer


@contextmanager
def disk_full() -> Iterator[None]:
    """A process that can write nothing more to any file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def told(peer: Peer) -> list[str]:
    """The feeds that a hub was told of."""
    forms = [parse_qs(one.body.decode()) for one in peer.posts()]
    assert all(form["hub.mode"] == ["publish"] for form in forms)
    return sorted(form["hub.url"][0] for form in forms)


def test_a_hub_is_notified_once_of_each_changed_feed(tmp_path: Path, peer: Peer) -> None:
    node = Node(tmp_path / "home", peer.url)
    with node.running():
        node.release(2)
        peer.wait_for(lambda: not node.waiting())
        node.publish()
    names = told(peer)
    assert names == sorted(set(names))
    assert node.topic in names
    assert f"{node.url}/feeds/topic/economy.json" in names
    # Feeds of changes, retractions and archive pages are unchanged.
    assert not any("/changes." in name or "/retractions." in name for name in names)
    assert not any("/page/" in name for name in names)


def test_every_response_names_the_hub_in_headers_and_content(tmp_path: Path, peer: Peer) -> None:
    node = Node(tmp_path / "home", peer.url)
    with node.running():
        for kind in ("atom", "rss", "json"):
            answer = httpx.get(f"{node.url}/feeds/all.{kind}", timeout=PATIENCE)
            assert answer.links["hub"]["url"] == peer.url
            assert answer.links["self"]["url"] == f"{node.url}/feeds/all.{kind}"
        assert httpx.get(f"{node.url}/feeds/all.json", timeout=PATIENCE).json()["hubs"] == [
            {"type": "WebSub", "url": peer.url}
        ]


def test_nothing_is_lost_while_a_hub_is_down_and_the_service_restarts(tmp_path: Path) -> None:
    with peer_served() as gone:
        address = gone.url
    node = Node(tmp_path / "home", address)
    node.release(2)
    waiting = node.waiting()
    assert waiting > 10
    assert asyncio.run(announce(node.home)) is False
    assert node.waiting() == waiting
    with node.running():
        pass
    assert node.waiting() == waiting


def test_publish_reports_an_unavailable_hub_besides_its_json(tmp_path: Path) -> None:
    with peer_served() as gone:
        address = gone.url
    node = Node(tmp_path / "home", address)
    node.release(2)
    result = communique("publish", "--json", home=node.home.path)
    assert json.loads(result.stdout)["feeds"] >= 0
    assert "the hub was not notified" in result.stderr


def test_a_failing_hub_is_notified_again_and_an_informed_one_is_not(
    tmp_path: Path, peer: Peer
) -> None:
    node = Node(tmp_path / "home", peer.url)
    peer.statuses.extend([500, 503, 429, 400])
    node.release(2)
    due = node.waiting()
    with node.running():
        peer.wait_for(lambda: not node.waiting())
    assert len(peer.posts()) == due + 4
    assert len(set(told(peer))) == due


def test_an_unrecorded_change_is_found_by_the_next_process(tmp_path: Path, peer: Peer) -> None:
    node = Node(tmp_path / "home", peer.url)
    node.release(2, noted=False)
    assert node.waiting() == 0
    assert asyncio.run(announce(node.home)) is True
    assert node.topic in told(peer)
    before = len(peer.posts())
    assert asyncio.run(announce(node.home)) is True
    assert len(peer.posts()) == before


def test_push_survives_a_full_disk(tmp_path: Path, peer: Peer) -> None:
    node = Node(tmp_path / "home", peer.url)

    async def work() -> None:
        ended = asyncio.Event()
        push = PushService(node.home, Backoff(0.05))
        async with push.at_work(ended.set):
            with disk_full(), capture_logs() as logs:
                await asyncio.to_thread(peer.wait_for, lambda: logs)
            assert not ended.is_set()
            await asyncio.to_thread(peer.wait_for, lambda: not node.waiting())

    node.release(2)
    due = node.waiting()
    asyncio.run(work())
    assert len(set(told(peer))) == due


def test_a_lost_store_causes_no_burst_of_notifications(tmp_path: Path, peer: Peer) -> None:
    node = Node(tmp_path / "home", peer.url)
    for file in node.home.path.glob("communique.db*"):
        file.unlink()
    # A new store, as rebuilt from the archive, has no notes of notifications.
    open_store(node.home.store_url).close()
    node.release(2)
    assert asyncio.run(announce(node.home)) is True
    assert peer.posts() == []
    node.release(3)
    assert asyncio.run(announce(node.home)) is True
    assert node.topic in told(peer)


def test_a_hub_on_a_private_address_is_not_contacted(tmp_path: Path, peer: Peer) -> None:
    node = Node(tmp_path / "home", peer.url, allow_private=False)
    node.release(2)
    assert asyncio.run(announce(node.home)) is False
    assert peer.heard == []


def test_a_subscriber_is_verified_and_then_gets_signed_content(tmp_path: Path, peer: Peer) -> None:
    node = Node(tmp_path / "home", "own")
    with node.running():
        answer = node.subscribe(peer, secret=KEY, lease_seconds="3600")
        assert answer.status_code == 202
        peer.wait_for(node.subscriptions)
        asked = peer.heard[0].query
        assert asked["hub.mode"] == "subscribe"
        assert asked["hub.topic"] == node.topic
        assert asked["hub.lease_seconds"] == "3600"
        node.release(2)
        peer.wait_for(peer.posts)
        (got,) = peer.posts()
        assert got.body == node.content
        assert got.headers["content-type"].startswith("application/atom+xml")
        assert f'<{node.url}/hub>; rel="hub"' in got.headers["link"]
        assert f'<{node.topic}>; rel="self"' in got.headers["link"]
        mark = hmac.new(KEY.encode(), got.body, hashlib.sha256).hexdigest()
        assert got.headers["x-hub-signature"] == f"sha256={mark}"
        node.subscribe(peer, mode="unsubscribe")
        peer.wait_for(lambda: not node.subscriptions())
        node.release(3)
    assert len(peer.posts()) == 1


def test_a_subscriber_must_repeat_the_challenge(tmp_path: Path, peer: Peer) -> None:
    node = Node(tmp_path / "home", "own")
    peer.agrees = False
    with node.running():
        node.subscribe(peer)
        peer.wait_for(lambda: peer.heard)
        peer.agrees = True
        node.subscribe(peer, callback=peer.url + "/other")
        peer.wait_for(node.subscriptions)
    assert node.subscriptions() == {("feeds/all.atom", peer.url + "/other")}


@pytest.mark.parametrize("topic", ["https://other.example/feed", "{url}/feeds/none.atom", "{url}/"])
def test_topics_of_other_sites_are_refused(tmp_path: Path, peer: Peer, topic: str) -> None:
    node = Node(tmp_path / "home", "own")
    with node.running():
        assert node.subscribe(peer, topic=topic.format(url=node.url)).status_code == 202
        peer.wait_for(lambda: peer.heard)
    assert peer.heard[0].query["hub.mode"] == "denied"
    assert node.subscriptions() == set()


def test_invalid_requests_get_the_reason(tmp_path: Path, peer: Peer) -> None:
    node = Node(tmp_path / "home", "own")
    with node.running():
        assert node.subscribe(peer, mode="publish").status_code == 400
        assert "hub.callback" in node.subscribe(peer, callback="file:///etc/passwd").text
        assert httpx.post(f"{node.url}/hub", json={}, timeout=PATIENCE).status_code == 415
        large = node.subscribe(peer, more="x" * 100_000)
        assert large.status_code == 413
        assert "WebSub" in httpx.get(f"{node.url}/hub", timeout=PATIENCE).text
        assert httpx.head(f"{node.url}/hub", timeout=PATIENCE).status_code == 200
    assert peer.heard == []


def test_a_private_callback_is_never_called(tmp_path: Path, peer: Peer) -> None:
    node = Node(tmp_path / "home", "own", allow_private=False)
    with node.running():
        assert node.subscribe(peer).status_code == 202
        kept = node.home.store()
        try:
            while kept.pending_requests(float("inf"), (), 1):
                pass
        finally:
            kept.close()
    assert peer.heard == []
    assert node.subscriptions() == set()


def test_a_subscriber_that_fails_gets_the_newest_content_once_it_works(
    tmp_path: Path, peer: Peer
) -> None:
    node = Node(tmp_path / "home", "own")
    peer.statuses.extend([500, 302, 503])
    with node.running():
        node.subscribe(peer)
        peer.wait_for(node.subscriptions)
        node.release(2)
        peer.wait_for(lambda: len(peer.posts()) == 4)
        node.release(3)
        peer.wait_for(lambda: len(peer.posts()) == 5)
    assert peer.posts()[-1].body == node.content


def test_a_subscriber_that_answers_gone_is_deleted(tmp_path: Path, peer: Peer) -> None:
    node = Node(tmp_path / "home", "own")
    peer.statuses.append(410)
    with node.running():
        node.subscribe(peer)
        peer.wait_for(node.subscriptions)
        node.release(2)
        peer.wait_for(lambda: not node.subscriptions() and peer.posts())
    assert len(peer.posts()) == 1


def test_a_subscriber_that_never_works_loses_its_subscription(tmp_path: Path, peer: Peer) -> None:
    node = Node(tmp_path / "home", "own")
    peer.statuses.extend([500] * 50)
    with node.running():
        node.subscribe(peer)
        peer.wait_for(node.subscriptions)
        kept = node.home.store()
        node.release(2)
        try:
            while node.subscriptions():
                for delivery in kept.pending_deliveries(float("inf"), (), 10):
                    kept.put_off_delivery(delivery, 0)
            assert not kept.pending_deliveries(float("inf"), (), 10)
        finally:
            kept.close()


def test_a_slow_subscriber_delays_no_other(tmp_path: Path, peer: Peer) -> None:
    node = Node(tmp_path / "home", "own")
    with peer_served() as slow, node.running():
        # Another name of the same machine, and so another host.
        node.subscribe(peer, callback=slow.url.replace("127.0.0.1", "localhost"))
        node.subscribe(peer)
        peer.wait_for(lambda: len(node.subscriptions()) == 2)
        slow.held = threading.Event()
        node.release(2)
        slow.wait_for(slow.posts)
        peer.wait_for(peer.posts)
        assert not slow.held.is_set()
        slow.held.set()


def test_deliveries_continue_after_a_kill(tmp_path: Path, peer: Peer) -> None:
    node = Node(tmp_path / "home", "own")
    with node.running():
        node.subscribe(peer)
        peer.wait_for(node.subscriptions)
    peer.held = threading.Event()
    node.release(2)
    # In a separate interpreter, whose end frees the port.
    started = [*COMMUNIQUE, "serve", "--home", str(node.home.path)]
    with subprocess.Popen(started, stdout=subprocess.DEVNULL) as first:  # noqa: S603 - our own
        peer.wait_for(peer.posts)
        first.send_signal(signal.SIGKILL)
    peer.held.set()
    with node.running():
        peer.wait_for(lambda: len(peer.posts()) == 2)
    assert [one.body for one in peer.posts()] == [node.content] * 2


def test_subscriptions_expire(tmp_path: Path, peer: Peer) -> None:
    node = Node(tmp_path / "home", "own")
    with node.running():
        node.subscribe(peer)
        peer.wait_for(node.subscriptions)
    kept = node.home.store()
    try:
        ((_, ends),) = kept.subscriptions().items()
        assert kept.expire_subscriptions(ends - 1) == 0
        assert kept.expire_subscriptions(ends) == 1
    finally:
        kept.close()


def test_a_returning_subscriber_gets_missed_content_at_once(tmp_path: Path, peer: Peer) -> None:
    node = Node(tmp_path / "home", "own")
    asked = HubRequest("subscribe", peer.url, node.topic)
    kept = node.home.store()
    try:
        kept.add_subscription(asked, "feeds/all.atom", "127.0.0.1", float("inf"))
        node.release(2)
        (delivery,) = kept.pending_deliveries(0, (), 10)
        kept.put_off_delivery(delivery, float("inf"))
        assert kept.pending_deliveries(1, (), 10) == []
        kept.add_subscription(asked, "feeds/all.atom", "127.0.0.1", float("inf"))
        assert kept.pending_deliveries(1, (), 10) == [delivery]
    finally:
        kept.close()


def test_the_number_of_subscribers_is_limited(tmp_path: Path) -> None:
    kept = SqliteStore(tmp_path / "communique.db")
    try:
        asked = [
            HubRequest("subscribe", f"https://r.example/{number}", "t") for number in range(101)
        ]
        assert [queue_request(kept, one) for one in asked] == [True] * 100 + [False]
        for number in range(2000):
            one = HubRequest("subscribe", f"https://r.example/{number}", "t")
            assert has_room(kept, one, "f")
            kept.add_subscription(one, "f", "r.example", 1.0)
        assert not has_room(kept, HubRequest("subscribe", "https://r.example/new", "t"), "f")
        assert has_room(kept, HubRequest("subscribe", "https://other.example/", "t"), "f")
        assert has_room(kept, HubRequest("subscribe", "https://r.example/7", "t"), "f")
    finally:
        kept.close()


def test_a_client_that_fills_the_queue_of_the_hub_does_not_block_others(tmp_path: Path) -> None:
    kept = SqliteStore(tmp_path / "communique.db")
    try:
        flood = [
            HubRequest("subscribe", f"https://{n}.example/", "t") for n in range(MAX_WAITING + 1)
        ]
        assert [queue_request(kept, one, "203.0.113.9") for one in flood] == [
            True
        ] * MAX_WAITING + [False]
        honest = HubRequest("subscribe", "https://reader.example/", "t")
        assert queue_request(kept, honest, "2001:db8::1")
        # The same network is one client, and clients take turns.
        other = HubRequest("subscribe", "https://reader.example/2", "t")
        assert queue_request(kept, other, "2001:db8::2")
        first = [one.asked.callback for one in kept.pending_requests(1.0, (), 4)]
        assert first.index("https://reader.example/") < 2
        assert first.index("https://reader.example/2") < 4
    finally:
        kept.close()


def test_the_hub_limits_clients_behind_a_trusted_proxy_separately(tmp_path: Path) -> None:
    node = Node(tmp_path / "home", "own")
    form = {"hub.mode": "subscribe", "hub.topic": node.topic}

    async def asked() -> None:
        hub = PushService(node.home).hub
        assert hub
        transport = httpx.ASGITransport(hub, client=("::ffff:127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url=node.url) as web:
            for number, client in enumerate(("203.0.113.9", "2001:db8::1", "2001:db8::2")):
                answer = await web.post(
                    "/hub",
                    data={**form, "hub.callback": f"https://reader.example/{number}"},
                    headers={"x-forwarded-for": client},
                )
                assert answer.status_code == 202

    asyncio.run(asked())
    with closing(node.home.store()) as store:
        waiting = {client: count for client, (count, _) in store.requests_by_client().items()}
    assert waiting == {"203.0.113.9": 1, "2001:db8::/64": 2}
