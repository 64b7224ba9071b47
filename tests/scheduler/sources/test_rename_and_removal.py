"""Sources that are renamed and removed: what readers, watchers and archivists find afterwards."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import feedparser
import httpx
import pytest

from data.settings import SiteSettings
from data.store.sqlite.store import SqliteStore
from feeds.server.app import HomeFolders, create_app
from feeds.server.monitoring import Measurements
from scheduler.home.home import home_at
from scheduler.sources import rename_and_removal as source_changes
from scheduler.sources.home_health import home_health
from scheduler.sources.rename_and_removal import EACH_HOME, remove_source, rename_source
from spiders.sources.source_file import shipped_folder
from tests.command import SETTINGS, collect, communique, make_home
from tests.feeds.serving import served_by
from tests.press_room import Room, listing_html, release_html, served
from tests.services import home_on

LINES = [
    {
        "url": f"http://{source}.example/{number}",
        "title": f"{source.title()} {number}",
        "body_text": f"All that {source} says of the pilots at pier {number} and of its lamp.",
        "published": f"2026-03-{number:02}",
        "topics": ["harbours"],
    }
    for source in ("wire", "post")
    for number in range(1, 9)
]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A HOME of two sources with feeds so short that archive pages are cut, published."""
    home = tmp_path_factory.mktemp("published") / "home"
    home.mkdir()
    (home / "communique.toml").write_text(SETTINGS + "\n[site]\nentries = 4\n")
    for source in ("wire", "post"):
        lines = home.parent / f"{source}.jsonl"
        of_source = [line for line in LINES if source in line["url"]]
        lines.write_text("\n".join(map(json.dumps, of_source)))
        done(home, "import", str(lines), "--source", source)
    done(home, "publish")
    return home


@pytest.fixture
def home(published: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(published, tmp_path / "home"))


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room of two releases."""
    with served() as room:
        room.page("/news/", listing_html([2, 1]))
        for number in (1, 2):
            room.page(f"/news/{number}.html", release_html(number, day=f"{number} March 2026"))
        yield room


def done(home: Path, *arguments: str) -> Any:
    """What a command says as JSON that ended well."""
    result = communique(*arguments, "--json", home=home)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def refused(home: Path, *arguments: str) -> str:
    """The sentence by which a command refuses, without a trace of what went on inside."""
    result = communique("sources", *arguments, home=home)
    assert (result.returncode, result.stdout) == (2, ""), result.stderr
    assert result.stderr.count("\n") == 1
    return result.stderr


def client_of(home: Path) -> Iterator[httpx.Client]:
    url = f"sqlite:{home / 'communique.db'}"
    yield from served_by(
        create_app(home / "site", url, SiteSettings(), home=HomeFolders(home / "archive"))
    )


def site(home: Path) -> dict[str, bytes]:
    """All files of the site that are served, by name, but for the log."""
    folder = home / "site"
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name[0] != "." and not path.is_relative_to(folder / "log")
    }


def killed_in(name: str, action: Callable[[], object]) -> None:
    """Do something in a process that is killed where it calls ``name``."""

    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def run() -> None:
        owner: Any = SqliteStore if hasattr(SqliteStore, name) else source_changes
        setattr(owner, name, die)
        action()

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_a_renamed_source_keeps_its_feed_and_its_old_urls_redirect(home: Path) -> None:
    before = feedparser.parse(home / "site/feeds/source/wire.atom")
    pages = [name for name in site(home) if name.startswith("feeds/source/wire/page/")]
    assert pages
    assert done(home, "sources", "rename", "wire", "cable")["releases"] == 8
    done(home, "publish")
    after = feedparser.parse(home / "site/feeds/source/cable.atom")
    assert after.feed.id == before.feed.id
    assert [one.id for one in after.entries] == [one.id for one in before.entries]
    files = site(home)
    assert {name.replace("wire", "cable") for name in pages} <= files.keys()
    # No page links to the old URLs.
    assert [name for name in files if "/wire" in name] == []
    leading = (b"source/wire", b"sources/wire", b"source=wire")
    assert [name for name, text in files.items() if any(one in text for one in leading)] == []
    for client in client_of(home):
        for old in (
            *("/feeds/source/wire.atom", "/feeds/source/wire.rss?asof=2026-03-04"),
            *("/feeds/source/wire/page/1.json", "/feeds/source/wire/topic/harbours.atom"),
            *("/sources/wire/", "/sources/wire/topics/harbours/", "/sources/wire/badge.svg"),
        ):
            answer = client.get(old)
            assert answer.status_code == client.head(old).status_code == 301, old
            assert "max-age=3600" in answer.headers["cache-control"]
            place = answer.url.join(answer.headers["location"])
            assert str(place).endswith(old.replace("wire", "cable"))
            assert client.get(place).status_code == 200, place
        # What asks for the old id finds the source.
        found = client.get("/feeds/search.json?q=pilots&source=wire").json()["items"]
        assert len(found) == 8
        assert "source/cable.atom" in client.get("/opml.xml?source=wire").text
        assert client.get("/feeds/source/nobody.atom").status_code == 404
        assert client.get("/feeds/source/wire.atom", follow_redirects=True).status_code == 200


def test_a_current_or_former_id_is_refused(home: Path) -> None:
    assert "'nobody'" in refused(home, "rename", "nobody", "cable")
    assert "releases of a source 'post'" in refused(home, "rename", "wire", "post")
    assert "releases of a source 'wire' already" in refused(home, "rename", "wire", "wire")
    assert "'nobody'" in refused(home, "rename", "nobody", "nobody")
    shipped = next(shipped_folder().glob("*.toml"))
    assert "the file exists already" in refused(home, "rename", "wire", shipped.stem)
    assert "bundled with Communique" in refused(home, "rename", shipped.stem, "cable")
    assert "lower-case letters" in refused(home, "rename", "wire", "Wire!")
    assert "lower-case letters" in refused(home, "rename", "wire", "../wire")
    done(home, "sources", "rename", "wire", "cable")
    assert "'wire' was renamed to 'cable'" in refused(home, "rename", "wire", "third")
    assert "'wire' was renamed to 'cable'" in refused(home, "rename", "post", "wire")
    assert "'wire' was renamed to 'cable'" in refused(home, "remove", "wire")
    assert "'nobody'" in refused(home, "remove", "nobody")
    for command in (
        *(("export", "--source"), ("search", "pilots", "--source"), ("health", "unmute")),
        ("mirror", "export", "--format", "folder", "--to", "x", "--source"),
    ):
        told = communique(*command, "wire", home=home)
        assert "'wire' was renamed to 'cable'" in told.stdout + told.stderr, command
    lines = home.parent / "lines.jsonl"
    lines.write_text(json.dumps(LINES[0]))
    imported = communique("import", str(lines), "--source", "wire", home=home)
    assert imported.returncode == 2
    assert "'wire' was renamed to 'cable'" in imported.stderr
    added = communique("add", "http://127.0.0.1:9/", "--id", "wire", home=home)
    assert "'wire' was renamed to 'cable'" in added.stderr
    again = communique("sources", "rename", "wire", "cable", home=home)
    assert (again.returncode, again.stdout) == (1, "")
    assert done(home, "sources", "rename", "cable", "wire")["new"] == "wire"


def test_releases_of_a_removed_source_disappear_and_return_with_it(home: Path) -> None:
    before = site(home)
    assert done(home, "sources", "remove", "wire")["releases"] == 8
    done(home, "publish")
    after = site(home)
    assert [name for name in after if "/wire" in name] == []
    assert [name for name, text in after.items() if b"says of the pilots" in text] != []
    assert [name for name, text in after.items() if b"wire.example" in text] == []
    assert communique("search", "pilots", "--json", home=home).stdout.count('"id"') == 8
    for client in client_of(home):
        for gone in (
            *("/feeds/source/wire.atom", "/feeds/source/wire/page/1.rss", "/sources/wire/"),
            "/feeds/source/wire/topic/harbours.json",
        ):
            answer = client.get(gone)
            assert answer.status_code == 410, gone
            assert "no longer collected" in answer.text
        lost = {name.split("/")[1] for name in before.keys() - after.keys() if "rele" in name}
        releases = {name.removesuffix(".json") for name in lost}
        assert len(releases) == 8
        assert {client.get(f"/releases/{one}/").status_code for one in releases} == {410}
    again = communique("sources", "remove", "wire", home=home)
    assert (again.returncode, again.stdout) == (1, "")
    # The same again brings all of it back, under the same ids and on the same pages.
    lines = home.parent / "lines.jsonl"
    lines.write_text(json.dumps(LINES[0]))
    done(home, "import", str(lines), "--source", "wire")
    done(home, "publish")
    assert site(home) == before


def test_kept_releases_of_a_removed_source_show_its_removal_date(home: Path) -> None:
    before = site(home)
    done(home, "sources", "remove", "wire", "--keep")
    done(home, "publish")
    after = site(home)
    assert after.keys() == before.keys()
    changed = {name for name in after if after[name] != before[name]}
    formats = {f"feeds/source/wire.{kind}" for kind in ("atom", "rss", "json")}
    assert changed == {*formats, "sources/wire/index.html", "sources/index.html"}
    assert all(b"Collection stopped on " in after[name] for name in changed)
    health = json.loads(communique("health", "--json", home=home).stdout)["sources"]
    assert [one["id"] for one in health] == ["post"]
    (removed,) = done(home, "sources", "list")["removed"]
    assert (removed["id"], removed["kept"]) == ("wire", True)
    assert ", kept" in communique("sources", home=home).stdout


def test_a_collected_source_continues_under_its_new_id(room: Room, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    (home / "samples/harbour").mkdir(parents=True)
    assert collect(home)["new"] == 2
    done(home, "sources", "rename", "harbour", "port")
    assert not (home / "sources/harbour.toml").exists()
    assert (home / "samples/port").is_dir()
    run = collect(home)
    assert (run["source"], run["new"], run["unchanged"], run["errors"]) == ("port", 0, 2, [])
    done(home, "publish")
    done(home, "mirror", "rebuild", "--to", str(tmp_path / "again"))
    assert [path.name for path in (tmp_path / "again/sources").iterdir()] == ["port.toml"]
    assert site(tmp_path / "again") == site(home)
    # A file of before that comes back by mistake collects nothing.
    (home / "sources/harbour.toml").write_bytes((home / "sources/port.toml").read_bytes())
    (old,) = json.loads(communique("collect", "harbour", "--json", home=home).stdout)["runs"]
    assert "'harbour' was renamed to 'port'" in old["errors"][0]["message"]
    assert "exists as well" in refused(home, "rename", "harbour", "port")
    (home / "sources/harbour.toml").unlink()
    # A visit holds its source.
    with home_at(home).lock("source-port", "a visit to this source"):
        busy = communique("sources", "remove", "port", home=home)
    assert (busy.returncode, busy.stdout) == (1, "")
    assert "in use by a visit to this source" in busy.stderr
    text = (home / "sources/port.toml").read_bytes()
    done(home, "sources", "remove", "port")
    assert not (home / "sources/port.toml").exists()
    (home / "sources/port.toml").write_bytes(text)
    assert collect(home)["unchanged"] == 2
    assert communique("search", "pilots", "--json", home=home).stdout.count('"id"') == 2


def test_a_killed_rename_is_finished_by_the_same_command(room: Room, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    collect(home)
    killed_in("move", lambda: rename_source(home_at(home), "harbour", "port"))
    # No release is collected twice in between.
    (run,) = json.loads(communique("collect", "--json", home=home).stdout)["runs"]
    assert "'harbour' was renamed to 'port'" in run["errors"][0]["message"]
    assert done(home, "sources", "rename", "harbour", "port")["done"]
    run = collect(home)
    assert (run["source"], run["new"], run["unchanged"], run["errors"]) == ("port", 0, 2, [])


def test_renaming_and_removing_names_the_other_homes_of_a_fleet(
    room: Room, tmp_path: Path, postgres_url: str
) -> None:
    homes = [home_on(tmp_path / name, postgres_url, room) for name in ("first", "second")]
    for home in homes:
        renamed = communique("sources", "rename", "harbour", "port", home=home)
        assert renamed.returncode == 0
        assert EACH_HOME in renamed.stderr
        assert [path.stem for path in (home / "sources").iterdir()] == ["port"]
    for home in homes:
        removed = communique("sources", "remove", "port", home=home)
        assert removed.returncode == 0
        assert EACH_HOME in removed.stderr
        assert not [*(home / "sources").iterdir()]


def test_a_killed_removal_is_reported_and_can_be_finished(room: Room, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    collect(home)
    killed_in("remove_source", lambda: remove_source(home_at(home), "harbour", kept=False))
    result = communique("health", "--json", home=home)
    (one,) = json.loads(result.stdout)["sources"]
    assert (result.returncode, one["id"], one["state"]) == (1, "harbour", "failing")
    assert one["code"] == "source.missing"
    assert one["reason"].startswith("its source file HOME/sources/harbour.toml is missing")
    # Monitoring systems hear the same.
    opened = home_at(home)
    app = create_app(
        opened.site,
        opened.store_url,
        measured=Measurements(lambda store: home_health(opened, store)),
    )
    for client in served_by(app):
        (heard,) = client.get("/health").json()["sources"]
        assert heard.items() <= one.items()
        failing = 'communique_source_state{communique_source_state="failing",source="harbour"} 1.0'
        assert failing in client.get("/metrics").text
    assert done(home, "sources", "remove", "harbour")["done"]
    assert json.loads(communique("health", "--json", home=home).stdout)["sources"] == []


def test_a_watch_with_the_former_id_of_a_source_still_matches(home: Path) -> None:
    done(home, "watch", "add", "Wire", "--source", "wire", "--feed")
    before = done(home, "watch", "test", "wire")["matches"]
    assert before
    done(home, "sources", "rename", "wire", "cable")
    after = done(home, "watch", "test", "wire")["matches"]
    assert [one["release"] for one in after] == [one["release"] for one in before]
    assert {one["source"] for one in after} == {"cable"}
    (doubt,) = done(home, "watch", "show", "wire")["doubts"]
    assert "'wire' was renamed to 'cable'" in doubt
    done(home, "watch", "add", "Post", "--source", "post", "--feed")
    done(home, "sources", "remove", "post")
    assert done(home, "watch", "show", "post")["doubts"] == ["the source 'post' was removed"]


@pytest.mark.thorough
def test_renamed_and_removed_sources_are_rebuilt_byte_for_byte(home: Path) -> None:
    target = home.parent / "again"
    lines = home.parent / "more.jsonl"

    def edit(source: str, number: int, text: str) -> None:
        url = f"http://{source}.example/{number}"
        line = {**next(one for one in LINES if one["url"] == url), "body_text": text}
        lines.write_text(json.dumps(line))

    done(home, "sources", "rename", "wire", "cable")
    done(home, "publish")
    # Of one on an archive page, which only a removal of others on that page writes anew.
    edit("wire", 1, "Another text of the pilots, at another pier and of another lamp.")
    done(home, "import", str(lines), "--source", "cable")
    done(home, "publish")
    done(home, "sources", "remove", "post")
    done(home, "publish")
    edit("wire", 2, "Yet another text of the pilots, at yet another pier.")
    done(home, "import", str(lines), "--source", "cable")
    done(home, "publish")
    done(home, "sources", "remove", "cable", "--keep")
    done(home, "publish")
    told = done(home, "mirror", "rebuild", "--to", str(target))
    assert told["refused"] == told["missing"] == told["releases_lost"] == []
    assert site(target) == site(home)
    # Removed releases can return there as well.
    edit("post", 3, "All that post says of the pilots at pier 3 and of its lamp.")
    done(target, "import", str(lines), "--source", "post")
    assert communique("search", "pilots", "--json", home=target).stdout.count('"id"') == 16
