"""What hubs are answered: what we asked for is confirmed, what is signed is a hint, and no more."""

from __future__ import annotations

import asyncio
import hmac
import time
from pathlib import Path

import httpx
import pytest

from data.models import FeedSubscription
from data.settings import SiteSettings
from data.store.core.store import Store
from feeds.server.app import create_app
from feeds.websub.callback import FeedCallback

TOPIC = "https://acme.example/feed"
CALLBACK = "https://p.example/websub/callback/abc"
SECRET = "hush"  # noqa: S105 - of a test


class Callback:
    """The callback behind our server, and the sources that it hinted at."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.hints: list[str] = []
        answer = FeedCallback(store, SiteSettings(url="https://p.example"), self.hints.append)
        self._app = create_app(folder, callback=answer)

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


def test_an_end_is_confirmed_only_where_we_meant_it(store: Store, callback: Callback) -> None:
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
def test_all_else_is_thanked_for_and_ignored(
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
