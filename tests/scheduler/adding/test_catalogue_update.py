"""Updating sources to a newer catalogue: hand edits are kept, and new values are merged."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from data.clock import utc_now
from scheduler.adding.attempts_and_tiers import Attempt, AttemptLog, BadRecord
from scheduler.adding.catalogue_sources import CatalogueUpdate, Update, merge
from scheduler.home.home import Home, open_home
from spiders.catalogue.catalogue import Catalogue, CatalogueHead, Entry

BASE = 'name = "Board"\nurl = "http://a.example/"\ntimezone = "UTC"\ncatalogue = "own/board"\n'
ENTRY = Entry("board", "Board", "http://a.example/", "agency", "GB", timezone="UTC")


def test_only_unedited_values_are_replaced() -> None:
    current = (
        '# my notes\nname = "My Board" # ours\nurl = "http://a.example/"\ntimezone = "UTC"\n'
        'topics = ["tides"]\n\n[release]\ntitle = "h1"\n'
    )
    newer = (
        BASE.replace("Board", "Big Board").replace("UTC", "Asia/Baku") + 'feed = "http://f.x/"\n'
    )
    merged, changed, kept = merge(BASE, current, newer)
    assert (changed, kept) == (("timezone", "feed"), ("name",))
    assert merged.startswith('# my notes\nname = "My Board" # ours\n')
    assert tomllib.loads(merged) == {
        **tomllib.loads(current), "timezone": "Asia/Baku", "feed": "http://f.x/",
    }  # fmt: skip
    # Merging again changes nothing, also if the record of the first time is lost.
    assert merge(newer, merged, newer) == (merged, (), ())
    assert merge(BASE, merged, newer) == (merged, (), ("name",))


def test_the_comment_on_a_guess_is_removed_with_the_guess() -> None:
    guessed = BASE.replace('"UTC"', '"UTC"  # check this: no sign of the site\'s country')
    merged, changed, _ = merge(guessed, guessed, BASE.replace("UTC", "Asia/Baku"))
    assert (merged, changed) == (BASE.replace("UTC", "Asia/Baku"), ("timezone",))


def test_a_key_missing_in_the_newer_text_is_removed_unless_a_person_changed_it() -> None:
    base = BASE + 'feed = "http://f.x/"\n'
    assert "feed" not in merge(base, base, BASE)[0]
    edited = base.replace("f.x", "g.x")
    assert merge(base, edited, BASE) == (edited, (), ("feed",))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A HOME with a source from the catalogue."""
    home = open_home(tmp_path / "home")
    home.sources.mkdir()
    (home.sources / "pier.toml").write_text(BASE)
    log = AttemptLog(home, "own")
    log.add(Attempt("board", "added", utc_now(), source="board", text=BASE, listed=ENTRY))
    log.finish(utc_now())
    return home


def updated(home: Home, *entries: Entry) -> list[Update]:
    """The results of an update to a catalogue with these entries."""
    head = CatalogueHead("own", "Own", "none", "-", utc_now().date())
    run = CatalogueUpdate(home, Catalogue(head, {one.id: one for one in entries}))
    return run.run(lambda _: None)


def test_a_source_is_found_by_its_key_and_updated_once(home: Home) -> None:
    newer = Entry("board", "Board of Piers", "http://a.example/", "agency", "GB", timezone="UTC")
    (result,) = updated(home, newer)
    assert (result.source, result.outcome, result.changed) == ("pier", "updated", ("name",))
    text = (home.sources / "pier.toml").read_text()
    assert text == BASE.replace("Board", "Board of Piers")
    (again,) = updated(home, newer)
    assert (again.outcome, again.kept) == ("unchanged", ())
    assert (home.sources / "pier.toml").read_text() == text


def test_a_hand_edit_is_kept_over_several_updates(home: Home) -> None:
    file = home.sources / "pier.toml"
    file.write_text(BASE.replace('"Board"', '"Our Board"'))
    for name in ("Board One", "Board Two"):
        (result,) = updated(home, Entry("board", name, "http://a.example/", "agency", "GB"))
        assert (result.outcome, result.kept) == ("unchanged", ("name",))
    assert tomllib.loads(file.read_text())["name"] == "Our Board"


def test_a_source_that_is_no_longer_listed_is_kept(home: Home) -> None:
    (result,) = updated(home, Entry("other", "Other", "http://b.example/", "agency", "GB"))
    assert result.outcome == "dropped"
    assert (home.sources / "pier.toml").read_text() == BASE


def test_a_source_without_a_record_is_kept_as_it_is(home: Home) -> None:
    record = home.catalogues / "attempts" / "own.jsonl"
    record.unlink()
    (result,) = updated(home, Entry("board", "Board Two", "http://a.example/", "agency", "GB"))
    assert (result.outcome, bool(result.reason)) == ("unchanged", True)
    assert (home.sources / "pier.toml").read_text() == BASE
    record.write_text("no record\n")
    with pytest.raises(BadRecord, match="line 1"):
        updated(home, ENTRY)
