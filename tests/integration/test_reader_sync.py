"""Newsboat syncs with a site by the Google Reader API, as it does with FreshRSS."""

from __future__ import annotations

import datetime as dt
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from data.access.permissions import Permissions
from data.access.tokens import new_token
from data.models import Source
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.server.access import Access
from feeds.server.app import create_app
from tests.drafts import draft
from tests.feeds.serving import served_by
from tests.integration.test_readers import installed

pytestmark = [pytest.mark.integration, installed("newsboat")]

READ = "user/-/state/com.google/read"


@pytest.fixture
def secret(tmp_path: Path) -> str:
    return new_token(tmp_path / "tokens", "newsboat", ("read",))


@pytest.fixture
def web(tmp_path: Path) -> Iterator[httpx.Client]:
    """A site of one source with three releases, for those with a token."""
    url = f"sqlite:{tmp_path / 'communique.db'}"
    now = dt.datetime.now(dt.UTC)
    with closing(open_store(url)) as store:
        store.register(Source("harbour", "Harbour", "http://harbour.example/"))
        for number in range(3):
            made = draft(
                f"http://harbour.example/{number}",
                title=f"Notice {number} & more",
                body_html=f"<p>Quay {number}</p>",
                body_text=f"Quay {number} is closed for {number + 3} days.",
            )
            store.record(made, seen=now, since=now)
    site = SiteSettings(access="token")
    access = Access(Permissions(tmp_path / "tokens"))
    yield from served_by(create_app(tmp_path / "site", url, site, access=access))


def synced(web: httpx.Client, secret: str, folder: Path) -> dict[str, tuple[str, str, bool]]:
    """What Newsboat has after a reload: title, text and whether it is unread, by id."""
    folder.mkdir()
    (folder / "urls").write_text("")
    (folder / "config").write_text(
        'urls-source "freshrss"\n'
        f'freshrss-url "{web.base_url}"\n'
        'freshrss-login "anybody"\n'
        f'freshrss-password "{secret}"\n'
        "freshrss-show-special-feeds no\n"
    )
    files = ("-u", "urls", "-c", "cache.db", "-C", "config")
    command = ["newsboat", *files, "-x", "reload"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)  # noqa: S603 - our own words
    with closing(sqlite3.connect(folder / "cache.db")) as db:
        rows = db.execute("SELECT guid, title, content, unread FROM rss_item")
        return {guid: (title, text, bool(unread)) for guid, title, text, unread in rows}


def test_newsboat_gets_all_entries_and_their_reading_states(
    web: httpx.Client, secret: str, tmp_path: Path
) -> None:
    first = synced(web, secret, tmp_path / "first")
    assert sorted(title for title, _, _ in first.values()) == [
        f"Notice {number} & more" for number in range(3)
    ]
    assert all("Quay" in text and unread for _, text, unread in first.values())
    one = next(iter(first))
    # As Newsboat sends it: the id is not encoded.
    sent = f"i={one}&a={READ}&r=user/-/state/com.google/kept-unread&ac=edit&T=x"
    head = {
        "authorization": f"GoogleLogin auth={secret}",
        "content-type": "application/x-www-form-urlencoded",
    }
    assert web.post("/reader/api/0/edit-tag", content=sent, headers=head).text == "OK"
    second = synced(web, secret, tmp_path / "second")
    assert {guid for guid, (_, _, unread) in second.items() if not unread} == {one}
