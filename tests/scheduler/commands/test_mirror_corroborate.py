"""Other instances over real sockets: agreement, forgers, noise, absence and failures."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from data.clock import utc_now
from data.models import Source
from data.models.capture import Exchange
from scheduler.home.home import open_home
from tests.command import collect, communique, make_home
from tests.drafts import draft
from tests.press_room import Room, listing_html, release_html, served
from tests.services import started
from tests.web_archive import LoopbackArchive, web_archive


@contextmanager
def instances(*homes: Path) -> Iterator[list[str]]:
    """The addresses of the sites of several HOMEs, while they are served."""
    with ExitStack() as stack:
        addresses = []
        for home in homes:
            environ = {"COMMUNIQUE_SITE__PORT": "0"}
            _, log = stack.enter_context(started("serve", home, environ=environ))
            found = re.search(r"at (http://[\w.:]+)", log.readline())
            assert found
            addresses.append(found[1])
        yield addresses


def compared(home: Path, addresses: list[str], *asked: str) -> tuple[int, dict[str, Any]]:
    """The exit code and report of a comparison."""
    text = (home / "communique.toml").read_text()
    settings = f"{text}\n[archive]\ninstances = {json.dumps(addresses)}\n"
    (home / "communique.toml").write_text(settings)
    result = communique("mirror", "corroborate", *asked, "--json", home=home)
    (home / "communique.toml").write_text(text)
    assert result.stdout, result.stderr
    return result.returncode, json.loads(result.stdout)


def collected(folder: Path, room: Room, *, times: int = 1) -> Path:
    home = make_home(folder, f"{room.base}/news/")
    for _ in range(times):
        collect(home)
    return home


def alter(home: Path, old: str, new: str) -> None:
    """Change a text in the store, as its owner could."""
    with closing(sqlite3.connect(home / "communique.db")) as db, db:
        changed = db.execute("UPDATE releases SET content = replace(content, ?, ?)", [old, new])
        assert changed.rowcount


@pytest.fixture
def room() -> Iterator[Room]:
    with served() as room:
        room.page("/news/", listing_html([1, 2, 3]))
        for number in (1, 2, 3):
            room.page(f"/news/{number}.html", release_html(number))
        yield room


def test_the_altered_copy_is_named_with_its_passage(tmp_path: Path, room: Room) -> None:
    home = collected(tmp_path / "ours", room)
    others = [tmp_path / "honest", tmp_path / "forger"]
    for one in others:
        shutil.copytree(home, one)
    alter(others[1], "counted 74 ships", "counted 47 ships")
    with instances(*others) as addresses:
        code, report = compared(home, addresses, "--sample", "9")
        assert (code, report["contradicted"]) == (1, 1)
        assert report["counts"] == {"payload": 5, "differs": 1}
        assert report["accused"] == {addresses[1]: 1}
        (passage,) = [
            part
            for one in report["releases"]
            for finding in one["archives"]
            for part in finding["passages"]
        ]
        assert "74 ships" in passage["ours"]
        assert "47 ships" in passage["theirs"]
        code, report = compared(home, addresses[:1])
        assert (code, report["counts"]) == (0, {"payload": 3})


def test_our_own_altered_copy_is_reported_as_ours(tmp_path: Path, room: Room) -> None:
    home = collected(tmp_path / "ours", room)
    others = [tmp_path / "one", tmp_path / "two"]
    for one in others:
        shutil.copytree(home, one)
    with closing(sqlite3.connect(home / "communique.db")) as db, db:
        db.execute(
            "UPDATE releases SET content = replace(content, 'stay open', 'not stay open')"
            " WHERE url LIKE '%/2.html'"
        )
    with instances(*others) as addresses:
        code, report = compared(home, addresses)
    assert (code, report["accused"]) == (1, {"ours": 1})


@pytest.mark.thorough
def test_noise_of_a_page_accuses_nobody(tmp_path: Path, room: Room) -> None:
    views = count(4711)

    def page(number: int) -> str:
        text = (
            f"<p>The Harbour Board of Lindmouth counted {number * 37} ships in its basins.</p>"
            f"<p>Harbour master Odile Brandt said that pier {number} would stay open all winter. "
            f"This page was read {next(views)} times, by session a{next(views)}f9b3c2.</p>"
            f"<p>Teaser of the day: lamp number {next(views) % 5} on the northern mole is lit.</p>"
        )
        return release_html(number, text=text)

    for number in (1, 2, 3):
        room.fresh(f"/news/{number}.html", partial(page, number))
    home = collected(tmp_path / "ours", room, times=3)
    others = [collected(tmp_path / name, room, times=2) for name in ("one", "two")]
    with instances(*others) as addresses:
        code, report = compared(home, addresses)
    assert (code, report["accused"]) == (0, {}), report


def test_absent_copies_are_no_fault_and_failing_archives_are(tmp_path: Path, room: Room) -> None:
    home = collected(tmp_path / "ours", room)
    empty = make_home(tmp_path / "empty", f"{room.base}/news/")
    with instances(empty) as addresses:
        code, report = compared(home, addresses)
        assert (code, report["counts"]) == (0, {"absent": 3})
    code, report = compared(home, ["http://127.0.0.1:9"])
    assert (code, report["counts"]) == (1, {"failed": 3})
    result = communique("mirror", "corroborate", home=home)
    assert (result.returncode, "archive.instances" in result.stderr) == (2, True)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "body",
    [
        '{"title": "x", "updated": "2026-03-02T12:00:00"}',
        '{"title": "x", "updated": "2026-03-02T12:00:00Z", "provenance": {"a":' + "[" * 9999,
    ],
)
def test_a_peer_with_unusable_json_fails_and_the_others_are_compared(
    tmp_path: Path, room: Room, body: str
) -> None:
    home = collected(tmp_path / "ours", room)
    with instances(home) as addresses, served() as peer:
        release = json.loads(communique("export", home=home).stdout.splitlines()[0])["id"]
        peer.page(f"/api/releases/{release}", body)
        code, report = compared(home, [peer.base, *addresses], release)
    assert (code, report["counts"]) == (1, {"failed": 1, "payload": 1})


def test_a_web_archive_is_a_voice_for_public_pages(tmp_path: Path) -> None:
    url, now = "http://93.184.216.34/news/1.html", utc_now()
    home = make_home(tmp_path / "ours", "http://93.184.216.34/news/")
    html = release_html(1)
    with closing(open_home(home).open_archive()) as archive:
        headers = ((b"Content-Type", b"text/html"),)
        exchange = Exchange(url, now, 200, "OK", headers, html.encode())
        capture = archive.exchange(exchange)
        archive.seal()
    text = "\n".join(re.findall("<p>(.*?)</p>", html))
    with closing(open_home(home).store()) as store:
        store.register(Source("harbour", "Harbour Board", "http://93.184.216.34/news/"))
        title = "Notice 1: ships counted at pier 1"
        one = draft(url, title=title, body_text=text, capture=capture)
        release = store.record(one, seen=now, since=now).release.id
    with web_archive(LoopbackArchive()) as web:
        web.add(url, f"{now:%Y%m%d%H%M%S}", html)
        assert voice(home, f"{web.address}/coll") == (0, "payload")
        alter(home, "37 ships", "99 ships")
        assert voice(home, f"{web.address}/coll") == (1, "differs")
        alter(home, "99 ships", "37 ships")
        web.held.clear()
        assert voice(home, f"{web.address}/coll") == (0, "absent")
        web.add(url, f"{now:%Y%m%d%H%M%S}", html.replace("37 ships", "99 ships"))
        assert voice(home, f"{web.address}/coll") == (1, "differs")
        with closing(open_home(home).store()) as store:
            store.retract(release, at=now, why="gone")
        assert voice(home, f"{web.address}/coll") == (1, "differs")
        web.asked.clear()
        with closing(open_home(home).store()) as store:
            store.hide(release, at=now, why="a mistake")
        assert voice(home, f"{web.address}/coll", release) == (0, "skipped")
        assert web.asked == []


def voice(home: Path, address: str, *asked: str) -> tuple[int, str]:
    """The exit code of a comparison with a web archive, and its agreement."""
    environ = f'[archive]\nweb_archives = ["{address}"]\n'
    text = (home / "communique.toml").read_text()
    (home / "communique.toml").write_text(f"{text}\n{environ}")
    result = communique("mirror", "corroborate", *asked, "--json", home=home)
    (home / "communique.toml").write_text(text)
    (finding,) = json.loads(result.stdout)["releases"][0]["archives"]
    return result.returncode, finding["agreement"]
