"""Real readers take every item once, poll for nothing, and see nothing as new that is not."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import feedparser
import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from data.models import Media, Release
from data.settings import SiteSettings
from feeds.publishing.publish import publish
from feeds.server.app import create_app
from tests.feeds.sample_store import SampleStore, make_release, on_day

COUNT = 12


class Item(NamedTuple):
    """What a reader shows of a release."""

    id: str
    title: str
    at: float
    enclosure: str
    content: str


class Press:
    """A published and served site, and the statuses that were answered."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.store = SampleStore(*(make_release(number) for number in range(COUNT)))
        published = on_day("2022-11-20", "Asia/Baku")
        self.store.put(make_release(50, published=published, order=published.at))
        self.statuses: list[int] = []
        self._app = create_app(home / "site")
        self._server = uvicorn.Server(
            uvicorn.Config(self.answer, log_config=None, lifespan="off", interface="asgi3")
        )
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})
        self.publish()
        self._thread.start()

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and note the status."""

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start" and "/feeds/" in scope["path"]:
                self.statuses.append(message["status"])
            await send(message)

        await self._app(scope, receive, noted)

    def publish(self) -> None:
        """Publish what changed."""
        site = SiteSettings(url=self.url)
        assert not publish(
            self.store, self._home / "site", site, cache=self._home / "rendered.db"
        ).errors

    def happen(self) -> None:
        """Let one release be edited, one move to another address, one be retracted."""
        later = make_release(60).updated
        one, two, three = (self.store.stored(make_release(number).id) for number in (1, 2, 3))
        text = replace(one.content, title="Statement one, corrected")
        self.store.put(replace(one, content=text, revision=2, updated=later))
        self.store.put(replace(two, url="https://acme.example/moved/2", updated=later))
        self.store.put(replace(three, retracted=later))
        self.publish()

    def stop(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


Poll = Callable[[str, Path], list[Item]]


def with_reader(url: str, folder: Path) -> list[Item]:
    """lemon24/reader, which keeps its own database."""
    reader = pytest.importorskip("reader").make_reader(str(folder / "reader.db"))
    try:
        reader.add_feed(url, exist_ok=True)
        reader.update_feed(url)
        return [
            Item(
                entry.id,
                entry.title or "",
                entry.published.timestamp() if entry.published else 0.0,
                entry.enclosures[0].href if entry.enclosures else "",
                entry.get_content().value if entry.get_content() else "",
            )
            for entry in reader.get_entries()
        ]
    finally:
        reader.close()


def with_newsboat(url: str, folder: Path) -> list[Item]:
    """Newsboat, whose cache is an SQLite file."""
    (folder / "urls").write_text(url + "\n")
    (folder / "config").write_text("auto-reload no\n")
    files = ("-u", "urls", "-c", "cache.db", "-C", "config")
    run(["newsboat", *files, "-x", "reload"], folder)
    with sqlite3.connect(folder / "cache.db") as db:
        rows = db.execute("SELECT guid, title, pubDate, enclosure_url, content FROM rss_item")
        found = [Item(row[0], row[1], float(row[2]), row[3], row[4]) for row in rows]
    db.close()
    return found


def with_sfeed(url: str, folder: Path) -> list[Item]:
    """sfeed, whose feeds are lines of fields parted by tabs."""
    (folder / "rc").write_text(f'sfeedpath="{folder}"\nfeeds() {{ feed press "{url}"; }}\n')
    run(["sfeed_update", "rc"], folder)
    rows = [line.split("\t") for line in (folder / "press").read_text("utf-8").splitlines()]
    return [Item(row[5], row[1], float(row[0]), row[7], row[3]) for row in rows]


def files_of(release: Release) -> tuple[Media, ...]:
    """The files of a release."""
    return (*release.content.attachments, *release.content.images)


def run(command: list[str], folder: Path) -> None:
    """Run a reader in its own folder."""
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)  # noqa: S603 - our own words


def installed(program: str) -> pytest.MarkDecorator:
    """Skip where a reader is not installed."""
    return pytest.mark.skipif(
        shutil.which(program) is None, reason=f"{program} is not installed (Debian has it)"
    )


READERS = [
    pytest.param(with_reader, id="reader"),
    pytest.param(with_newsboat, id="newsboat", marks=installed("newsboat")),
    pytest.param(with_sfeed, id="sfeed", marks=installed("sfeed_update")),
]


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    found = Press(tmp_path / "home")
    yield found
    found.stop()


@pytest.mark.integration
@pytest.mark.parametrize("kind", ["atom", "rss", "json"])
@pytest.mark.parametrize("poll", READERS)
def test_a_reader_takes_all_once_and_sees_nothing_as_new_that_is_not(
    press: Press, tmp_path: Path, poll: Poll, kind: str
) -> None:
    url = f"{press.url}/feeds/all.{kind}"
    if kind == "json" and poll is with_newsboat:
        pytest.skip("newsboat reads no JSON Feed")
    if kind == "json" and poll is with_sfeed:
        pytest.skip("sfeed_update reads XML only")
    first = poll(url, tmp_path)
    assert len(first) == COUNT + 1
    by_id = {item.id: item for item in first}
    for release in press.store.every().values():
        item = by_id[f"urn:uuid:{release.id}"]
        assert item.title == release.content.title
        assert item.at == release.published.at.timestamp()
        # Newsboat keeps one file an item, and takes the last.
        assert item.enclosure in {media.url for media in files_of(release)}
        assert "All that statement" in item.content
    if poll is with_newsboat:
        # It keeps validators from its second visit on.
        poll(url, tmp_path)
    press.statuses.clear()
    assert sorted(poll(url, tmp_path)) == sorted(first)
    assert press.statuses == [304] or poll is with_sfeed
    press.happen()
    after = poll(url, tmp_path)
    assert {item.id for item in after} == set(by_id)
    # The others ask for no more than what they lack.
    whole = poll is with_sfeed or kind == "json"
    assert press.statuses[-1] == (200 if whole else 226)
    if poll is with_reader:
        changed = {item.title for item in after} - {item.title for item in first}
        assert changed == {"Statement one, corrected"}
    # To sfeed an item is its id, title and address: the edit and the move, but no retraction.
    assert len(after) == len(first) + 2 * (poll is with_sfeed)


@pytest.mark.parametrize("kind", ["atom", "rss"])
def test_feedparser_reads_everything_and_gets_304_if_nothing_changed(
    press: Press, kind: str
) -> None:
    url = f"{press.url}/feeds/all.{kind}"
    first = feedparser.parse(url)
    assert not first.bozo
    assert len({entry.id for entry in first.entries}) == COUNT + 1
    enclosures: list[Any] = [entry.enclosures[0] for entry in first.entries]
    assert {(one.href, one.type, one.length) for one in enclosures} == {
        ("https://acme.example/a.pdf", "application/pdf", "1234")
    }
    again = feedparser.parse(url, etag=first.etag, modified=first.modified)
    assert (again.status, len(again.entries)) == (304, 0)
