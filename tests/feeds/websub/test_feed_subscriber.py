"""Our subscriptions to feeds of sources: begun, renewed and ended at a real hub on loopback."""

from __future__ import annotations

import asyncio
import hmac
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from data.models import FeedHub, FeedSubscription
from data.network.client import Outbound
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.sqlite.store import SqliteStore
from feeds.sending_loop import Backoff
from feeds.server.app import MountedApps, create_app
from feeds.websub.feed_subscriber import MAX_UNSUBSCRIBE_ATTEMPTS, FeedCallback, FeedSubscriber
from tests.peer import Peer, peer_served

pytestmark = pytest.mark.usefixtures("off_loop")

CALLBACK = "https://p.example/websub/callback/abc"
SECRET = "hush"  # noqa: S105 - of a test


class Callback:
    """The callback behind our server, and the sources that it hinted at."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.hints: list[str] = []
        answer = FeedCallback(store, SiteSettings(url="https://p.example"), self.hints.append)
        self._app = create_app(folder, beside=MountedApps(callback=answer))

    def ask(self, method: str, url: str = CALLBACK, **more: object) -> httpx.Response:
        """One request."""

        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app)) as client:
                return await client.request(method, url, **more)  # type: ignore[arg-type]  # httpx's own

        return asyncio.run(ask())

    def verify(self, mode: str = "subscribe", url: str = CALLBACK, **more: str) -> httpx.Response:
        """Ask whether it is meant."""
        said = {"mode": mode, "topic": TOPIC, "challenge": "dare<b>", "lease_seconds": "864000"}
        params = {f"hub.{name}": value for name, value in {**said, **more}.items()}
        return self.ask("GET", url, params=params)

    def send(self, body: bytes, signature: str | None, url: str = CALLBACK) -> int:
        """Send content; the status of the answer."""
        headers = {} if signature is None else {"x-hub-signature": signature}
        return self.ask("POST", url, content=body, headers=headers).status_code


@pytest.fixture
def callback(store: Store, tmp_path: Path) -> Callback:
    keep(store)
    return Callback(store, tmp_path / "site")


def keep(store: Store, *, wanted: bool = True, asked: float | None = None) -> None:
    """A subscription for which its hub was asked just now."""
    asked = time.time() if asked is None else asked
    store.keep_feed_subscription(
        FeedSubscription(CALLBACK, "acme", "h", TOPIC, SECRET, wanted, asked, attempts=3)
    )


def sign(body: bytes, method: str = "sha256", secret: str = SECRET) -> str:
    return f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"


def test_a_requested_subscription_is_confirmed_and_its_lease_kept(
    store: Store, callback: Callback
) -> None:
    answer = callback.verify()
    assert (answer.status_code, answer.text) == (200, "dare<b>")
    assert answer.headers["content-type"].startswith("text/plain")
    (kept,) = store.feed_subscriptions()
    assert kept.expires == pytest.approx(time.time() + 864_000, abs=600)
    assert time.time() + 86_400 < kept.due < kept.expires - 86_400
    assert kept.attempts == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"topic": "https://acme.example/other"},
        {"mode": "unsubscribe"},
        {"mode": "publish"},
        {"challenge": ""},
        {"challenge": "x" * 5000},
        {"url": CALLBACK + "d"},
        {"url": CALLBACK[:-1]},
    ],
)
def test_an_unrequested_subscription_is_not_confirmed(
    store: Store, callback: Callback, changes: dict[str, str]
) -> None:
    assert callback.verify(**changes).status_code == 404
    (kept,) = store.feed_subscriptions()
    assert kept.expires == 0


def test_a_hub_can_verify_only_what_was_requested(store: Store, callback: Callback) -> None:
    for asked in (0.0, time.time() - 2 * 86_400):
        keep(store, asked=asked)
        assert callback.verify().status_code == 404


@pytest.mark.parametrize("lease", ["0", "1", "", "-5", "x", "999999999999", "9" * 40])
def test_a_hub_can_t_make_us_send_repeated_requests(
    store: Store, callback: Callback, lease: str
) -> None:
    assert callback.verify(lease_seconds=lease).status_code == 200
    (kept,) = store.feed_subscriptions()
    assert time.time() + 400 < kept.due < time.time() + 400 * 86_400


def test_an_unsubscription_is_confirmed_only_if_we_requested_it(
    store: Store, callback: Callback
) -> None:
    assert callback.verify("unsubscribe").status_code == 404
    keep(store, wanted=False)
    assert callback.verify("subscribe").status_code == 404
    assert callback.verify("unsubscribe").text == "dare<b>"
    assert not store.feed_subscriptions()


def test_a_hub_that_denies_is_asked_again_a_day_later(store: Store, callback: Callback) -> None:
    callback.verify()
    assert callback.verify("denied").status_code == 204
    (kept,) = store.feed_subscriptions()
    assert kept.expires == 0
    assert kept.due > time.time() + 80_000


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_signed_content_is_a_hint(store: Store, callback: Callback, method: str) -> None:
    assert callback.send(b"<feed/>", sign(b"<feed/>", method)) == 204
    assert callback.hints == ["acme"]
    (kept,) = store.feed_subscriptions()
    assert kept.heard > 0


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        sign(b"<feed/>", "sha256", "guess"),
        sign(b"<feed/> "),
        "md5=" + hmac.new(SECRET.encode(), b"<feed/>", "md5").hexdigest(),
        sign(b"<feed/>").removeprefix("sha256="),
        "é" * 10,
    ],
)
def test_other_pings_are_acknowledged_and_ignored(
    store: Store, callback: Callback, signature: str | None
) -> None:
    if signature and not signature.isascii():
        sent = {"x-hub-signature": signature.encode()}
        assert callback.ask("POST", content=b"<feed/>", headers=sent).status_code == 204
    else:
        assert callback.send(b"<feed/>", signature) == 204
    assert callback.hints == []
    (kept,) = store.feed_subscriptions()
    assert kept.heard == 0


def test_content_of_a_subscription_that_is_over_ends_it(store: Store, callback: Callback) -> None:
    assert callback.send(b"x", sign(b"x"), CALLBACK + "d") == 410
    keep(store, wanted=False)
    assert callback.send(b"x", sign(b"x")) == 410
    assert callback.hints == []


def test_other_methods_are_refused(callback: Callback) -> None:
    assert callback.ask("PUT").status_code == 405
    assert callback.ask("DELETE").status_code == 405


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


def test_a_subscription_ends_with_the_removal_of_its_source(store: Store, hub: Peer) -> None:
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
