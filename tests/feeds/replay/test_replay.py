"""A release's page is its own TimeGate: its versions are mementos (RFC 7089, pattern 1.1)."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from data.models import Draft, Source
from data.settings import SiteSettings
from data.store.open import open_store
from feeds.publishing.publish import publish
from feeds.replay.memento import http_date
from feeds.server.app import create_app
from tests.feeds.sample_store import make_release
from tests.feeds.serving import served_by

DAY = dt.timedelta(days=1)
SITE = "https://press.example"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a release of two versions, ten days apart, and another of one version."""
    folder = tmp_path_factory.mktemp("published")
    store = open_store(f"sqlite:{folder / 'communique.db'}")
    store.register(Source("acme", "ACME", "https://acme.example/", "Asia/Baku"))
    ids = []
    for number, title, after in ((1, "Opens", 0), (2, "Stays", 0), (1, "Opens never", 10)):
        one = make_release(number, title=title, body_text=f"{title}, said the board {number}.")
        seen = one.order + after * DAY
        draft = Draft("acme", one.url, one.content)
        ids.append(store.record(draft, seen=seen, since=seen).release.id)
    publish(store, folder / "site", SiteSettings(url=SITE))
    store.close()
    (folder / "single").write_text(ids[1])
    (folder / "double").write_text(ids[0])
    assert ids[0] == ids[2]
    return folder


@pytest.fixture
def release(tmp_path: Path, published: Path) -> str:
    """The id of the release of two versions, in a copy of the folder."""
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    return (tmp_path / "double").read_text()


@pytest.fixture
def web(tmp_path: Path, release: str) -> Iterator[httpx.Client]:
    assert release
    url = f"sqlite:{tmp_path / 'communique.db'}"
    yield from served_by(create_app(tmp_path / "site", url, SiteSettings(url=SITE)))


FIRST = make_release(1).order


def links(answer: httpx.Response) -> dict[str, str]:
    """The addresses that a Link header names, by their relation."""
    found = re.findall(r'<([^>]+)>; rel="([^"]+)"', answer.headers["link"])
    return {rel: address for address, rel in found}


def test_a_releases_page_announces_datetime_negotiation(web: httpx.Client, release: str) -> None:
    for answer in (web.get(f"/releases/{release}/"), web.head(f"/releases/{release}/")):
        assert answer.status_code == 200
        assert "accept-datetime" in ", ".join(answer.headers.get_list("vary"))
        assert links(answer) == {
            "original timegate": f"{SITE}/releases/{release}/",
            "timemap": f"{SITE}/releases/{release}/timemap",
        }
        assert "memento-datetime" not in answer.headers
    again = web.get(f"/releases/{release}/", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    assert "accept-datetime" in ", ".join(again.headers.get_list("vary"))


@pytest.mark.parametrize(
    ("at", "number"),
    [
        (FIRST - 900 * DAY, 1),
        (FIRST + 9 * DAY, 1),
        (FIRST + 10 * DAY, 2),
        (FIRST + 900 * DAY, 2),
    ],
)
def test_a_time_redirects_to_the_version_current_then(
    web: httpx.Client, release: str, at: dt.datetime, number: int
) -> None:
    for ask in (web.get, web.head):
        answer = ask(f"/releases/{release}/", headers={"accept-datetime": http_date(at)})
        assert answer.status_code == 302
        assert answer.headers["location"] == f"{SITE}/releases/{release}/revisions/{number}/"
        assert answer.headers["vary"] == "accept-datetime"
        assert "memento-datetime" not in answer.headers
        assert links(answer)["original timegate"] == f"{SITE}/releases/{release}/"


def test_an_invalid_date_is_a_400_that_still_varies(web: httpx.Client, release: str) -> None:
    answer = web.get(f"/releases/{release}/", headers={"accept-datetime": "yesterday"})
    assert answer.status_code == 400
    assert answer.headers["vary"] == "accept-datetime"
    assert "original timegate" in links(answer)
    assert "yesterday" in answer.text


def test_a_version_ignores_accept_datetime(web: httpx.Client, release: str) -> None:
    path = f"/releases/{release}/revisions/1/"
    for asked in ("", http_date(FIRST + 900 * DAY), "nonsense"):
        answer = web.get(path, headers={"accept-datetime": asked} if asked else {})
        assert answer.status_code == 200
        assert answer.headers["memento-datetime"] == http_date(FIRST)
        assert "accept-datetime" not in answer.headers.get("vary", "")
        named = links(answer)
        assert named["first memento"] == f"{SITE}{path}"
        assert named["last next memento"] == f"{SITE}/releases/{release}/revisions/2/"
        assert "Opens" in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    tag = answer.headers["etag"]
    assert web.get(path, headers={"if-none-match": tag}).status_code == 304


def test_a_release_of_one_version_has_a_memento_too(web: httpx.Client, tmp_path: Path) -> None:
    release = (tmp_path / "single").read_text()
    answer = web.get(f"/releases/{release}/revisions/1/")
    assert answer.status_code == 200
    assert links(answer)["first last memento"].endswith("/revisions/1/")


def test_a_timemap_lists_the_versions_and_negotiates_nothing(
    web: httpx.Client, release: str
) -> None:
    for headers in ({}, {"accept-datetime": "nonsense"}):
        answer = web.get(f"/releases/{release}/timemap", headers=headers)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/link-format"
        assert "vary" not in answer.headers
        assert "memento-datetime" not in answer.headers
        assert answer.text.count('memento"; datetime=') == 2
        assert f'<{SITE}/releases/{release}/revisions/2/>; rel="last memento"' in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/releases/00000000-0000-0000-0000-000000000000/timemap",
        "/releases/00000000-0000-0000-0000-000000000000/revisions/1/",
        "/releases/RELEASE/revisions/3/",
        "/releases/RELEASE/revisions/0/",
        "/releases/~zz/timemap",
    ],
)
def test_unknown_releases_and_versions_are_not_found(
    web: httpx.Client, release: str, path: str
) -> None:
    headers = {"accept-datetime": http_date(FIRST)}
    answer = web.get(path.replace("RELEASE", release), headers=headers)
    assert answer.status_code == 404
    assert "vary" not in answer.headers
    unknown = web.get("/releases/00000000-0000-0000-0000-000000000000/", headers=headers)
    assert unknown.status_code == 404


def test_a_static_site_announces_no_negotiation(tmp_path: Path, release: str) -> None:
    for plain in served_by(create_app(tmp_path / "site")):
        answer = plain.get(f"/releases/{release}/", headers={"accept-datetime": "nonsense"})
        assert answer.status_code == 200
        assert "link" not in answer.headers
