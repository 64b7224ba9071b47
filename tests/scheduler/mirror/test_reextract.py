"""Archived pages are extracted again with the current rules, without network access."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data.clock import utc_now
from data.models import Draft
from scheduler.demo.server import rooms_served, write_sources
from scheduler.home.home import home_at
from tests.command import SETTINGS, collect, communique, make_home
from tests.examples import thorough
from tests.press_room import Room, listing_html, release_html, served

NUMBERS = [1, 2, 3, 4]
WRONG = '[release]\ntitle = ".text p"\n'


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A HOME whose rules took a paragraph for the title, and whose site is gone by now."""
    with served() as room:
        show(room)
        home = make_home(tmp_path_factory.mktemp("collected") / "home", f"{room.base}/news/")
        source = home / "sources" / "harbour.toml"
        right = source.read_text()
        source.write_text(right + WRONG)
        assert collect(home)["new"] == len(NUMBERS)
        assert communique("publish", home=home).returncode == 0
        source.write_text(right)
    return home


@pytest.fixture
def home(collected: Path, tmp_path: Path) -> Path:
    """A copy of that HOME."""
    return Path(shutil.copytree(collected, tmp_path / "home"))


def show(room: Room) -> None:
    """Let the room show four releases."""
    room.page("/news/", listing_html(NUMBERS[::-1]))
    for number in NUMBERS:
        room.page(f"/news/{number}.html", release_html(number, day=f"{2 + number} March 2026"))


def reextract(home: Path, *arguments: str) -> Any:
    """What `mirror reextract --json` says."""
    result = communique("mirror", "reextract", "--json", *arguments, home=home)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def exported(home: Path) -> list[dict[str, Any]]:
    """All releases, in the order of first sight."""
    return [json.loads(line) for line in communique("export", home=home).stdout.splitlines()]


def feeds(home: Path) -> dict[str, bytes]:
    """The files of the site that tell of news and edits."""
    site = home / "site" / "feeds"
    return {name: (site / name).read_bytes() for name in ("changes.atom", "changes.json")}


def test_a_corrected_selector_corrects_stored_releases(home: Path) -> None:
    before = exported(home)
    assert all(one["title"].startswith("The Harbour Board of") for one in before)
    changes = feeds(home)
    told = reextract(home, "--accept")
    assert (told["read"], told["unarchived"], told["without_file"]) == (4, 0, 0)
    assert [(one["changed"], one["lost"], one["revision"]) for one in told["releases"]] == [
        (["title", "body"], [], 2)
    ] * 4
    after = exported(home)
    assert {one["title"] for one in after} == {
        f"Notice {number}: ships counted at pier {number}" for number in NUMBERS
    }
    same = ("id", "published", "updated", "first_seen", "url")
    assert [[one[name] for name in same] for one in after] == [
        [one[name] for name in same] for one in before
    ]
    assert communique("publish", home=home).returncode == 0
    # It is no edit of the publisher.
    assert feeds(home) == changes
    release = after[0]["id"]
    page = (home / "site" / "releases" / release / "index.html").read_text()
    assert "Corrected" not in page
    feed = json.loads((home / "site" / "feeds" / "all.json").read_text())
    assert all("Corrected by the publisher" not in one["content_html"] for one in feed["items"])
    assert (
        "the publisher changed nothing"
        in (home / "site" / "releases" / release / "revisions" / "2" / "index.html").read_text()
    )
    shown = json.loads(communique("show", release, "--revisions", "--json", home=home).stdout)
    assert [one["reason"] for one in shown["revisions"]] == ["served", "reading"]
    # Both versions are backed by the same record.
    store = home_at(home).plain_store()
    first, second = store.revisions(release)
    store.close()
    assert first.capture == second.capture is not None
    # Nothing is left to do.
    assert reextract(home)["releases"] == []


def test_a_dry_run_reports_the_same_and_writes_nothing(home: Path) -> None:
    archive = {path.name: path.stat().st_size for path in (home / "archive").glob("*.warc.gz*")}
    before = exported(home)
    told = reextract(home, "--dry-run", "--accept")
    assert [one["changed"] for one in told["releases"]] == [["title", "body"]] * 4
    assert exported(home) == before
    after = {path.name: path.stat().st_size for path in (home / "archive").glob("*.warc.gz*")}
    assert after == archive
    assert reextract(home, "--accept")["releases"] == told["releases"]


def test_a_mass_change_is_held_until_it_is_accepted(home: Path) -> None:
    before = exported(home)
    for arguments in (("--dry-run",), ()):
        result = communique("mirror", "reextract", "--json", *arguments, home=home)
        told = json.loads(result.stdout)
        assert result.returncode == 1
        assert "of 4 stored pages, title changed on 4" in told["held"]["harbour"]
        assert "harbour: its changed source file is held for review" in result.stderr
        assert len(told["releases"]) == (4 if arguments else 0)
        assert exported(home) == before
    assert len(reextract(home, "--accept")["releases"]) == len(NUMBERS)
    assert exported(home) != before


def test_releases_are_selected_by_source_and_date(home: Path) -> None:
    some = ("--since", "2026-03-05", "--source", "harbour")
    told = reextract(home, *some, "--dry-run", "--accept")
    assert told["read"] == 2
    result = communique("mirror", "reextract", "--source", "nobody", home=home)
    assert result.returncode == 2


def test_results_of_reextraction_are_rebuilt(home: Path, tmp_path: Path) -> None:
    reextract(home, "--accept")
    assert communique("publish", home=home).returncode == 0
    target = tmp_path / "again"
    assert communique("mirror", "rebuild", "--to", str(target), home=home).returncode == 0
    assert exported(target) == exported(home)
    assert feeds(target) == feeds(home)
    release = exported(home)[0]["id"]
    page = Path("site") / "releases" / release / "revisions" / "2" / "index.html"
    assert (target / page).read_bytes() == (home / page).read_bytes()


JUNK = "<div class='promo'><p>Subscribe to the tide tables of the Harbour Board today.</p></div>"
DECLARED = '[release]\nbody = ".text"\n'
DROPPED = '[release]\nbody = ".text"\ndrop = [".promo"]\n'


@pytest.fixture
def declared(tmp_path: Path) -> Iterator[Path]:
    """A HOME whose source declares where the body is, with a box of junk in each."""
    with served() as room:
        show(room)
        for number in NUMBERS:
            page = room.answers[f"/news/{number}.html"]
            page.body = page.body.replace(
                b'<div class="text">', b'<div class="text">' + JUNK.encode()
            )
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        rules(home, DECLARED)
        assert collect(home)["new"] == len(NUMBERS)
        yield home


def rules(home: Path, text: str) -> None:
    """Write the rules for release pages into the source file."""
    source = home / "sources" / "harbour.toml"
    source.write_text(source.read_text().partition("[release]")[0] + text)


def texts(home: Path) -> list[bool]:
    """Whether the releases have the junk in their texts."""
    return ["Subscribe" in one["body_text"] for one in exported(home)]


def test_text_excluded_by_a_changed_selector_is_removed(declared: Path) -> None:
    assert texts(declared) == [True] * 4
    rules(declared, DROPPED)
    planned = reextract(declared, "--dry-run")
    assert [(one["changed"], one["lost"]) for one in planned["releases"]] == [(["body"], [])] * 4
    assert texts(declared) == [True] * 4
    assert reextract(declared)["releases"] == planned["releases"]
    assert texts(declared) == [False] * 4
    assert reextract(declared)["releases"] == []


@pytest.mark.thorough
def test_a_rebuilt_home_has_the_extraction_rules_of_each_text(
    declared: Path, tmp_path: Path
) -> None:
    target = tmp_path / "again"
    assert communique("mirror", "rebuild", "--to", str(target), home=declared).returncode == 0
    assert reextract(target)["releases"] == []
    rules(target, DROPPED)
    assert [one["changed"] for one in reextract(target)["releases"]] == [["body"]] * 4
    # The rules that a text was read by are in the archive as soon as it is.
    third = tmp_path / "third"
    assert communique("mirror", "rebuild", "--to", str(third), home=target).returncode == 0
    assert (third / "sources" / "harbour.toml").read_text().endswith(DROPPED)
    assert reextract(third)["releases"] == []


def test_a_selector_without_matches_removes_no_text(declared: Path) -> None:
    rules(declared, '[release]\nbody = ".no-such"\ntitle = ".nor-this"\n')
    before = exported(declared)
    reextract(declared)
    after = exported(declared)
    assert all(one["title"] and one["body_text"] for one in after)
    assert [one["title"] for one in after] == [one["title"] for one in before]


@pytest.mark.thorough
def test_a_text_that_is_shorter_for_another_reason_removes_nothing(declared: Path) -> None:
    with closing(home_at(declared).store()) as store:
        release = next(store.by_first_seen())
        longer = f"{release.content.body_text}\n\nThe pilots agreed."
        content = replace(release.content, body_text=longer)
        draft = Draft("harbour", release.url, content, capture=release.capture)
        store.record_reextraction(release.id, draft, at=utc_now(), labels={})
    # The rules changed, and yet by those of before the page gives the same.
    for text in (DECLARED, f'{DECLARED}drop = [".no-such"]\n'):
        rules(declared, text)
        (told,) = reextract(declared)["releases"]
        assert (told["lost"], told["changed"], told["revision"]) == (["body"], [], 0)
        assert exported(declared)[0]["body_text"] == longer


@pytest.mark.thorough
@pytest.mark.parametrize(
    "names",
    ["lunnogorsk", *thorough("merrow wolkenried", "guneshqala qamaristan saintebrume")],
)
def test_reextracting_the_demo_changes_nothing_before_or_after_a_rebuild(
    tmp_path: Path, names: str
) -> None:
    home, target = tmp_path / "home", tmp_path / "again"
    home.mkdir()
    (home / "communique.toml").write_text(SETTINGS)
    with rooms_served() as rooms:
        write_sources(home / "sources", {name: rooms.bases[name] for name in names.split()})
        for day in (1, 3):
            rooms.show(day)
            assert communique("collect", home=home).returncode in {0, 1}
    before = exported(home)
    nothing: dict[str, Any] = {"unarchived": 0, "without_file": 0}
    nothing |= {"unread_sources": [], "releases": [], "new": [], "held": {}}
    found = reextract(home)
    assert found == {"read": len(before), **nothing}
    assert exported(home) == before
    assert communique("mirror", "rebuild", "--to", str(target), home=home).returncode == 0
    # The copy has lost its learned layouts, and learns them again from the archive.
    for _ in range(2):
        assert reextract(target) == found
        assert exported(target) == before


def test_releases_follow_current_topics_without_an_edit(tmp_path: Path) -> None:
    with served() as room:
        show(room)
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        topics, pages = home / "topics.toml", home / "site" / "topics"
        topics.write_text('[[topic]]\nslug = "ships"\nlabel = "Ships"\nrules.mul = ["ships"]\n')
        collect(home)
        assert communique("publish", home=home).returncode == 0
        before = exported(home)
        assert {*before[0]["topics"]} == {"ships"}
        topics.write_text(
            '[[topic]]\nslug = "sea"\nlabel = "Sea"\n'
            '[[topic]]\nslug = "piers"\nlabel = "Piers"\nparent = "sea"\nrules.mul = ["pier"]\n'
        )
        told = reextract(home)
        assert [(one["changed"], one["revision"]) for one in told["releases"]] == [
            (["topics"], 0)
        ] * 4
        assert reextract(home)["releases"] == []
        assert communique("publish", home=home).returncode == 0
        after = exported(home)
        assert [one.pop("topics") for one in after] == [["piers", "sea"]] * 4
        assert [{**one, "topics": ["ships"]} for one in after] == before
        assert {path.parent.name for path in pages.glob("*/index.html")} == {"piers", "sea"}


@pytest.mark.parametrize("told", [(), ("--json",)])
def test_reextraction_prints_no_secret(tmp_path: Path, told: tuple[str, ...]) -> None:
    path = "/news/{}.html?token=TOPSECRET1"
    with served() as room:
        room.page("/news/?token=TOPSECRET1", listing_html([1, 2], path=path))
        for number in (1, 2):
            page = release_html(number).replace("<h1>", "<h1>TOPSECRET1 ")
            room.page(path.format(number), page)
        home = make_home(tmp_path / "home", f"{room.base}/news/?token=TOPSECRET1")
        collect(home)
    rules(home, '[release]\ntitle = "title"\n')
    done = communique("mirror", "reextract", "--accept", *told, home=home)
    assert "token=***" in done.stdout
    assert "TOPSECRET1" not in done.stdout + done.stderr
