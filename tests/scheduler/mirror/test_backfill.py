"""`communique mirror backfill` adds the history of a source from a web archive."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from data.settings.site import SiteSettings
from data.store.shared_sql.events import ALERTS
from feeds.replay.release_mementos import mementos_of
from feeds.server.app import HomeFolders, create_app
from scheduler.home.home import home_at, open_home
from tests.command import communique, exported, make_home
from tests.feeds.serving import served_by
from tests.services import wait_for
from tests.web_archive import LoopbackArchive, web_archive

SITE = "https://harbour.example"
TOWNS = ("Lindmouth", "Orsholm", "Kettering Vale", "Brae", "Sandwick")
TEXTS = (
    "Skippers can hand in their papers from eight to six, and the lamps are lit all night.",
    "The council paid for the roof, a mason of the town for the stairs; nobody for the paint.",
    "Ferry tickets are sold at the counter again, three years after the storm took the booth.",
    "A room upstairs shows the charts of the pilot Anders Voll, who drew them in one summer.",
    "Two cranes were moved to the northern pier, where the ground is firm enough for both.",
)
EDITED = "The council paid for nothing at all, it admits now, neither for the roof nor for a door."


def listing(*numbers: int) -> str:
    """A listing page."""
    rows = "".join(
        f'<li><time datetime="2018-03-0{n + 1}">{n + 1} March 2018</time> '
        f"<a href='{SITE}/news/{n}.html'>Harbour office of {TOWNS[n]} opens its doors</a></li>"
        for n in numbers
    )
    body = f"<h1>News</h1><main><ul class='news'>{rows}</ul></main>"
    return f"<html><head></head><body>{body}</body></html>"


def release(number: int, text: str = "") -> str:
    """The page of a release."""
    return (
        f"<html lang='en'><head></head><body><main><h1>Harbour office of {TOWNS[number]} opens its"
        f" doors</h1><time datetime='2018-03-0{number + 1}'>{number + 1} March 2018</time>"
        f"<p>{text or TEXTS[number]}</p><p>Visitors find it beside pier {number}.</p>"
        f"<p><a href='{SITE}/news/'>All news</a></p></main></body></html>"
    )


def url(number: int) -> str:
    """The address of a release."""
    return f"{SITE}/news/{number}.html"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path / "home", f"{SITE}/news/")


@pytest.fixture
def archive() -> Iterator[LoopbackArchive]:
    """An archive with an edit (1), a removal (2), and equal captures."""
    found = LoopbackArchive()
    found.add(f"{SITE}/news/", "20180310000000", listing(2, 1, 0))
    found.add(f"{SITE}/news/", "20190310000000", listing(3, 1, 0))
    found.add(f"{SITE}/about.html", "20180310000000", "<html><body>About</body></html>")
    found.add("https://elsewhere.example/news/1.html", "20180310000000", release(1))
    for number in range(4):
        found.add(url(number), "20180401000000", release(number))
        if number != 2:
            found.add(url(number), "20180501000000", release(number))
    found.add(url(1), "20180601123000", release(1, EDITED))
    found.add(url(2), "20180701000000", "gone", status=404)
    found.add(url(2), "20180801000000", "gone", status=404)
    with web_archive(found) as served:
        yield served


def backfilled(
    home: Path, archive: LoopbackArchive, code: int = 0, base: str = "/coll"
) -> dict[str, Any]:
    """The result of a backfill as JSON."""
    result = communique(
        *("mirror", "backfill", "harbour", "--from", archive.address + base, "--json"), home=home
    )
    assert result.returncode == code, result.stdout + result.stderr
    return dict(json.loads(result.stdout))


def test_releases_edits_and_removals_get_the_times_of_their_captures(
    home: Path, archive: LoopbackArchive
) -> None:
    told = backfilled(home, archive)
    assert (told["new"], told["changed"], told["retracted"], told["errors"]) == (4, 1, 1, [])
    found = exported(home)
    assert set(found) == {url(n) for n in range(4)}
    assert found[url(0)]["published"] == "2018-03-01"
    assert found[url(0)]["first_seen"] == "2018-04-01T00:00:00+00:00"
    assert found[url(1)]["updated"] == "2018-06-01T12:30:00+00:00"
    assert (found[url(1)]["revision"], found[url(0)]["revision"]) == (2, 1)
    assert "nothing at all" in found[url(1)]["body_text"]
    assert found[url(2)]["retracted"] == "2018-07-01T00:00:00+00:00"


def test_equal_captures_and_other_pages_are_not_fetched(
    home: Path, archive: LoopbackArchive
) -> None:
    backfilled(home, archive)
    fetched = [one.partition("id_/")[2] for one in archive.fetched]
    assert sorted(fetched) == sorted(
        [f"{SITE}/news/"] * 2 + [url(0), url(1), url(1), url(2), url(3)]
    )


def test_a_second_run_fetches_and_changes_nothing(home: Path, archive: LoopbackArchive) -> None:
    backfilled(home, archive)
    before, count = exported(home), len(archive.fetched)
    told = backfilled(home, archive)
    assert (told["new"], told["changed"], told["earlier"], told["retracted"]) == (0, 0, 0, 0)
    assert (len(archive.fetched), exported(home)) == (count, before)


def test_captures_are_fetched_while_visits_to_the_source_go_on(
    home: Path, archive: LoopbackArchive
) -> None:
    with ThreadPoolExecutor() as threads:
        with open_home(home).lock("source-harbour", "a visit"):
            told = threads.submit(backfilled, home, archive)
            wait_for(lambda: len(archive.fetched) > 4 or told.done())
            assert not told.done()
            assert exported(home) == {}
        assert told.result()["new"] == 4


def test_records_name_the_archive_and_no_alert_is_due(home: Path, archive: LoopbackArchive) -> None:
    backfilled(home, archive)
    shown = communique("show", url(1), "--provenance", "--json", home=home)
    origin = f"{archive.address}/coll/20180601123000id_/{url(1)}"
    assert json.loads(shown.stdout)["imported"] == origin
    with closing(open_home(home).store()) as store:
        events = store.waiting_events(ALERTS, limit=100)
    assert {one.kind for one in events} == {"new", "edit", "retraction"}
    assert all(one.backlog for one in events)


def test_earlier_versions_of_a_known_release_have_times_and_no_numbers(
    home: Path, archive: LoopbackArchive
) -> None:
    late = [one for one in archive.held if one.stamp >= "201806"]
    early = [one for one in archive.held if one not in late]
    archive.held = [*(one for one in early if one.url == f"{SITE}/news/"), *late]
    backfilled(home, archive)
    before = exported(home)[url(1)]
    archive.held += early
    told = backfilled(home, archive)
    assert told["earlier"] == 1
    after = exported(home)[url(1)]
    assert (after["id"], after["revision"], after["published"], after["updated"]) == (
        *(before[name] for name in ("id", "revision", "published", "updated")),
    )
    with closing(open_home(home).store()) as store:
        assert [one.number for one in store.revisions(after["id"])] == [1]
        (version,) = store.earlier_versions(after["id"])
        mementos = mementos_of(SiteSettings(), store.all_versions(after["id"]))
    assert version.seen.isoformat() == "2018-04-01T00:00:00+00:00"
    assert TEXTS[1] in version.content.body_text
    assert [one.url.rstrip("/").rpartition("/")[2] for one in mementos] == ["20180401000000", "1"]
    communique("publish", home=home)
    folder = home / "site" / "releases" / after["id"]
    page = (folder / "revisions/20180401000000/index.html").read_text()
    assert TEXTS[1] in page
    assert "From a web archive" in page
    assert 'revisions/20180401000000/"' in (folder / "index.html").read_text()
    proof = communique("prove", after["id"], "--to", str(home / "proof"), "--json", home=home)
    assert json.loads(proof.stdout)["records"] == 2
    app = create_app(
        home / "site", home_at(home).store_url, SiteSettings(), home=HomeFolders(home / "archive")
    )
    for web in served_by(app):
        paths = [f"/api/releases/{after['id']}/revisions", f"/memento/20180401000000/{url(1)}"]
        paths.append(f"/releases/{after['id']}/revisions/20180401000000/")
        versions = web.get(paths[0]).json()["revisions"]
        assert [one["revision"] for one in versions] == [20180401000000, 1]
        rest = web.get(paths[0], params={"limit": 1}).json()["next"]
        after_first = web.get(paths[0], params={"limit": 1, "cursor": rest}).json()
        assert (after_first["revisions"], after_first["next"]) == (versions[1:], None)
        assert all(TEXTS[1] in web.get(path).text for path in paths)
        communique("releases", "hide", after["id"], "--why", "an order", home=home)
        assert {web.get(path).status_code for path in paths} <= {404, 410}


@pytest.mark.parametrize("index", ["wayback", "plain", "timemap"])
def test_every_kind_of_index_leads_to_the_same_releases(
    home: Path, archive: LoopbackArchive, index: str
) -> None:
    archive.index = index
    backfilled(home, archive, base="" if index == "wayback" else "/coll")
    found = exported(home)
    assert set(found) == {url(n) for n in range(4)}
    assert found[url(1)]["revision"] == 2
    assert found[url(2)]["retracted"] == "2018-07-01T00:00:00+00:00"


def test_an_archive_that_is_gone_loses_nothing(home: Path, archive: LoopbackArchive) -> None:
    archive.limit = 4
    arguments = ("mirror", "backfill", "harbour", "--from", f"{archive.address}/coll")
    result = communique(*arguments, home=home)
    assert result.returncode == 1
    assert "run the same command again later" in result.stderr.splitlines()[-1]
    archive.limit = None
    told = backfilled(home, archive)
    assert (told["kept"], told["fetched"], told["new"]) == (4, 3, 4)
    assert set(exported(home)) == {url(n) for n in range(4)}


def test_a_store_rebuilt_from_the_archive_is_the_same(
    home: Path, archive: LoopbackArchive, tmp_path: Path
) -> None:
    late = [one for one in archive.held if one.stamp >= "201806"]
    early = [one for one in archive.held if one not in late]
    archive.held = [*(one for one in early if one.url == f"{SITE}/news/"), *late]
    backfilled(home, archive)
    archive.held += early
    backfilled(home, archive)
    rebuilt = tmp_path / "rebuilt"
    key = str(home / "log.key")
    result = communique("mirror", "rebuild", "--to", str(rebuilt), "--key", key, home=home)
    assert result.returncode == 0, result.stderr
    before, after = exported(home), exported(rebuilt)
    assert after == before
    with closing(open_home(home).store()) as old, closing(open_home(rebuilt).store()) as new:
        for one in before.values():
            assert new.all_versions(one["id"]) == old.all_versions(one["id"])
        assert len(old.earlier_versions(before[url(1)]["id"])) == 1


def test_wrong_captures_add_nothing(home: Path, archive: LoopbackArchive) -> None:
    missing = "<html><head><title>404</title></head><body><h1>Page not found</h1></body></html>"
    archive.add(url(0), "20190101000000", missing)
    archive.add(url(3), "20990101000000", release(3, EDITED))
    archive.add(url(3), "19910101000000", release(3, EDITED))
    archive.add(url(3), "20170101000000", release(3, EDITED))
    archive.add(url(3), "20190102000000", release(3, EDITED), told="20190101000000", digest="A")
    for one in archive.held[:3]:
        one.digest = ""
    told = backfilled(home, archive, code=1)
    assert told["impossible"] == 2
    assert sorted(one["url"] for one in told["errors"]) == [url(0), url(3), url(3)], told
    found = exported(home)
    assert set(found) == {url(n) for n in range(4)}
    assert [found[url(n)]["revision"] for n in range(4)] == [1, 2, 1, 1]


def test_a_version_that_came_back_is_kept_although_the_index_has_other_digests(
    home: Path, archive: LoopbackArchive
) -> None:
    archive.add(url(1), "20180701000000", release(1))
    for one in archive.held:
        one.digest = f"OTHER{one.sha1}"
    backfilled(home, archive)
    assert exported(home)[url(1)]["revision"] == 3


def entries(page: Path) -> bytes:
    """An archive page without the link that it gets once, when the page after it is created."""
    return re.sub(rb'<(?:atom:)?link rel="next-archive"[^>]*/>\s*', b"", page.read_bytes())


def test_full_archive_pages_of_feeds_keep_their_bytes(home: Path, archive: LoopbackArchive) -> None:
    with (home / "communique.toml").open("a") as settings:
        settings.write("\n[site]\nentries = 1\n")
    late = [one for one in archive.held if one.url not in {url(0), url(3)}]
    early = [one for one in archive.held if one not in late]
    archive.held = late
    backfilled(home, archive)
    communique("publish", home=home)
    folder = home / "site" / "feeds"
    before = {path: entries(path) for path in folder.rglob("page/*") if path.is_file()}
    assert before
    archive.held = [*late, *early]
    archive.add(url(2), "20180320000000", release(2, "The pier stays closed, the council said."))
    told = backfilled(home, archive)
    assert (told["new"], told["earlier"]) == (2, 1)
    communique("publish", home=home)
    pages = {path for path in folder.rglob("page/*") if path.is_file()}
    assert pages > before.keys()
    assert {path: entries(path) for path in before} == before
