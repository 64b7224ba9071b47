"""Operators check catalogues and update their sources over the API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.clock import utc_now
from scheduler.adding.attempts_and_tiers import Attempt, AttemptLog
from scheduler.adding.catalogue_sources import CATALOGUE_LOCK
from spiders.catalogue.catalogue import read_catalogue
from spiders.sources.source_file import read_source
from tests.scheduler.operations.conftest import Operated
from tests.scheduler.operations.test_writes import finished, problem

HEAD = {"catalogue": "own", "name": "Own", "licence": "-", "origin": "-", "date": "2026-11-30"}
CHECK, UPDATE = "/api/catalogues/own/check", "/api/catalogues/own/update"
SOURCE = 'name = "Board"\nurl = "http://127.0.0.1:9/"\ntimezone = "UTC"\ncatalogue = "own/board"\n'


@pytest.fixture
def own(operated: Operated) -> Iterator[Path]:
    """A catalogue with one entry, whose source was added."""
    row = {"id": "board", "name": "Board", "url": "http://127.0.0.1:9/", "kind": "agency"}
    file = operated.home.catalogues / "own.jsonl"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(HEAD) + "\n" + json.dumps({**row, "country": "GB"}) + "\n")
    source = operated.home.sources / "board.toml"
    source.write_text(SOURCE)
    log = AttemptLog(operated.home, "own")
    entry = read_catalogue(file).entries["board"]
    log.add(Attempt("board", "added", utc_now(), "", "board", text=SOURCE, listed=entry))
    yield file
    source.unlink()
    file.unlink()


def test_catalogues_are_listed_and_their_files_checked(operated: Operated, own: Path) -> None:
    found = {one["id"]: one for one in operated.get("/api/catalogues").json()["catalogues"]}
    assert (found["own"]["entries"], found["own"]["added"]) == (1, 1)
    assert found["world"]["entries"] > 1
    assert finished(operated, operated.post(CHECK))["errors"] == []
    chosen = operated.post(CHECK, {"countries": ["GB"], "dry_run": True}).json()
    assert [one["id"] for one in chosen["entries"]] == ["board"]
    own.write_text(own.read_text() + "{}\n")
    assert finished(operated, operated.post(CHECK))["errors"]
    item = next(
        one for one in operated.get("/api/catalogues").json()["catalogues"] if one["id"] == "own"
    )
    assert str(operated.home.path) not in item["error"]


def test_a_wrong_catalogue_or_entry_is_refused(operated: Operated, own: Path) -> None:
    del own
    for name in ("nope", "own.jsonl"):
        assert problem(operated.post(f"/api/catalogues/{name}/update"))["status"] == 404, name
    assert problem(operated.post(CHECK, {"entries": ["--help"]}))["status"] == 422
    assert problem(operated.post(CHECK, {"countries": ["XX"]}))["status"] == 422


@pytest.mark.thorough
def test_sites_of_chosen_entries_are_inspected(operated: Operated, own: Path) -> None:
    del own
    checked = finished(operated, operated.post(CHECK, {"entries": ["board"]}))
    assert checked["counts"] == {"failed": 1}


@pytest.mark.thorough
def test_sources_follow_a_newer_catalogue(operated: Operated, own: Path) -> None:
    source = operated.home.sources / "board.toml"
    own.write_text(own.read_text().replace('"Board"', '"Harbour Office"'))
    dry = finished(operated, operated.post(UPDATE, {"dry_run": True}))
    assert (dry["dry_run"], dry["counts"]) == (True, {"updated": 1})
    assert source.read_text() == SOURCE
    done = finished(operated, operated.post(UPDATE))
    assert done["entries"][0]["changed"] == ["name"]
    assert read_source(source).name == "Harbour Office"
    with operated.home.lock(CATALOGUE_LOCK, "a test"):
        assert finished(operated, operated.post(UPDATE))["status"] == 409
