"""Grants give access to single parts of captured pages, for a few hours."""

from __future__ import annotations

import re
from contextlib import closing
from html import unescape
from pathlib import Path

from data.access.permissions import MAX_WRONG_TOKENS, Permissions
from data.access.tokens import new_token, revoke_token
from data.archive.archive import Archive
from data.settings import ArchiveSettings, SiteSettings
from data.store.open import open_store
from feeds.replay.memento_address import HOUR_SECONDS, VALID_HOURS, PartGrants
from feeds.server.access import Access
from feeds.server.app import HomeFolders, create_app
from tests.archived import START, exchange
from tests.feeds.serving import served_by

ACME = "https://acme.example"
STAMP = "20221124080000"


def test_a_part_needs_a_token_or_its_grant(tmp_path: Path) -> None:
    tokens, store = tmp_path / "tokens", f"sqlite:{tmp_path / 'communique.db'}"
    token = new_token(tokens, "desk", ("read",))
    new_token(tokens, "phone", ("read",))
    css = "p{mask-image:url('/q?a=%C3%A9&b=c d/ü.png#x')}".encode()
    with closing(Archive(tmp_path / "archive", ArchiveSettings())) as archive:
        html = b"<link rel=stylesheet href=/m.css><img src=/a.png>"
        for name, body, kind in (
            ("news/0", html, "text/html"),
            ("m.css", css, "text/css"),
            ("a.png", b"\x89PNG\r\n\x1a\n1", "image/png"),
            ("q?a=%C3%A9&b=c%20d/%C3%BC.png", b"\x89PNG\r\n\x1a\n2", "image/png"),
        ):
            archive.exchange(exchange(f"{ACME}/{name}", body, START, kind))
    open_store(store).close()
    site, access = SiteSettings(access="token"), Access(Permissions(tokens))
    folders = HomeFolders(tmp_path / "archive")
    app = create_app(tmp_path / "site", store, site, home=folders, access=access)
    for web in served_by(app):
        page = web.get(
            f"/memento/{STAMP}/{ACME}/news/0", headers={"authorization": f"Bearer {token}"}
        )
        style, image = re.findall(r'/memento/[^"\s>]+-part-[^"\s>]+', page.text)
        sheet = web.get(style)
        assert sheet.status_code == 200
        assert sheet.headers["cache-control"].startswith("private")
        (mask,) = re.findall(r'/memento/[^"]+', sheet.text)
        assert web.get(mask).content.endswith(b"2")
        assert web.get(image).headers["access-control-allow-origin"] == "*"
        grant = image.split("-part")[1].split("/")[0]
        for path in (
            f"/memento/{STAMP}-part/{ACME}/a.png",
            f"/memento/{STAMP}-part{grant}/{ACME}/m.css",
            f"/memento/20221124080001-part{grant}/{ACME}/a.png",
            f"/memento/{STAMP}{grant}/{ACME}/a.png",
            f"/memento/timemap/{image.removeprefix('/memento/')}",
            f"/search?q={image}",
            image.replace("/memento/", "/feeds/memento/"),
        ):
            assert web.get(path).status_code == 401, path
        assert web.post(image).status_code == 401
        revoke_token(tokens, "phone")
        assert web.get(image).status_code == 401


def test_a_token_in_an_archived_address_is_not_a_token_of_the_site(tmp_path: Path) -> None:
    tokens, store = tmp_path / "tokens", f"sqlite:{tmp_path / 'communique.db'}"
    token = new_token(tokens, "desk", ("read",))
    page, image = f"{ACME}/news/4?token=***", f"{ACME}/a.png?token=***&v=2"
    with closing(Archive(tmp_path / "archive", ArchiveSettings())) as archive:
        html = b"<img src='/a.png?token=***&amp;v=2'>"
        archive.exchange(exchange(page, html, START, "text/html"))
        archive.exchange(exchange(image, b"\x89PNG\r\n\x1a\n", START, "image/png"))
    open_store(store).close()
    site, access = SiteSettings(access="token"), Access(Permissions(tokens))
    folders = HomeFolders(tmp_path / "archive")
    app = create_app(tmp_path / "site", store, site, home=folders, access=access)
    for web in served_by(app):
        headers = {"authorization": f"Bearer {token}"}
        shown = web.get(f"/memento/{STAMP}/{page}", headers=headers)
        assert shown.status_code == 200
        assert web.get(f"/memento/timemap/{page}", headers=headers).status_code == 200
        (part,) = re.findall(r'/memento/[^"\s>]+-part-[^"\s>]+', shown.text)
        assert web.get(unescape(part)).status_code == 200
        refused = [web.get(f"/memento/{STAMP}/{page}") for _ in range(2 * MAX_WRONG_TOKENS)]
        assert {one.status_code for one in refused} == {401}
        assert web.get(f"/memento/{STAMP}/{ACME}/news/4?token={token}").status_code == 401


def test_a_grant_expires() -> None:
    now = [1e9]
    grants = PartGrants(lambda: b"key", lambda: now[0])
    asked = f"{STAMP}-part{grants.grant(STAMP, f'{ACME}/a.png')}/{ACME}/a.png"
    assert grants.allows(asked)
    assert not PartGrants(lambda: b"other", lambda: now[0]).allows(asked)
    now[0] += (VALID_HOURS - 1) * HOUR_SECONDS
    assert grants.allows(asked)
    now[0] += 2 * HOUR_SECONDS
    assert not grants.allows(asked)
