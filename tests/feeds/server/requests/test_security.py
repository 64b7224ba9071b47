"""What answers lack is added, what they say is left, and TLS is asked for where there is some."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from data.settings import SiteSettings
from feeds.server.app import create_app
from feeds.server.requests.security import POLICY_HEADER, completed, for_all
from scheduler.service.web import server_config
from tests.feeds.serving import Server


def test_headers_of_a_response_are_not_replaced() -> None:
    own = [(b"Content-Security-Policy", b"sandbox"), (b"content-type", b"text/html")]
    told = completed(own)
    assert told[:2] == own
    assert [name for name, _ in told].count(POLICY_HEADER) == 0
    assert b"cross-origin-opener-policy" not in dict(told)


@pytest.mark.parametrize(
    ("url", "asks"),
    [
        ("https://press.example", True),
        ("https://press.example:443/", True),
        # Other ports of the host may have no TLS.
        ("https://press.example:8443", False),
        ("http://press.example", False),
        ("http://127.0.0.1:8080", False),
    ],
)
def test_tls_is_required_for_sites_with_tls(url: str, *, asks: bool) -> None:
    assert bool(for_all(SiteSettings(url=url))) is asks


def test_all_responses_require_tls(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("here")
    site = SiteSettings(url="https://press.example")
    server = Server(create_app(tmp_path, site=site))
    server.config = server_config(server.config.app, site)  # type: ignore[arg-type]
    server.thread.start()
    try:
        for path in ("/", "/", "/nothing"):
            (age,) = httpx.get(server.url + path).headers.get_list("strict-transport-security")
            assert age.startswith("max-age=")
    finally:
        server.should_exit = True
        server.thread.join()
        server.socket.close()
