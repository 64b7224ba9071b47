"""What publisher, hub and subscriber say to each other follows the Recommendation."""

from __future__ import annotations

import hashlib
import hmac
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.models import HubRequest
from data.settings import SiteSettings
from feeds.urls import hub_of
from feeds.websub.messages import (
    MAX_LEASE_SECONDS,
    MIN_LEASE_SECONDS,
    BadHubRequest,
    delivery_headers,
    file_of,
    parse_hub_request,
    topic_of,
    verification_url,
)

SITE = SiteSettings(url="https://press.example/news/", hub="own")
GOOD = {
    "hub.mode": "subscribe",
    "hub.callback": "https://reader.example/call?me=1",
    "hub.topic": "https://press.example/news/feeds/all.atom",
}


def form(**changes: str) -> bytes:
    fields = {**GOOD, **{f"hub.{name}": value for name, value in changes.items()}}
    return urlencode(fields).encode()


def test_a_subscription_is_read_from_its_form() -> None:
    more = {"hub.secret": "hush", "hub.lease_seconds": "86400"}
    asked = parse_hub_request(urlencode({**GOOD, **more}).encode())
    assert asked == HubRequest("subscribe", GOOD["hub.callback"], GOOD["hub.topic"], 86_400, "hush")


@pytest.mark.parametrize(
    ("asked", "given"), [("1", MIN_LEASE_SECONDS), ("9" * 12, MAX_LEASE_SECONDS)]
)
def test_a_lease_stays_within_bounds(asked: str, given: int) -> None:
    assert parse_hub_request(form(lease_seconds=asked)).lease == given


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"hub.mode=subscribe",
        b"&".join(b"a=1" for _ in range(50)),
        form(mode="publish"),
        form(mode="denied"),
        form(callback="ftp://reader.example/"),
        form(callback="https://"),
        form(callback="https://name:word@reader.example/"),
        form(callback="https://reader.example/\r\nx: y"),
        form(callback="https://reader.example/#there"),
        form(callback="https://reader.example:99999/"),
        form(callback="https://[::1/"),
        form(callback="https://reader.example/" + "a" * 2000),
        form(topic="feeds/all.atom"),
        form(secret="s" * 200),
        form(lease_seconds="soon"),
        form(lease_seconds="-5"),
    ],
)
def test_impossible_requests_are_refused(body: bytes) -> None:
    with pytest.raises(BadHubRequest):
        parse_hub_request(body)


@given(st.binary(max_size=300))
def test_no_form_does_worse_than_be_refused(body: bytes) -> None:
    with suppress(BadHubRequest):
        assert parse_hub_request(body).mode in {"subscribe", "unsubscribe"}


def test_the_question_keeps_the_callbacks_own_query() -> None:
    parts = urlsplit(verification_url(parse_hub_request(form()), "dare"))
    assert parts.path == "/call"
    assert parse_qs(parts.query) == {
        "me": ["1"],
        "hub.mode": ["subscribe"],
        "hub.topic": [GOOD["hub.topic"]],
        "hub.challenge": ["dare"],
        "hub.lease_seconds": ["864000"],
    }


def test_a_denial_sends_no_request() -> None:
    query = parse_qs(
        urlsplit(verification_url(HubRequest("denied", "https://r.example/", "t"), "dare")).query
    )
    assert query["hub.mode"] == ["denied"]
    assert "hub.challenge" not in query


def test_content_is_signed_and_names_its_owner() -> None:
    headers = delivery_headers("https://h.example/", "https://t.example/", "text/x", "hush", b"all")
    assert headers["link"] == '<https://h.example/>; rel="hub", <https://t.example/>; rel="self"'
    expected = hmac.new(b"hush", b"all", hashlib.sha256).hexdigest()
    assert headers["x-hub-signature"] == f"sha256={expected}"
    assert "x-hub-signature" not in delivery_headers("h", "t", "k", "", b"all")


def test_our_hub_is_within_the_site() -> None:
    assert hub_of(SITE) == "https://press.example/news/hub"
    assert hub_of(SiteSettings(hub="https://hub.example/")) == "https://hub.example/"
    assert hub_of(SiteSettings(hub="nonsense")) is None
    assert hub_of(SiteSettings()) is None


def test_only_feeds_of_the_site_are_topics(tmp_path: Path) -> None:
    for file in ("feeds/all.atom", "feeds/all/page/1.atom", "feeds/.x.atom", "secret.atom"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("<feed/>")
    (tmp_path / "feeds/index.html").write_text("page")
    assert file_of(SITE, tmp_path, topic_of(SITE, "feeds/all.atom")) == "feeds/all.atom"
    for other in (
        "https://press.example/news/feeds/all/page/1.atom",
        "https://press.example/news/feeds/none.atom",
        "https://press.example/news/feeds/.x.atom",
        "https://press.example/news/feeds/../secret.atom",
        "https://press.example/news/feeds/%2e%2e/secret.atom",
        "https://press.example/news/feeds//all.atom",
        "https://press.example/news/feeds/%61ll.atom",
        "https://press.example/news/feeds/all.atom?x",
        "https://press.example/news/feeds/all.atom%00",
        "https://press.example/news/feeds/index.html",
        "https://press.example/feeds/all.atom",
        "https://other.example/news/feeds/all.atom",
    ):
        assert file_of(SITE, tmp_path, other) is None, other
