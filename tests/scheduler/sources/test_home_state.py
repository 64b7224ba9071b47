"""Sources that are no longer visited are reported, even if their last visit went well."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from data.clock import utc_now
from data.models import Run, VisitFacts
from feeds.server.app import create_app
from feeds.server.monitoring import Measurements
from scheduler.home.home import Home, home_at
from scheduler.home.home_records import keep_home_files
from scheduler.sources.home_health import home_health
from spiders.sources.source_file import load_source
from tests.command import COMMUNIQUE, collect, communique, make_home
from tests.feeds.serving import served_by
from tests.mounted import fill, mounted
from tests.press_room import listing_html, release_html, served

HOUR = dt.timedelta(hours=1)


def told(home: Home) -> str:
    with closing(home.store()) as store:
        (one,) = home_health(home, store)
    return one.code


def visited(home: Home, ago: dt.timedelta, *, explicit: bool) -> None:
    facts = VisitFacts(explicit=explicit)
    with closing(home.store()) as store:
        store.register(load_source(home.sources, "harbour").source)
        store.add_run(Run("harbour", utc_now() - ago, 1.0, facts=facts))


@pytest.mark.parametrize(
    ("ago", "explicit", "code"),
    [
        (11 * HOUR, False, "new.no_release"),
        (13 * HOUR, False, "visit.overdue"),
        # Whoever collects by hand does so when they like.
        (9000 * HOUR, True, "new.no_release"),
    ],
)
def test_a_source_that_the_service_does_not_visit_is_overdue(
    tmp_path: Path, ago: dt.timedelta, code: str, *, explicit: bool
) -> None:
    home = home_at(make_home(tmp_path / "home", "http://127.0.0.1:9/"))
    visited(home, ago, explicit=explicit)
    assert told(home) == code


def test_a_source_of_one_vantage_is_reported_with_the_workers_that_visit_it(
    tmp_path: Path, postgres_url: str
) -> None:
    home = home_at(make_home(tmp_path / "home", "http://127.0.0.1:9/", vantage="'eu'"))
    settings = f'[store]\nurl = "{postgres_url}"\n[run]\nexecutor = "procrastinate"\n'
    (home.path / "communique.toml").write_text(settings)
    home = home_at(home.path)
    with closing(home.store()) as store:
        (new,) = home_health(home, store)
    visited(home, 13 * HOUR, explicit=False)
    with closing(home.store()) as store:
        (overdue,) = home_health(home, store)
    assert (new.code, overdue.code) == ("new.unvisited", "visit.overdue")
    assert all("run.vantage = 'eu'" in one.reason for one in (new, overdue))


def test_a_web_node_ignores_missing_source_files(tmp_path: Path, postgres_url: str) -> None:
    service = home_at(make_home(tmp_path / "service", "http://127.0.0.1:9/"))
    (service.path / "communique.toml").write_text(f'[store]\nurl = "{postgres_url}"\n')
    visited(home_at(service.path), HOUR, explicit=False)
    node = tmp_path / "node"
    node.mkdir()
    shutil.copy(service.path / "communique.toml", node)
    assert told(home_at(node)) == told(home_at(service.path)) == "new.no_release"
    (service.sources / "harbour.toml").unlink()
    assert told(home_at(service.path)) == "source.missing"


def test_a_rarely_visited_source_is_not_overdue(tmp_path: Path) -> None:
    home = home_at(make_home(tmp_path / "home", "http://127.0.0.1:9/", interval="86400"))
    visited(home, 7 * 24 * HOUR, explicit=False)
    assert told(home) == "new.no_release"
    visited(home, 13 * HOUR, explicit=True)
    assert told(home) == "new.no_release", "somebody collects by hand now"


@pytest.mark.thorough
def test_a_full_disk_is_reported_by_health_in_all_forms(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", "http://127.0.0.1:9/")
    copy, asked = tmp_path / "copy", [*COMMUNIQUE, "health", "--json", "--home", str(home)]
    shutil.copytree(home, copy)
    fill = 'mount -t tmpfs -o size=4m tmpfs "$0" && cp -r "$1/." "$0" && shift && "$@"; '
    script = fill + 'cat /dev/zero >"$0/full" 2>"$0/full"; exec "$@"'
    done = subprocess.run(  # noqa: S603 - our own program
        ["unshare", "-rm", "sh", "-c", script, str(home), str(copy), *asked],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    if "mount" in done.stderr or shutil.which("unshare") is None:
        pytest.skip("no disk can be mounted here")
    assert done.returncode == 1, done.stderr
    # Before it was full, the source was only new.
    first, _, second = done.stdout.partition("\n}\n")
    assert [one["state"] for one in json.loads(f"{first}\n}}")["sources"]] == ["new"]
    (one,) = json.loads(second)["sources"]
    assert (one["id"], one["state"], one["code"]) == ("harbour", "failing", "home.full")


def test_every_command_reports_a_full_disk(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    with served() as room, mounted(folder, "12m"):
        room.page("/news/", listing_html([1]))
        room.page("/news/1.html", release_html(1))
        home = make_home(folder / "home", f"{room.base}/news/")
        assert collect(home)["errors"] == []
        full = fill(folder)
        room.page("/news/", listing_html([1, 2]))
        room.page("/news/2.html", release_html(2))
        for command in ("publish", "token new reader", "watch add all --feed", "collect"):
            told = communique(*command.split(), home=home)
            assert told.returncode == 1, command
            assert "disk is full" in told.stderr, command
            assert "could not be fetched" not in told.stderr, command
        full.unlink()
        assert collect(home)["new"] == 1
        published = communique("publish", home=home)
        assert (published.returncode, published.stderr) == (0, "")


def test_public_texts_contain_no_path(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing_html([1]))
        room.page("/news/1.html", release_html(1))
        folder = make_home(tmp_path / "home", f"{room.base}/news/")
        (folder / "archive").write_text("no folder")
        collect(folder)
    home = home_at(folder)
    (folder / "sources" / "buoys.toml").write_text("name = 3\n")
    app = create_app(home.site, home.store_url, measured=Measurements(partial(home_health, home)))
    with contextmanager(served_by)(app) as client:
        said = [client.get(f"/{place}").text for place in ("health", "sources/harbour/health/")]
    assert "not archived" in said[0]
    assert "HOME/sources/buoys.toml: name: " in said[0]
    assert "not archived" in said[1]
    assert not [text for text in said if str(tmp_path) in text]
    told = home.public_text(
        f"{folder}: {folder}/a, sqlite:{folder}/b, http://me:x@c{folder}/d, {folder}s"
    )
    assert told == f"HOME: HOME/a, sqlite:HOME/b, http://c{folder}/d, {folder}s"


def test_an_unreadable_source_file_is_not_archived_as_deleted(tmp_path: Path) -> None:
    home = home_at(make_home(tmp_path / "home", "http://127.0.0.1:9/"))
    file = home.sources / "harbour.toml"
    with closing(home.store()) as store:
        keep_home_files(home, store)
        archived = store.journaled_files()
        assert archived["sources/harbour.toml"]
        file.rename(tmp_path / "harbour.toml")
        for is_link in (False, True):
            file.symlink_to(tmp_path / "disk") if is_link else file.mkdir()
            keep_home_files(home, store)
            assert store.journaled_files() == archived
            file.unlink() if is_link else file.rmdir()
        keep_home_files(home, store)
        assert store.journaled_files()["sources/harbour.toml"] == ""
