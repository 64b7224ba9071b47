"""Who may read a site for those with tokens, over real HTTP."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from data.access.permissions import FORGIVENESS_SECONDS, MAX_WRONG_TOKENS, Permissions
from data.access.tokens import load_tokens, new_token, revoke_token
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.server.access import Access, token_in
from feeds.server.app import create_app
from tests.feeds.serving import served_by

FEED = "/feeds/all.atom"


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


@pytest.fixture
def text(tokens: Path) -> str:
    return new_token(tokens, "reader", ("read",))


@pytest.fixture
def web(tmp_path: Path, tokens: Path) -> Iterator[httpx.Client]:
    """A site of one feed, one page and a style sheet, for those with tokens."""
    site = tmp_path / "site"
    for file in ("feeds/all.atom", "index.html", "static/site.css"):
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text("<feed/>")
    url = f"sqlite:{tmp_path / 'communique.db'}"
    open_store(url).close()
    yield from served_by(
        create_app(site, url, SiteSettings(access="token"), access=Access(Permissions(tokens)))
    )


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


@pytest.mark.parametrize("path", [FEED, "/", "/search?q=x", "/metrics", "/hub", "/nothing"])
def test_nothing_can_be_read_without_a_token(web: httpx.Client, path: str) -> None:
    answer = web.get(path)
    assert answer.status_code == 401
    schemes = [one.split()[0] for one in answer.headers.get_list("www-authenticate")]
    assert schemes == ["Basic", "Bearer"]
    assert "token" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_the_api_refuses_in_json(web: httpx.Client, text: str) -> None:
    answer = web.get("/api/sources")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    # People who look at its page are asked for the token by their browser.
    assert web.get("/api/").headers["content-type"].startswith("text/html")
    allowed = web.get("/api/sources", headers=bearer(text))
    assert allowed.status_code == 200
    assert allowed.headers["cache-control"] == "private, no-cache"
    assert web.get("/api/sources", params={"token": text}).status_code == 200


def test_public_addresses_need_no_token(web: httpx.Client) -> None:
    assert web.get("/static/site.css").status_code == 200
    assert web.get("/healthz").status_code == 200
    assert web.get("/feeds/watch/none.atom?token=x").status_code == 404
    assert web.options(FEED).status_code == 204
    assert web.get("/static/%2e%2e/feeds/all.atom").status_code == 401


def test_a_token_may_be_a_bearer_a_password_or_in_the_address(web: httpx.Client, text: str) -> None:
    basic = base64.b64encode(f"anybody:{text}".encode()).decode()
    for headers in (bearer(text), {"authorization": f"BASIC {basic}"}):
        assert web.get(FEED, headers=headers).text == "<feed/>"
    answer = web.get(f"{FEED}?token={text}")
    assert answer.text == "<feed/>"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert web.get(f"/search?q=tide&token={text}").status_code == 200
    assert text not in web.get(f"/search?q=tide&token={text}").text


def test_an_escaped_token_parameter_is_not_a_token(web: httpx.Client, text: str) -> None:
    for query in (f"%74oken={text}", f"token=x&%74oken={text}", f"TOKEN={text}"):
        assert web.get(f"{FEED}?{query}").status_code == 401


def test_responses_with_a_token_are_private(web: httpx.Client, text: str) -> None:
    for asked in (FEED, f"{FEED}?token={text}"):
        answer = web.get(asked, headers={} if "?" in asked else bearer(text))
        assert answer.headers["cache-control"].startswith("private,"), asked
        tag = {"if-none-match": answer.headers["etag"]}
        again = web.get(asked, headers=tag if "?" in asked else {**bearer(text), **tag})
        assert again.status_code == 304
        assert again.headers["cache-control"].startswith("private,"), asked


def test_the_last_use_is_recorded(web: httpx.Client, text: str, tokens: Path) -> None:
    web.get(FEED, headers=bearer(text))
    assert load_tokens(tokens)[0][0].last_used is not None


def test_a_revoked_token_is_refused_at_once(web: httpx.Client, text: str, tokens: Path) -> None:
    assert web.get(FEED, headers=bearer(text)).status_code == 200
    revoke_token(tokens, "reader")
    assert web.get(FEED, headers=bearer(text)).status_code == 401


@pytest.mark.parametrize(
    "value", ["Bearer", "Basic x", "Basic ====", "Basic dXNlcg==", "Digest x", "Bearer a b", "é"]
)
def test_an_authorization_header_without_a_token_is_refused(
    web: httpx.Client, text: str, value: str
) -> None:
    del text
    answer = web.get(FEED, headers=[(b"authorization", value.encode())])
    assert answer.status_code == 401


def test_many_wrong_tokens_are_throttled_and_do_not_affect_the_right_one(
    web: httpx.Client, text: str
) -> None:
    statuses = [web.get(FEED, headers=bearer(f"wrong-{n}")).status_code for n in range(1000)]
    assert statuses[:MAX_WRONG_TOKENS] == [401] * MAX_WRONG_TOKENS
    assert set(statuses[MAX_WRONG_TOKENS:]) <= {401, 429}
    assert statuses.count(401) < 100
    refused = web.get(FEED, headers=bearer("wrong"))
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= FORGIVENESS_SECONDS
    assert len(refused.content) < 100
    assert web.get(FEED, headers=bearer(text)).status_code == 200
    assert web.get(FEED).status_code == 401, "who sends none is told that one is needed"


def test_a_token_in_an_address_does_not_allow_operating(tokens: Path) -> None:
    text = new_token(tokens, "operator", ("operate",))
    access = Access(Permissions(tokens))
    scope = {
        "type": "http",
        "method": "GET",
        "path": FEED,
        "headers": [],
        "query_string": f"token={text}".encode(),
        "client": ("192.0.2.1", 1),
    }
    assert access.judge(scope, "read").status == 200
    assert access.judge(scope, "operate").status == 401
    scope["headers"] = [(b"authorization", f"Bearer {text}".encode())]
    assert access.judge(scope, "operate").status == 200
    reader = new_token(tokens, "reader", ("read",))
    scope["headers"] = [(b"authorization", f"Bearer {reader}".encode())]
    assert access.judge(scope, "operate").status == 403


def test_a_password_may_hold_colons() -> None:
    assert token_in([(b"authorization", b"Basic " + base64.b64encode(b"user:a:b"))]) == "a:b"
