"""Access to the operator's room, and protection against forged forms."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.responses import Response
from starlette.types import Scope

from data.access.permissions import Permissions
from data.access.tokens import new_token
from data.settings import SiteSettings
from feeds.server.access import Access
from scheduler.service.admin.guard import Guard, Session
from tests.scheduler.service.admin.conftest import Running

PUBLIC = "https://press.example"
FAR = "192.0.2.7"


def guard_of(folder: Path, *, url: str = "http://127.0.0.1:8080", access: str = "open") -> Guard:
    site = SiteSettings(url=url, access="token" if access == "token" else "open")
    return Guard(Access(Permissions(folder / "tokens")), site, "home")


def asked(
    *headers: tuple[str, str], host: str = "127.0.0.1:8080", client: str = "127.0.0.1"
) -> Scope:
    named = [("host", host), *headers]
    return {
        "type": "http",
        "method": "GET",
        "path": "/admin/",
        "http_version": "1.1",
        "query_string": b"",
        "client": (client, 5),
        "headers": [(name.encode(), value.encode()) for name, value in named],
    }


def status(entered: Session | Response) -> int:
    return entered.status_code if isinstance(entered, Response) else 200


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:8080", "127.0.0.2"])
def test_the_local_user_gets_access(tmp_path: Path, host: str) -> None:
    assert status(guard_of(tmp_path).enter(asked(host=host))) == 200


@pytest.mark.parametrize(
    "scope",
    [
        asked(client=FAR),
        asked(client="::ffff:192.0.2.7"),
        asked(host="evil.example:8080"),
        asked(host="127.0.0.1.evil.example"),
        asked(host="localhost.evil.example"),
        asked(host="[::1"),
        asked(host=""),
        asked(("x-forwarded-for", FAR)),
        asked(("forwarded", "for=192.0.2.7")),
        asked(("via", "1.1 proxy")),
        {**asked(), "http_version": "1.0"},
        {**asked(), "client": None},
    ],
)
def test_other_clients_need_a_token(tmp_path: Path, scope: Scope) -> None:
    guard = guard_of(tmp_path)
    assert status(guard.enter(scope)) == 403
    text = new_token(tmp_path / "tokens", "desk", ("operate",))
    scope = {**scope, "headers": [*scope["headers"], (b"authorization", f"Bearer {text}".encode())]}
    assert status(guard.enter(scope)) == 200


def test_processes_are_read_only_as_a_last_resort(tmp_path: Path) -> None:
    guard = guard_of(tmp_path)
    assert guard.needs_process(asked())
    assert not guard.needs_process(asked(host="evil.example"))
    assert not guard.needs_process(asked(client=FAR))
    assert not guard.needs_process(asked(("x-forwarded-for", FAR)))
    assert not guard.needs_process(asked(("sec-fetch-site", "cross-site")))


def test_pages_of_other_sites_cannot_cause_work(tmp_path: Path) -> None:
    for mode, expected in (("no-cors", 403), ("cors", 403), ("navigate", 200)):
        scope = asked(("sec-fetch-site", "cross-site"), ("sec-fetch-mode", mode))
        assert status(guard_of(tmp_path).enter(scope)) == expected
    scope = asked(("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors"))
    assert status(guard_of(tmp_path).enter(scope)) == 200


def test_a_proxy_does_not_make_a_client_local(tmp_path: Path) -> None:
    """A proxy on this machine connects from loopback, and may send our own address as Host."""
    assert status(guard_of(tmp_path, url=PUBLIC).enter(asked())) == 403
    assert status(guard_of(tmp_path, access="token").enter(asked())) == 403


def test_a_browser_is_asked_for_a_token_only_at_our_host_and_if_one_exists(tmp_path: Path) -> None:
    guard = guard_of(tmp_path, url=PUBLIC)
    scope = asked(host="press.example", client=FAR)
    assert status(guard.enter(scope)) == 403
    new_token(tmp_path / "tokens", "reader", ("read",))
    assert status(guard.enter(scope)) == 403
    new_token(tmp_path / "tokens", "desk", ("operate",))
    refused = guard.enter(scope)
    assert isinstance(refused, Response)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Basic")
    assert status(guard.enter(asked(host="evil.example", client=FAR))) == 403


def test_a_token_for_reading_does_not_operate(tmp_path: Path) -> None:
    text = new_token(tmp_path / "tokens", "reader", ("read",))
    guard = guard_of(tmp_path, url=PUBLIC)
    assert status(guard.enter(asked(("authorization", f"Bearer {text}")))) == 403


def test_wrong_tokens_are_throttled_and_the_right_one_is_not(tmp_path: Path) -> None:
    text = new_token(tmp_path / "tokens", "desk", ("operate",))
    guard = guard_of(tmp_path, url=PUBLIC)
    wrong = asked(("authorization", "Bearer wrong"), host="press.example", client=FAR)
    statuses = [status(guard.enter(wrong)) for _ in range(1000)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert status(guard.enter(asked(("authorization", f"Bearer {text}"), client=FAR))) == 200


def test_each_token_has_its_own_lasting_session(tmp_path: Path) -> None:
    guard = guard_of(tmp_path)
    texts = [new_token(tmp_path / "tokens", name, ("operate",)) for name in ("one", "two")]
    scopes = [asked(("authorization", f"Bearer {text}"), client=FAR) for text in texts]
    sessions = [guard.enter(scope) for scope in (asked(), *scopes)]
    assert all(isinstance(one, Session) for one in sessions)
    assert len({str(one) for one in sessions}) == 3
    assert guard.enter(asked()) == sessions[0]
    assert guard_of(tmp_path).enter(asked()) != sessions[0], "another process knows none of it"


FORM = "application/x-www-form-urlencoded"
HERE = {"sec-fetch-site": "same-origin"}


def test_pages_are_not_cached_framed_or_shared_with_other_sites(
    running: Running,
) -> None:
    answer = running.web.get("/admin/")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "access-control-allow-origin" not in answer.headers
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert running.web.get("/admin").status_code == 308
    assert running.web.options("/admin/").status_code == 405
    foreign = running.web.get("/admin/", headers={"host": "evil.example"})
    assert foreign.status_code == 403
    assert "set-cookie" not in foreign.headers


@pytest.mark.parametrize(
    ("headers", "lacks"),
    [
        ({"sec-fetch-site": "cross-site"}, ""),
        ({"sec-fetch-site": "same-site"}, ""),
        ({"origin": "http://evil.example"}, ""),
        ({"origin": "null"}, ""),
        ({**HERE, "content-type": "text/plain"}, ""),
        (HERE, "token"),
        (HERE, "cookie"),
        ({}, "token and cookie"),
    ],
)
def test_a_form_of_another_page_changes_nothing(
    running: Running, headers: dict[str, str], lacks: str
) -> None:
    field = running.form_token()
    if "token" in lacks:
        field = "0" * 64
    if "cookie" in lacks:
        running.web.cookies.clear()
    refused = running.web.post(
        "/admin/sources/harbour/pause",
        content=f"form={field}&why=mischief",
        headers={"content-type": FORM, **headers},
    )
    assert refused.status_code == 403
    assert "mischief" not in running.web.get("/admin/sources/harbour/").text


def test_an_endless_form_is_rejected(running: Running) -> None:
    refused = running.web.post(
        "/admin/sources/harbour/pause",
        content=b"form=" + b"x" * 100_000,
        headers={"content-type": FORM, **HERE},
    )
    assert refused.status_code == 403
