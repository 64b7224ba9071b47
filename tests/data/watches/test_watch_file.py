"""The files of watches: their keys, and messages about mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import UnknownWatch, WatchError
from data.watches.watch_file import FeedAccess, Watch, load_watch, parse_watch, to_toml


@pytest.mark.parametrize(
    ("line", "key", "said"),
    [
        ("", "name", "missing"),
        ('name = ""', "name", "empty"),
        ('name = "A"\nqueri = "x"', "queri", "did you mean query"),
        ('name = "A"\nquery = 3', "query", "a text in quotes"),
        ('name = "A"\nquery = "(((?!"', "query", "contains no word"),
        ('name = "A"\nmin_weight = 3', "min_weight", "a number from 0 to 1"),
        ('name = "A"\nquery = "-x"', "query", "only excludes words"),
        (f'name = "A"\nquery = "{"a " * 600}"', "query", "1000 characters"),
        (f'name = "A"\nquery = "{"a " * 33}"', "query", "more than 32 words"),
        ('name = "A"\nkinds = ["relase"]', "kinds", '"relase" can\'t be used; write "edit" or'),
        ('name = "A"\nkinds = []', "kinds", "is empty"),
        ('name = "A"\nsources = ["../x"]', "sources", "'../x'"),
        ('name = "A"\nlanguages = ["german"]', "languages", 'did you mean "de"'),
        ("name = ", "syntax", "valid TOML"),
        ('name = "A"\ntimezone = "Vienna"', "timezone", "is not an IANA zone"),
        ('name = "A"\ndigest = "weekly 08:00"', "digest", 'Write "daily 08:00"'),
        ('name = "A"\ndigest = "daily 24:00"', "digest", 'Write "daily 08:00"'),
        ('name = "A"\nquiet = "22-07"', "quiet", 'such as "22:00-07:00"'),
        ('name = "A"\nquiet = "07:00-07:00"', "quiet", "two different times"),
        ('name = "A"\n[feed]\ntoken = "short"', "feed.token", "16 or more"),
    ],
)
def test_an_error_names_the_file_the_key_and_the_fix(line: str, key: str, said: str) -> None:
    with pytest.raises(WatchError) as error:
        parse_watch(line, "watches/a.toml", Watch)
    assert str(error.value).startswith("watches/a.toml: ")
    assert key in error.value.key
    assert said in str(error.value)


@pytest.mark.parametrize(
    "watch",
    [
        Watch("Only a name"),
        Watch(
            'Tricky "name" \\ \x7f é 東',
            query='"harbour closed" -drill',
            sources=("a", "b"),
            topics=("transport",),
            languages=("pt-BR",),
            kinds=("health", "gone"),
            backlog=True,
            timezone="Europe/Vienna",
            digest="monday 08:00",
            quiet="22:00-07:30",
            feed=FeedAccess(20 * "t"),
        ),
    ],
)
def test_a_written_watch_reads_back_equal(watch: Watch) -> None:
    assert parse_watch(to_toml(watch), "a.toml", Watch) == watch


def test_an_unknown_watch_is_reported_with_a_similar_one(tmp_path: Path) -> None:
    (tmp_path / "harbour.toml").write_text('name = "Harbour"\n')
    assert load_watch(tmp_path, "harbour", Watch).name == "Harbour"
    with pytest.raises(UnknownWatch, match="did you mean harbour"):
        load_watch(tmp_path, "harbor", Watch)
    with pytest.raises(UnknownWatch):
        load_watch(tmp_path / "x", "../harbour", Watch)
