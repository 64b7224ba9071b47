"""Two versions are shown side by side: their pages or screenshots, and the changed text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from lxml import html

from data.archive.archive import Archive
from data.identity.matching import DatedContent
from data.settings import ArchiveSettings, SiteSettings
from data.store.open import open_store
from feeds.server.app import HomeFolders, create_app
from tests.archived import START, archived_home, exchange, page
from tests.feeds.serving import served_by

URL = "https://acme.example/news/0"
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
EDITED = START + dt.timedelta(days=20)
WEBP = b"RIFF\x0c\x00\x00\x00WEBPVP8 "


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    with archived_home(folder):
        pass
    with closing(Archive(folder / "archive", ArchiveSettings())) as archive:
        for uri, kind, block, at in (
            (f"urn:screenshot:{URL}", "image/webp", WEBP, START + MINUTE),
            (f"urn:pdf:{URL}", "application/pdf", b"%PDF-1.7", START + MINUTE),
            # A record with another type than that of its address is not shown.
            (f"urn:pdf:{URL}", "text/html", b"<script>", EDITED + MINUTE),
        ):
            archive.resource(uri, kind, block, at=at)
    return folder


@pytest.fixture(scope="module")
def web(home: Path) -> Iterator[httpx.Client]:
    store = f"sqlite:{home / 'communique.db'}"
    yield from served_by(create_app(home / "site", store, home=HomeFolders(home / "archive")))


def release_of(home: Path) -> str:
    with closing(open_store(f"sqlite:{home / 'communique.db'}")) as store:
        return store.find_releases(URL, limit=1)[0].id


def test_two_versions_are_side_by_side_with_the_changed_text(web: httpx.Client, home: Path) -> None:
    path = f"/releases/{release_of(home)}/capture/compare"
    answer = web.get(f"{path}?old=1&new=2")
    assert answer.status_code == 200
    assert "frame-src 'self'" in answer.headers["content-security-policy"]
    page: Any = html.fromstring(answer.text)
    # The first version has a screenshot, the second one has only its page.
    (picture,) = page.xpath("//section[@aria-labelledby='version-1']//img/@src")
    assert web.get(urljoin(path, picture)).content == WEBP
    (framed,) = page.xpath("//section[@aria-labelledby='version-2']//iframe")
    assert framed.get("sandbox") == ""
    assert "It was wrong." in web.get(framed.get("src")).text
    assert "It was wrong." in page.xpath("string(//section[@class='difference'])")
    assert web.get(path).text == answer.text


def test_pages_of_versions_link_to_their_comparison(web: httpx.Client, home: Path) -> None:
    base = f"/releases/{release_of(home)}/"
    for path in ("revisions/2/", "capture/"):
        page: Any = html.fromstring(web.get(base + path).text)
        (link,) = {one for one in page.xpath("//a/@href") if "compare" in one}
        assert web.get(urljoin(base + path, link)).status_code == 200
    assert "compare" not in web.get(f"{base}revisions/1/").text


def test_versions_from_web_archives_are_compared_with_their_neighbours(tmp_path: Path) -> None:
    times = [START - 2 * DAY, START - DAY]
    with archived_home(tmp_path) as store:
        release = store.find_releases(URL, limit=1)[0]
        with closing(Archive(tmp_path / "archive", ArchiveSettings())) as archive:
            found = [
                DatedContent(
                    at,
                    replace(release.content, body_text=f"Quay {at.day} opens."),
                    archive.exchange(exchange(URL, page(0, f"Quay {at.day} opens."), at)),
                )
                for at in times
            ]
        assert store.add_earlier_versions(release.id, found) == 2
    store_url = f"sqlite:{tmp_path / 'communique.db'}"
    for web in served_by(
        create_app(tmp_path / "site", store_url, home=HomeFolders(tmp_path / "archive"))
    ):
        base = f"/releases/{release.id}/"
        listed: Any = html.fromstring(web.get(f"{base}capture/").text)
        links = [one for one in listed.xpath("//a/@href") if "compare" in one]
        numbers = [f"{at:%Y%m%d%H%M%S}" for at in times]
        assert links == [
            f"compare?old={numbers[0]}&new={numbers[1]}",
            f"compare?old={numbers[1]}&new=1",
            "compare?old=1&new=2",
        ]
        version: Any = html.fromstring(web.get(f"{base}revisions/{numbers[1]}/").text)
        assert version.xpath("//a[@rel='prev']/@href")[0].endswith(f"/{numbers[0]}/")
        (link,) = [one for one in version.xpath("//a/@href") if "compare" in one]
        compared = web.get(urljoin(f"{base}revisions/{numbers[1]}/", link))
        assert compared.status_code == 200
        shown: Any = html.fromstring(compared.text)
        assert "2022-11-22 08:00 UTC" in shown.xpath("string(//h2)")
        (chip,) = [one for one in shown.xpath("//a/@href") if "compare" in one]
        assert chip.endswith(f"/capture/{links[1]}")


def test_a_screenshot_and_a_pdf_belong_to_the_version_before_them(
    web: httpx.Client, home: Path
) -> None:
    base = f"/releases/{release_of(home)}/capture/"
    shot = web.get(f"{base}screenshot?revision=1")
    assert (shot.headers["content-type"], shot.content) == ("image/webp", WEBP)
    assert shot.headers["memento-datetime"] == "Thu, 24 Nov 2022 08:01:00 GMT"
    assert "sandbox" in shot.headers["content-security-policy"]
    pdf = web.get(f"{base}pdf?revision=1")
    assert (pdf.content, pdf.headers["content-disposition"]) == (b"%PDF-1.7", "attachment")
    for path in ("screenshot", "screenshot?revision=2", "pdf?revision=2", "pdf?revision=9"):
        assert web.get(base + path).status_code == 404
    links: Any = html.fromstring(web.get(base).text)
    assert links.xpath("id('revision-1')//a[starts-with(@href, 'screenshot')]")
    assert not links.xpath("id('revision-2')//a[starts-with(@href, 'screenshot')]")


@pytest.mark.parametrize(
    ("query", "status"),
    [("old=1&new=9", 404), ("old=x", 400), ("new=0", 400), ("old=1&new=1", 200)],
)
def test_only_versions_of_the_release_are_compared(
    web: httpx.Client, home: Path, query: str, status: int
) -> None:
    answer = web.get(f"/releases/{release_of(home)}/capture/compare?{query}")
    assert answer.status_code == status


def test_a_hidden_release_is_not_compared(tmp_path: Path) -> None:
    with archived_home(tmp_path) as store:
        release = store.find_releases(URL, limit=1)[0].id
        store.hide(release, at=EDITED, why="order")
    app = create_app(
        tmp_path / "site",
        f"sqlite:{tmp_path / 'communique.db'}",
        SiteSettings(),
        home=HomeFolders(tmp_path / "archive"),
    )
    for web in served_by(app):
        for path in ("compare", "screenshot", "pdf", "page"):
            assert web.get(f"/releases/{release}/capture/{path}").status_code == 410
