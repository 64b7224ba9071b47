"""What every kind of answer of a whole service tells a browser not to do with it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.command import communique, make_home
from tests.peer import PATIENCE
from tests.press_room import listing_html, release_html, served
from tests.services import started, until


@dataclass
class Site:
    """A service at work, one release of it, and the feed of a watch."""

    web: httpx.Client
    release: str
    watch: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served() as room:
        room.page("/news/", listing_html([1, 2]))
        for number in (1, 2):
            room.page(f"/news/{number}.html", release_html(number))
        home = make_home(tmp_path_factory.mktemp("headers") / "home", f"{room.base}/news/")
        with (home / "communique.toml").open("a") as settings:
            settings.write('\n[site]\nport = 0\nhub = "own"\n')
        added = communique("watch", "add", "Near", "--feed", home=home)
        assert added.returncode == 0, added.stderr
        watch = re.search(r"/feeds/watch/[^\s\"]+", added.stdout)
        assert watch is not None, added.stdout
        with started("run", home) as (service, log):
            address = re.search(r"site=(\S+)", until(log, "running"))
            until(log, "visited")
            assert address is not None
            with httpx.Client(base_url=address[1], timeout=PATIENCE) as web:
                # A publication may have started before the release was stored.
                while not (found := re.search(r"releases/([0-9a-f-]{36})/", web.get("/").text)):
                    until(log, "published")
                yield Site(web, found[1], watch[0])
            service.terminate()
            assert service.wait(PATIENCE) == 0


ANSWERS = [
    ("GET", "/", 200),
    ("GET", "/feeds/all.atom", 200),
    ("GET", "/feeds/all.rss", 200),
    ("GET", "/feeds/all.json", 200),
    ("GET", "/feeds/date/1990.atom", 404),
    ("GET", "/feeds/search.atom?q=harbour", 200),
    ("GET", "/feeds/search.atom?source=nope", 400),
    ("GET", "/feeds/builder/", 200),
    ("GET", "WATCH", 200),
    ("GET", "/feeds/watch/none.atom?token=x", 404),
    ("GET", "/opml.xml", 200),
    ("GET", "/opml.xml?source=nope", 400),
    ("GET", "/static/site.css", 200),
    ("GET", "/releases/RELEASE/", 200),
    ("GET", "/releases/RELEASE.json", 200),
    ("GET", "/releases/RELEASE", 308),
    ("GET", "/releases/RELEASE/timemap", 200),
    ("GET", "/releases/RELEASE/capture", 308),
    ("GET", "/releases/RELEASE/capture/page", 200),
    ("GET", "/memento/https://nowhere.example/", 404),
    ("GET", "/sources", 308),
    ("GET", "/sources/harbour/health/", 200),
    ("GET", "/sources/harbour/badge.svg", 200),
    ("GET", "/search?q=harbour", 200),
    ("GET", "/health", 200),
    ("GET", "/health/", 200),
    ("GET", "/healthz", 200),
    ("GET", "/metrics", 200),
    ("GET", "/log/checkpoint", 200),
    ("GET", "/robots.txt", None),
    ("GET", "/nothing", 404),
    ("POST", "/", 405),
    ("OPTIONS", "/", 204),
    ("GET", "/api/", 200),
    ("GET", "/api/openapi.json", 200),
    ("GET", "/api/releases", 200),
    ("GET", "/api/releases?limit=x", 422),
    ("GET", "/api/nothing", 404),
    ("POST", "/api/releases", 405),
    ("GET", "/reader/api/0/user-info", 401),
    ("POST", "/accounts/ClientLogin", 401),
    ("GET", "/hub", None),
    ("POST", "/hub", None),
    ("GET", "/websub/callback/none", 404),
    ("GET", "/admin", 308),
    ("GET", "/admin/", 200),
    ("GET", "/admin/nothing", 404),
    ("GET", "/admin/static/live.js", 200),
    ("POST", "/admin/sources/harbour/pause", None),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_response_has_security_headers(
    site: Site, method: str, path: str, status: int | None
) -> None:
    path = path.replace("RELEASE", site.release).replace("WATCH", site.watch)
    answer = site.web.request(method, path)
    assert status is None or answer.status_code == status
    assert answer.status_code < 500
    held_to_rules(answer)


def held_to_rules(answer: httpx.Response) -> None:
    """Hold an answer to what all must say, each once."""
    headers = answer.headers
    assert headers.get_list("x-content-type-options") == ["nosniff"]
    # The operator's room looks at where its forms come from.
    assert headers.get_list("referrer-policy") in (["no-referrer"], ["same-origin"])
    (policy,) = headers.get_list("content-security-policy")
    assert "frame-ancestors" in policy
    assert "'unsafe-eval'" not in policy
    assert not re.search(r"script-src[^;]*('unsafe-inline'|\*|https?:)", policy)
    assert "strict-transport-security" not in headers
    if headers.get("content-type", "").startswith("text/html") and "sandbox" not in policy:
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"


def test_captured_pages_are_in_a_sandbox_without_scripts(site: Site) -> None:
    around = site.web.get(f"/releases/{site.release}/capture/page", follow_redirects=True)
    shown = re.search(r'<iframe[^>]* src="([^"]+)"', around.text)
    assert shown is not None
    answer = site.web.get(shown[1], follow_redirects=True)
    assert answer.status_code == 200
    held_to_rules(answer)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script-src" not in policy
    assert "allow-" not in policy
    assert "<h1>" in answer.text


def test_strangers_need_a_token_for_metrics_and_admin_pages(site: Site) -> None:
    far = {"x-forwarded-for": "203.0.113.9"}
    for path in ("/metrics", "/admin/"):
        answer = site.web.get(path, headers=far)
        assert answer.status_code in {401, 403}
        assert "communique_source_state" not in answer.text
        held_to_rules(answer)
    rebound = site.web.get("/metrics", headers={"host": "rebound.example"})
    assert rebound.status_code == 401
    assert site.web.get("/healthz", headers=far).status_code == 200
    assert site.web.get("/feeds/all.atom", headers=far).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"z" * 70_000,
    ],
)
def test_invalid_http_is_refused_with_a_problem_document(site: Site, sent: bytes) -> None:
    with socket.create_connection((site.web.base_url.host, site.web.base_url.port or 80)) as raw:
        raw.sendall(sent)
        said = b"".join(iter(lambda: raw.recv(65536), b""))
    head, _, body = said.partition(b"\r\n\r\n")
    lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    answer = httpx.Response(400, headers=[(name, value) for name, value in lines], content=body)
    held_to_rules(answer)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
