"""`communique demo`: collect, publish and serve the bundled press rooms."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import feedparser
import httpx
import pytest

from data.archive.warc.reader import read_record
from data.models import Facet
from data.store.sqlite.store import SqliteStore
from scheduler.commands.demo import SETTINGS
from scheduler.home import open_home
from tests.command import command, communique
from tests.examples import thorough
from tests.peer import PATIENCE
from tests.scheduler.demo.expected import expected
from tests.site_walk import pages_of, walked

DAYS = (1, 2, 3)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the demo."""
    return tmp_path_factory.mktemp("demo") / "home"


@pytest.fixture(scope="module")
def counts(home: Path) -> dict[str, object]:
    """The counts of the demo."""
    result = communique("demo", "--once", "--json", home=home)
    assert result.returncode == 0, result.stderr
    return dict(json.loads(result.stdout))


def test_every_new_changed_retracted_and_copied_release_is_counted_once(
    counts: dict[str, object], home: Path
) -> None:
    last = expected(DAYS[-1])
    assert counts == {
        "sources": last["sources"],
        "releases": last["releases"],
        "new": sum(expected(day)["new"] for day in DAYS),
        "changed": sum(expected(day)["changed"] for day in DAYS),
        "retracted": sum(expected(day)["retracted"] for day in DAYS),
        "stories": last["stories"],
        "feeds": counts["feeds"],
        "site": str(home / "site"),
    }
    assert last["sources"] >= 5
    assert last["releases"] >= 80


def test_responses_are_archived_and_every_release_refers_to_its_own(
    counts: dict[str, object], home: Path
) -> None:
    lines = communique("export", "--json", home=home).stdout.splitlines()
    assert len(lines) == counts["releases"]
    for line in lines:
        capture = json.loads(line)["provenance"]["capture"]
        record = read_record(home / "archive", capture["file"], capture["offset"])
        assert record.record_id == capture["record_id"]
        assert record.field("WARC-Payload-Digest") == capture["digest"]
    site = sum(path.stat().st_size for path in (home / "site").rglob("*") if path.is_file())
    assert site < 8 * (home / "communique.db").stat().st_size


def test_parsed_feeds_match_the_store(counts: dict[str, object], home: Path) -> None:
    store = SqliteStore(home / "communique.db")
    for source in store.sources():
        releases = list(store.releases(Facet(source=source)))
        for kind in ("atom", "rss"):
            read = feedparser.parse((home / f"site/feeds/source/{source}.{kind}").read_bytes())
            assert not read.bozo
            assert [entry.id for entry in read.entries] == [
                f"urn:uuid:{release.id}" for release in releases
            ]
    store.close()
    files = [
        file for kind in ("atom", "rss", "json") for file in home.glob(f"site/feeds/**/*.{kind}")
    ]
    assert len(files) == counts["feeds"]


def test_the_same_store_yields_the_same_bytes(counts: dict[str, object], home: Path) -> None:
    result = communique("publish", "--all", "--json", home=home)
    assert json.loads(result.stdout)["written"] == 0
    assert json.loads(result.stdout)["unchanged"] == counts["feeds"]


def test_the_demo_refuses_the_users_own_home(tmp_path: Path) -> None:
    (tmp_path / "communique.toml").write_text("[site]\ntitle = 'Mine'\n")
    result = communique("demo", "--once", home=tmp_path)
    assert result.returncode == 2
    assert "give the demo an empty folder" in result.stderr


def test_a_folder_has_one_demo_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "communique.toml").write_text(SETTINGS)
    with open_home(tmp_path).lock("run", "communique demo"):
        result = communique("demo", "--once", home=tmp_path)
    assert result.returncode == 1
    assert "is in use by communique demo" in result.stderr
    assert not (tmp_path / "sources").exists()


def test_errors_are_reported_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "communique.toml").write_text(SETTINGS)
    with open_home(tmp_path).lock("source-merrow", "a visit to this source"):
        result = communique("demo", "--once", "--json", home=tmp_path)
    assert result.returncode == 1
    assert "merrow: " in result.stderr
    assert "RunError(" not in result.stderr


@contextmanager
def in_a_temporary_folder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the demo without a home directory. Its temporary folders are created in ``folder``."""
    elsewhere = {name: value for name, value in os.environ.items() if name != "COMMUNIQUE_HOME"}
    with subprocess.Popen(  # noqa: S603 - our own program
        [*command(), "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=elsewhere | {"TMPDIR": str(folder)},
    ) as demo:
        yield demo


def told(demo: subprocess.Popen[str], beginning: str) -> list[str]:
    """Wait for the line of a demo that starts like this; returns all lines up to it."""
    assert demo.stdout is not None
    lines: list[str] = []
    for line in demo.stdout:
        lines.append(line)
        if line.startswith(beginning):
            break
    return lines


@pytest.mark.parametrize("sent", [signal.SIGINT, *thorough(signal.SIGTERM)])
def test_the_served_feeds_contain_the_printed_address_and_a_stop_deletes_the_folder(
    tmp_path: Path, sent: signal.Signals
) -> None:
    with in_a_temporary_folder(tmp_path) as demo:
        *lines, address = told(demo, "Open ")
        base = address.split()[1]
        with httpx.Client(timeout=PATIENCE) as web:
            feed = web.get(f"{base}feeds/changes.json").json()
            sheet = re.search(
                r'stylesheet[^>]*href="([^"]+)"',
                web.get(f"{base}feeds/all.atom").text,
            )
            assert sheet is not None
            style = web.get(urljoin(f"{base}feeds/", sheet[1]))
            edits = [web.get(item["url"], follow_redirects=True) for item in feed["items"]]
            release = web.get(f"{base}feeds/source/merrow.json").json()["items"][0]["url"]
            original = web.get(release)
        assert list(tmp_path.glob("communique-demo-*"))
        demo.send_signal(sent)
        demo.communicate(timeout=PATIENCE)
    assert list(tmp_path.glob("communique-demo-*")) == []
    days = [at for at, line in enumerate(lines) if line.startswith("Day ")]
    visits = [at for at, line in enumerate(lines) if " found, " in line]
    assert len(days) == len(DAYS)
    assert days[0] < visits[0], "a day is printed before its visits"
    assert feed["feed_url"] == f"{base}feeds/changes.json"
    assert style.headers["content-type"].startswith("text/css")
    assert {page.status_code for page in edits} == {200}
    assert original.status_code == 200


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_the_temporary_folder_is_deleted_if_the_demo_is_stopped_early(
    tmp_path: Path, sent: signal.Signals
) -> None:
    with in_a_temporary_folder(tmp_path) as demo:
        told(demo, "Day 1")
        assert list(tmp_path.glob("communique-demo-*"))
        demo.send_signal(sent)
        demo.communicate(timeout=PATIENCE)
    assert list(tmp_path.glob("communique-demo-*")) == []


def test_a_read_only_folder_is_reported_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = communique("demo", "--once", home=tmp_path / "file" / "home")
    assert result.returncode == 2
    assert result.stderr.startswith("communique: ")
    assert "Traceback" not in result.stderr


@pytest.mark.usefixtures("counts")
def test_every_page_is_reached_from_the_first_by_links_and_no_link_is_dead(home: Path) -> None:
    reached, dead = walked(home / "site")
    assert dead == set()
    assert pages_of(home / "site") - reached == set()
