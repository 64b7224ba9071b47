"""A selector is written into a source file, and all else stays as a person wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import SourceError, UnknownSource
from scheduler.children.correction.source_edit import (
    FIELD_BY_KEY,
    SourceFileChanged,
    save_selector,
    source_digest,
    with_selector,
)
from scheduler.home.home import Home, open_home
from spiders.sources.source_file import parse_source, shipped_folder

HEAD = 'name = "Harbour"  # as it calls itself\nurl = "http://room.example/"\ntimezone = "UTC"\n'
TITLE, DROP, LINK = (
    FIELD_BY_KEY["release.title"],
    FIELD_BY_KEY["release.drop"],
    FIELD_BY_KEY["listing.link"],
)


def changed(text: str, selector: str, name: str = "release.title") -> str:
    return with_selector(text, "harbour.toml", FIELD_BY_KEY[name], selector)


def test_a_missing_table_is_added_and_comments_stay() -> None:
    assert changed(HEAD, "h1") == f'{HEAD}\n[release]\ntitle = "h1"\n'


def test_one_selector_is_replaced_and_other_keys_stay() -> None:
    text = f'{HEAD}\n# the layout of 2024\n[release]\nbody = ".text"  # not .main\ntitle = "h2"\n'
    assert changed(text, "h1.head") == text.replace('"h2"', '"h1.head"')


def test_an_empty_selector_restores_detection() -> None:
    text = f'{HEAD}\n[release]\ntitle = "h1"\nbody = ".text"\n'
    assert parse_source(changed(text, ""), "x").releases[0].title is None
    assert changed(HEAD, "") == HEAD


def test_the_newest_of_several_layouts_is_changed() -> None:
    text = f'{HEAD}\n[[release]]\nuntil = 2020-01-01\ntitle = "h3"\n\n[[release]]\ntitle = "h2"\n'
    rules = parse_source(changed(text, "h1"), "x").releases
    assert [one.title for one in rules] == ["h3", "h1"]
    old = f'{HEAD}\n[[release]]\nuntil = 2020-01-01\ntitle = "h3"\n'
    rules = parse_source(changed(old, "h1"), "x").releases
    assert [(one.title, one.until is None) for one in rules] == [("h3", False), ("h1", True)]


def test_a_dropped_element_is_added_to_the_list() -> None:
    text = f'{HEAD}\n[release]\ndrop = [".share"]\n'
    twice = changed(changed(text, "nav", "release.drop"), "nav", "release.drop")
    assert parse_source(twice, "x").releases[0].drop == (".share", "nav")
    assert parse_source(changed(text, "", "release.drop"), "x").releases[0].drop == ()


def test_an_inline_table_is_changed_in_its_line() -> None:
    text = f'{HEAD}release = {{ title = "h2" }}\n'
    assert 'release = { title = "h1" }' in changed(text, "h1")


@pytest.mark.parametrize("selector", ["h1[", "a|b", ":nonsense(", "h1::text::text"])
def test_an_invalid_source_file_is_refused(selector: str) -> None:
    with pytest.raises(SourceError, match=r"release\.title"):
        changed(HEAD, selector)


def test_a_feed_and_a_listing_are_refused_together() -> None:
    with pytest.raises(SourceError, match="either `feed` or"):
        changed(f'{HEAD}feed = "http://room.example/feed"\n', "h2 a", "listing.link")


@pytest.mark.parametrize("selector", ['h1[title="x"]', "h1[title='\\\\']", 'a"b', "a\nb"])
def test_a_selector_is_always_quoted_as_a_value(selector: str) -> None:
    try:
        text = changed(HEAD, selector)
    except SourceError:
        return
    assert parse_source(text, "x").releases[0].title == selector


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "harbour.toml").write_text(HEAD)
    return open_home(tmp_path)


def test_a_source_file_is_written_only_if_it_is_unchanged(home: Home) -> None:
    path = home.sources / "harbour.toml"
    path.chmod(0o600)
    save_selector(home, "harbour", TITLE, "h1", source_digest(HEAD))
    assert path.read_text().endswith('title = "h1"\n')
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(SourceFileChanged):
        save_selector(home, "harbour", TITLE, "h2", source_digest(HEAD))
    assert [one.name for one in home.sources.iterdir()] == ["harbour.toml"]


def test_a_bundled_source_is_copied_into_home(home: Home) -> None:
    shipped = next(iter(sorted(shipped_folder().glob("*.toml"))))
    text = shipped.read_text("utf-8")
    save_selector(home, shipped.stem, TITLE, "h1", source_digest(text))
    assert 'title = "h1"' in (home.sources / shipped.name).read_text("utf-8")
    assert shipped.read_text("utf-8") == text


def test_a_link_to_a_source_file_remains_a_link(home: Home, tmp_path: Path) -> None:
    kept = tmp_path / "kept.toml"
    (home.sources / "harbour.toml").rename(kept)
    (home.sources / "harbour.toml").symlink_to(kept)
    save_selector(home, "harbour", TITLE, "h1", source_digest(HEAD))
    assert (home.sources / "harbour.toml").is_symlink()
    assert 'title = "h1"' in kept.read_text()


def test_an_unknown_source_is_reported(home: Home) -> None:
    with pytest.raises(UnknownSource):
        save_selector(home, "../harbour", TITLE, "h1", "")
