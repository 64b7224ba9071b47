"""What another source file or program reads otherwise is looked at before it publishes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from data.health.run_errors import DRIFT
from data.models import Facet, Release
from data.topics.taxonomy import load_taxonomy
from scheduler.home.home import home_at
from scheduler.sources.drift_guard import DriftGuard, KeptReading
from spiders.sources.source_file import SourceReading, load_source, program_digest
from tests.command import SETTINGS, collect, communique, make_home
from tests.press_room import Room, listing_html, release_html, served

NUMBERS = range(1, 9)
WRONG = '[release]\ntitle = ".text p"\n'
"""Rules by which a paragraph is taken for the title, on every page."""

HARMLESS = '[release]\ndrop = [".promo"]\n'


@pytest.fixture(scope="module")
def served_room() -> Iterator[Room]:
    """A server for all tests."""
    with served() as room:
        yield room


@pytest.fixture
def room(served_room: Room) -> Room:
    """The press room of the Harbour Board, with eight notices and no ETags."""
    show(served_room)
    return served_room


def show(room: Room) -> None:
    """Let the room show its notices."""
    room.answers.clear()
    room.page("/news/", listing_html([*NUMBERS][::-1]), etag=False)
    for number in NUMBERS:
        html = release_html(number, day=f"{2 + number} March 2026")
        room.page(f"/news/{number}.html", html, etag=False)


@pytest.fixture(scope="module")
def collected(served_room: Room, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A HOME that has collected it, to be copied."""
    show(served_room)
    home = make_home(tmp_path_factory.mktemp("drift") / "home", f"{served_room.base}/news/")
    assert collect(home)["new"] == len(NUMBERS)
    return home


@pytest.fixture
def home(room: Room, collected: Path, tmp_path: Path) -> Path:
    """A HOME that has collected the room as it is."""
    assert room.answers
    return Path(shutil.copytree(collected, tmp_path / "home"))


def rules(home: Path, text: str) -> None:
    """Write rules into the source file, in place of those that it had."""
    file = home / "sources" / "harbour.toml"
    file.write_text(file.read_text().partition("[")[0] + text)


def releases(home: Path) -> dict[str, Release]:
    """The stored releases by their addresses."""
    with closing(home_at(home).plain_store()) as store:
        return {one.url: one for one in store.releases(Facet())}


@contextmanager
def guard(home: Path) -> Iterator[DriftGuard]:
    """What looks at the sources of a HOME."""
    one = home_at(home)
    with closing(one.plain_store()) as store:
        yield DriftGuard(one, store, load_taxonomy(one.topics))


def program_of_then(home: Path) -> None:
    """Let the source have been accepted as another version of Communique read it."""
    with guard(home) as one, closing(home_at(home).plain_store()) as store:
        kept = one.kept("harbour")
        assert kept.accepted
        before = msgspec.structs.replace(kept.accepted, program="another")
        text = msgspec.json.encode(KeptReading(before, kept.since)).decode()
        store.keep_source_reading("harbour", text)


def errors(run: dict[str, Any]) -> list[str]:
    """The kinds of errors of a run."""
    return [error["kind"] for error in run["errors"]]


def check(home: Path, *names: str) -> dict[str, Any]:
    """What `sources check --json` says of one source."""
    (told,) = json.loads(communique("sources", "check", "--json", *names, home=home).stdout)[
        "sources"
    ]
    return dict(told)


def test_a_mass_change_is_held_and_the_previous_rules_stay(home: Path, room: Room) -> None:
    before = releases(home)
    rules(home, WRONG)
    room.page("/news/9.html", release_html(9, day="12 March 2026"), etag=False)
    room.page("/news/", listing_html([9, *NUMBERS]), etag=False)
    run = collect(home)
    assert errors(run) == [DRIFT]
    message = run["errors"][0]["message"]
    assert "of 8 stored pages, title changed on 8" in message
    assert "communique collect harbour --accept" in message
    # New releases are not missed.
    assert run["new"] == 1
    after = releases(home)
    assert after[f"{room.base}/news/9.html"].content.title == "Notice 9: ships counted at pier 9"
    assert {url: one.content for url, one in after.items() if url in before} == {
        url: one.content for url, one in before.items()
    }
    health = json.loads(communique("health", "--json", home=home).stdout)["sources"][0]
    fields = (health["state"], health["degraded"], health["code"])
    assert fields == ("ok", True, "source.drift")
    assert "held for review" in health["reason"]


def test_a_held_change_is_used_when_it_is_accepted(home: Path) -> None:
    rules(home, WRONG)
    assert errors(collect(home)) == [DRIFT]
    run = collect(home, "--accept")
    assert errors(run) == []
    assert run["notes"] == ["accepted by --accept"]
    assert all(one.content.title.startswith("The Harbour") for one in releases(home).values())
    again = collect(home)
    assert (errors(again), again["notes"]) == ([], [])


def test_an_extraction_error_is_corrected_by_rules_without_that_field(home: Path) -> None:
    rules(home, WRONG)
    collect(home, "--accept")
    rules(home, "")
    collect(home, "--accept")
    assert all(one.content.title.startswith("Notice") for one in releases(home).values())


def test_a_restored_source_file_takes_effect_at_once(home: Path) -> None:
    rules(home, WRONG)
    assert errors(collect(home)) == [DRIFT]
    rules(home, "")
    run = collect(home)
    assert (errors(run), run["notes"]) == ([], [])


def test_a_held_change_is_compared_once(home: Path) -> None:
    rules(home, WRONG)
    assert errors(collect(home)) == [DRIFT]
    # Without the archive nothing could be compared, and all would be taken.
    (home / "archive").rename(home / "elsewhere")
    with guard(home) as one:
        assert "title changed on 8" in one.admit(load_source(home / "sources", "harbour")).held


@pytest.mark.thorough
def test_a_held_change_stays_held_without_stored_pages(home: Path) -> None:
    rules(home, WRONG)
    assert errors(collect(home)) == [DRIFT]
    before = {one.content.title for one in releases(home).values()}
    shutil.rmtree(home / "archive")
    rules(home, WRONG + 'drop = [".promo"]\n')
    assert errors(collect(home)) == [DRIFT]
    assert {one.content.title for one in releases(home).values()} == before
    rules(home, WRONG + 'drop = [".promo"]\n# once more\n')
    assert errors(collect(home)) == [DRIFT]
    assert errors(collect(home, "--accept")) == []


def test_a_harmless_change_is_accepted(home: Path) -> None:
    rules(home, HARMLESS)
    run = collect(home)
    assert (errors(run), run["notes"]) == ([], [])
    assert check(home, "harbour")["drift"] == []


def test_an_unreadable_decision_of_another_version_is_computed_again(home: Path) -> None:
    with guard(home) as one, closing(home_at(home).plain_store()) as store:
        for text in ('{"accepted": {"program": 1}}', "no JSON"):
            store.keep_source_reading("harbour", text)
            source = load_source(home / "sources", "harbour")
            assert [drift.cause for drift in one.drifts(source)] == ["program"]
            assert one.admit(source).held == ""
            assert one.drifts(source) == []


def test_a_small_change_is_accepted_and_noted(home: Path, room: Room) -> None:
    page = room.answers["/news/3.html"]
    page.body = page.body.replace(b"<p>Harbour master", b"<p class='quote'>Harbour master")
    collect(home)
    rules(home, '[release]\ndrop = [".quote"]\n')
    (field,) = check(home, "harbour")["drift"][0]["releases"]["fields"]
    assert [field[name] for name in ("field", "changed", "harmed")] == ["body", 1, 1]
    run = collect(home)
    assert errors(run) == []
    assert run["notes"] == ["its source file extracts differently: body on 1 of 8 stored pages"]


def test_a_new_version_that_extracts_the_same_is_accepted(home: Path) -> None:
    program_of_then(home)
    run = collect(home)
    assert (errors(run), run["notes"]) == ([], [])
    with guard(home) as one:
        accepted = one.kept("harbour").accepted
    assert accepted
    assert accepted.program == program_digest()


def test_a_new_version_is_not_held_if_the_newest_listing_is_in_another_archive(
    home: Path, room: Room, tmp_path: Path
) -> None:
    # Another machine made the last visit, and has its pages.
    archive = shutil.copytree(home / "archive", tmp_path / "archive")
    more = range(1, 13)
    room.page("/news/", listing_html([*more][::-1]), etag=False)
    for number in more[len(NUMBERS) :]:
        room.page(f"/news/{number}.html", release_html(number), etag=False)
    assert collect(home)["new"] == len(more) - len(NUMBERS)
    shutil.rmtree(home / "archive")
    archive.rename(home / "archive")
    program_of_then(home)
    with guard(home) as one:
        drifts = one.drifts(load_source(home / "sources", "harbour"))
    assert [drift.is_mass_change for drift in drifts] == [False]


def test_a_new_version_that_extracts_differently_stops_visits(room: Room, tmp_path: Path) -> None:
    # Another program took a paragraph for the title where this one takes none, by the same rules.
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    rules(home, WRONG)
    collect(home)
    rules(home, "")
    with guard(home) as one, closing(home_at(home).plain_store()) as store:
        today = SourceReading.of(load_source(home / "sources", "harbour").file)
        before = msgspec.structs.replace(today, program="another")
        kept = msgspec.structs.replace(one.kept("harbour"), accepted=before)
        store.keep_source_reading("harbour", msgspec.json.encode(kept).decode())
    feeds = releases(home)
    asked = len(room.log)
    run = collect(home)
    assert errors(run) == [DRIFT]
    assert "this version of Communique" in run["errors"][0]["message"]
    assert len(room.log) == asked
    assert releases(home) == feeds
    assert errors(collect(home, "--accept")) == []
    assert len(room.log) > asked


@pytest.mark.thorough
def test_samples_are_compared_without_an_archive(room: Room, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    (home / "communique.toml").write_text(SETTINGS + "\n[archive]\nenabled = false\n")
    assert collect(home)["new"] == len(NUMBERS)
    rules(home, WRONG)
    (drift,) = check(home, "harbour")["drift"]
    assert (drift["pages_of"], drift["releases"]["pages"]) == ("nothing", 0)
    rules(home, HARMLESS)
    (note,) = collect(home)["notes"]
    assert note == "no stored page shows what its source file extracts differently"
    assert communique("sources", "sample", "harbour", home=home).returncode == 0
    rules(home, WRONG)
    (drift,) = check(home, "harbour")["drift"]
    assert (drift["pages_of"], drift["releases"]["harmed"]) == ("samples", 1)
    assert errors(collect(home)) == [DRIFT]


def test_a_changed_source_file_is_compared_before_it_takes_effect(
    home: Path, tmp_path: Path
) -> None:
    draft = tmp_path / "harbour.toml"
    file = home / "sources" / "harbour.toml"
    draft.write_text(file.read_text() + WRONG)
    result = communique("sources", "check", str(draft), home=home)
    assert result.returncode == 1
    assert "title: changed on 8 (8 worse)" in result.stdout
    assert "now:    The Harbour Board of Lindmouth counted" in result.stdout
    assert "title changed on 8" in result.stderr
    assert errors(collect(home)) == []


def test_a_new_source_is_not_compared(room: Room, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    assert check(home, "harbour")["drift"] == []
    assert collect(home)["notes"] == []


def test_a_change_that_loses_the_listing_is_held_for_review(home: Path) -> None:
    rules(home, '[listing]\nitem = "li.row"\nlink = "a[href$=\'8.html\']"\n')
    run = collect(home)
    assert errors(run) == [DRIFT]
    assert "of 8 releases on its listing, 7 missing" in run["errors"][0]["message"]
    assert run["found"] == len(NUMBERS)


@pytest.mark.thorough
def test_a_fix_for_a_redesign_is_not_held(home: Path, room: Room) -> None:
    rules(home, '[release]\nbody = ".text"\n')
    assert errors(collect(home)) == []
    # What held the text holds a notice now, on all pages: what is stored stays.
    notice = b"<div class='text'><p>The Harbour Board moved to new pages in spring.</p></div>"
    for number in NUMBERS:
        page = room.answers[f"/news/{number}.html"]
        page.body = page.body.replace(b'<div class="text">', notice + b'<div class="copy">')
    assert {kind.partition(":")[0] for kind in errors(collect(home))} == {"redesign"}
    rules(home, '[release]\nbody = ".copy"\n')
    assert errors(collect(home)) == []
    assert all("counted" in one.content.body_text for one in releases(home).values())
