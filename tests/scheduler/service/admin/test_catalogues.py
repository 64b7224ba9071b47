"""The pages of catalogues: browsing, and adding entries as jobs."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterator

import pytest

from scheduler.service.admin.catalogues import MAX_JOBS, CatalogueJob, TooManyJobs, make_room
from spiders.sources.source_file import read_source
from tests.press_room import Room, listing_html, release_html, served
from tests.scheduler.service.admin.conftest import Running
from tests.scheduler.service.admin.test_adding import ended

HEAD = {
    "catalogue": "own",
    "name": "<b>Own</b>",
    "licence": "-",
    "origin": "-",
    "date": "2026-11-30",
}
BOARD = {"kind": "agency", "country": "GB", "group": "north", "timezone": "Europe/London"}


@pytest.fixture
def room(running: Running) -> Iterator[Room]:
    """A press room in a catalogue of the home directory, beside a site without releases."""
    with served() as room:
        room.page("/", listing_html([1, 2, 3], more="<p>Harbour Board</p>"))
        for number in (1, 2, 3):
            room.page(f"/news/{number}.html", release_html(number))
        room.page("/empty/", "<title>Nothing</title><h1>Nothing here</h1>")
        rows = [
            HEAD,
            {**BOARD, "id": "pier", "name": "Harbour Board", "url": f"{room.base}/"},
            {**BOARD, "id": "none", "name": "Nothing <i>", "url": f"{room.base}/empty/"},
            {**BOARD, "id": "far", "name": "Far", "url": "http://127.0.0.1:9/", "country": "FR"},
        ]
        folder = running.home / "catalogues"
        folder.mkdir(exist_ok=True)
        (folder / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (folder / "broken.jsonl").write_text("<html>\n")
        yield room


def test_entries_are_browsed_by_country_and_kind(running: Running, room: Room) -> None:
    del room
    listed = running.web.get("/admin/catalogues/").text
    assert "&lt;b&gt;Own&lt;/b&gt;" in listed
    assert "is not a catalogue" in listed
    assert "Congress of the United States" in listed
    text = running.web.get("/admin/catalogues/own/?country=GB&kind=agency").text
    assert "Nothing &lt;i&gt;" in text
    assert 'name="entry:pier"' in text
    assert "entry:far" not in text
    assert "entry:pier" not in running.web.get("/admin/catalogues/own/?country=XX&page=-1").text
    first = running.web.get("/admin/catalogues/world/").text
    following = re.search(r'<a href="\./\?([^"]*page=2)">', first)
    assert following
    assert (
        "101 to 200 of 647"
        in running.web.get(f"/admin/catalogues/world/?{following[1].replace('&amp;', '&')}").text
    )
    for name in ("broken", "nothing", "jobs/0123456789abcdef"):
        assert running.web.get(f"/admin/catalogues/{name}/").status_code == 404


@pytest.mark.thorough
def test_chosen_entries_are_added_as_a_job_with_results(running: Running, room: Room) -> None:
    refused = running.post("/admin/catalogues/own/add", country="GB")
    assert "no institutions are selected" in refused.text
    chosen = {"entry:pier": "yes", "entry:none": "yes"}
    answer = running.post("/admin/catalogues/own/add", **chosen)
    found = re.search("/admin/catalogues/jobs/[0-9a-f]{16}/", str(answer.url))
    assert found is not None, answer.text
    text = ended(running, found[0])
    assert "1 added, 0 present, 0 unsure, 1 failed." in text
    assert "no list of releases was found" in text
    assert read_source(running.home / "sources" / "pier.toml").url == f"{room.base}/"
    page = running.web.get("/admin/catalogues/own/").text
    assert "/admin/sources/pier/" in page
    assert "failed, 20" in page
    assert "no institutions are selected" in running.post("/admin/catalogues/own/check").text
    file = running.home / "catalogues" / "own.jsonl"
    file.write_text(file.read_text().replace('"Harbour Board"', '"Harbour Office"'))
    update = running.post("/admin/catalogues/own/update")
    assert "1 updated." in ended(running, update.url.path)
    assert read_source(running.home / "sources" / "pier.toml").name == "Harbour Office"
    again = running.post("/admin/catalogues/own/add", all="yes", country="GB", kind="agency")
    assert "1 present, 0 unsure, 1 failed." in ended(running, again.url.path)


@pytest.mark.thorough
def test_entries_are_checked_and_an_update_is_previewed(running: Running, room: Room) -> None:
    checked = running.post("/admin/catalogues/own/check", **{"entry:none": "yes"})
    assert "1 failed." in ended(running, checked.url.path)
    dry = running.post("/admin/catalogues/own/update", dry="yes")
    assert ended(running, dry.url.path)
    del room


def test_another_job_replaces_one_that_has_ended_and_never_a_running_one() -> None:
    jobs = OrderedDict(
        (str(one), CatalogueJob(str(one), "own", "own", ())) for one in range(MAX_JOBS)
    )
    with pytest.raises(TooManyJobs):
        make_room(jobs)
    jobs["1"].is_busy = False
    make_room(jobs)
    assert "1" not in jobs
    assert len(jobs) == MAX_JOBS - 1
    make_room(jobs)
    assert len(jobs) == MAX_JOBS - 1
