"""By what a source is read: told apart by its rules and our code, not by where its pages are."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import msgspec
import pytest

from data.errors import SourceError, UnknownSource
from spiders.sources.source_file import (
    SourceFile,
    SourceReading,
    choose,
    load_sources,
    parse_source,
    program_digest,
    read_source,
)

PLAIN = 'name = "Harbour Board"\nurl = "http://harbour.example/"\ntimezone = "Europe/Oslo"\n'


def file(more: str = "") -> SourceFile:
    """A source file with some keys more."""
    return parse_source(PLAIN + more, "harbour.toml")


def test_rules_of_a_file_make_another_reading() -> None:
    plain = SourceReading.of(file())
    for more in (
        'date_order = "MDY"',
        'language = "no"',
        '[listing]\nlink = "a"',
        '[release]\ndrop = [".share"]',
        '[[release]]\ntitle = "h2"\nuntil = 2025-03-01\n[[release]]\ntitle = "h1"',
    ):
        assert SourceReading.of(file(more)) != plain, more


def test_other_keys_make_none() -> None:
    plain = SourceReading.of(file())
    for more in ('topics = ["ports"]', "interval = 600", 'feed = "http://harbour.example/rss"'):
        assert SourceReading.of(file(more)) == plain, more


def test_another_version_of_our_code_has_the_same_rules() -> None:
    today = SourceReading.of(file())
    before = msgspec.structs.replace(today, program="another")
    assert before != today
    assert before.has_rules_of(today)
    assert today.program == program_digest()


def test_the_rules_of_before_are_put_into_a_file_of_today() -> None:
    before = SourceReading.of(file('[listing]\nlink = "a"\n[release]\ntitle = "h1"'))
    today = file("interval = 600\n")
    made = before.applied_to(today)
    assert (made.interval, made.listing.link, made.releases[0].title) == (600, "a", "h1")
    assert SourceReading.of(made) == before
    # A feed has no selectors.
    assert before.applied_to(file('feed = "http://harbour.example/rss"')).listing.link is None


def test_an_extraction_is_stored_as_json() -> None:
    reading = SourceReading.of(file('[[release]]\ntitle = "h2"\nuntil = 2025-03-01'))
    assert msgspec.json.decode(msgspec.json.encode(reading), type=SourceReading) == reading


GOOD = 'name = "Harbour Board"\nurl = "https://harbour.example/news/"\ntimezone = "Europe/Oslo"\n'


@pytest.mark.parametrize(
    ("text", "key", "fix"),
    [
        (GOOD + 'colour = "red"\n', "colour", "no such key"),
        (GOOD + '[listing]\nlinks = "a"\n', "listing.links", "no such key"),
        (GOOD + '[release]\ntitel = "h1"\n', "titel", "no such key"),
        (GOOD.replace("Europe/Oslo", "Europe/Nowhere"), "timezone", "IANA zone"),
        (GOOD.replace("Europe/Oslo", "../../etc/passwd"), "timezone", "IANA zone"),
        (GOOD.replace('timezone = "Europe/Oslo"\n', ""), "timezone", "the key is required"),
        (GOOD.replace("https://harbour.example/news/", "file:///etc/passwd"), "url", "http"),
        (GOOD.replace("https://harbour.example/news/", "data:text/html,x"), "url", "http"),
        (GOOD.replace("https://harbour.example/news/", "https://"), "url", "http"),
        (GOOD.replace("/news/", "/news/\\u0000"), "url", "http"),
        (GOOD + 'feed = "ftp://harbour.example/feed"\n', "feed", "http"),
        (GOOD + '[listing]\nlink = "a[href"\n', "listing.link", "not a CSS selector"),
        (GOOD + '[release]\ndrop = [".x", "p:::text"]\n', "release.drop", "not a CSS selector"),
        (GOOD + 'feed = "https://harbour.example/f"\n[listing]\nlink = "a"\n', "feed", "either"),
        (GOOD + 'date_order = "DYM"\n', "date_order", "DYM"),
        (GOOD + "[[release]]\ntitle = 'h1'\n[[release]]\ntitle = 'h2'\n", "release", "until"),
        ("name = ", "syntax", "TOML"),
        (GOOD + "deep = " + "[" * 5000 + "]" * 5000, "syntax", "too deep"),
        (GOOD + '[listing]\nlink = "a|b"\n', "listing.link", "namespaces"),
        (GOOD + '[release]\ntitle = "h1[svg|title]"\n', "release.title", "namespaces"),
        (GOOD + '[listing]\nitem = "li::text"\n', "listing.item", "must select elements"),
        (GOOD + '[release]\nbody = "h1, ::text"\n', "release.body", "not a CSS selector"),
        (GOOD + '[release]\ndrop = ["p::text"]\n', "release.drop", "not a CSS selector"),
        (GOOD + 'titel = "x"\n', "titel", "keys are name, url, timezone, topics"),
        (GOOD + 'feeds = "x"\n', "feeds", "did you mean feed?"),
        (GOOD + '[[release]]\ntitel = "h1"\n', "release[0].titel", "did you mean title?"),
        (GOOD + 'interval = "90"\n', "interval", "must be a whole number, not a text"),
        (GOOD + "interval = 5\n", "interval", "a whole number from 60 to 1000000000"),
        (GOOD + f"interval = {10**18}\n", "interval", "to 1000000000"),
        (GOOD + 'date_order = "dmy"\n', "date_order", 'write "DMY" or "MDY" or "YMD"'),
        (GOOD + 'topics = "sea"\n', "topics", "must be a list"),
        (GOOD.replace("Harbour Board", ""), "name", "the value is empty"),
        (GOOD + '[release]\nuntil = "2020"\n', "release.until", "a day such as 2025-03-01"),
        (GOOD + 'language = "english"\n', "language", 'did you mean "en"?'),
        (GOOD + 'language = "Português (Brasil)"\n', "language", 'did you mean "pt"?'),
        (GOOD + 'language = "jp"\n', "language", 'did you mean "ja"?'),
        (GOOD + 'language = "qq"\n', "language", 'write one such as "en"'),
    ],
)
def test_a_mistake_is_named_with_its_file_key_and_fix(text: str, key: str, fix: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_source(text, "sources/harbour.toml")
    assert caught.value.path == "sources/harbour.toml"
    assert caught.value.key.endswith(key)
    assert fix in caught.value.fix
    assert str(caught.value).startswith("sources/harbour.toml: ")
    assert caught.value.exit_code == 2


def test_selectors_and_languages_of_good_form_are_accepted() -> None:
    file = parse_source(
        GOOD
        + 'language = "zh-Hant"\n[listing]\nlink = "a[lang|=en]::attr(href)"\n[release]\n'
        + "title = 'h1[data-x=\"a|b\"]'\nbody = '.text::text'\ndrop = ['p:has(a)', '.x\\:y']\n",
        "harbour.toml",
    )
    assert file.language == "zh-Hant"
    assert len(file.releases[0].drop) == 2


def test_of_many_known_sources_a_few_are_named_and_the_rest_is_counted() -> None:
    error = UnknownSource("source-3o", tuple(f"source-{n}" for n in range(40)))
    assert "did you mean source-3" in str(error)
    assert "source-11 and 28 more)" in str(error)
    assert "(known: none yet)" in str(UnknownSource("nope", ()))


def test_a_name_a_url_and_a_zone_are_enough() -> None:
    file = parse_source(GOOD, "harbour.toml")
    assert (file.name, file.feed, file.topics) == ("Harbour Board", None, ())


def test_older_layouts_keep_their_rules() -> None:
    file = parse_source(
        GOOD
        + "[[release]]\ntitle = 'h3'\nuntil = 2019-01-01\n[[release]]\ntitle = 'h2'\n"
        + "until = 2022-01-01\n[[release]]\ntitle = 'h1'\n",
        "harbour.toml",
    )
    titles = [
        file.rules_on(day).title
        for day in (dt.date(2018, 5, 5), dt.date(2019, 1, 1), dt.date(2025, 1, 1), None)
    ]
    assert titles == ["h3", "h2", "h1", "h1"]


def test_own_files_win_over_shipped_ones_and_a_broken_one_spoils_no_other(tmp_path: Path) -> None:
    (tmp_path / "european-central-bank.toml").write_text(GOOD)
    (tmp_path / "broken.toml").write_text("nonsense")
    (tmp_path / "deep.toml").write_text(f"a = {'[' * 5000}{']' * 5000}")
    (tmp_path / "Bad Name.toml").write_text(GOOD)
    os.mkfifo(tmp_path / "pipe.toml")
    sources, errors = load_sources(tmp_path)
    assert sources["european-central-bank"].own
    assert sources["european-central-bank"].file.name == "Harbour Board"
    assert not sources["federal-reserve"].own
    assert {error.key for error in errors} == {"syntax", "file name", "file"}
    assert [one.id for one in choose(sources, ())] == ["european-central-bank"]
    assert [one.id for one in choose(sources, ("federal-reserve",))] == ["federal-reserve"]
    with pytest.raises(UnknownSource, match="sources list"):
        choose(sources, ("nobody",))


def test_every_shipped_source_is_sound() -> None:
    sources, errors = load_sources(Path("nowhere"))
    assert errors == ()
    assert len(sources) >= 3


def test_a_file_that_can_t_be_read_is_a_source_error(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes(GOOD.encode() + b"# \xe9\n")
    with pytest.raises(SourceError, match="can't be read"):
        read_source(path)
