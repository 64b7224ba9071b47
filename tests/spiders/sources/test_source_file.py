"""By what a source is read: told apart by its rules and our code, not by where its pages are."""

from __future__ import annotations

import msgspec

from spiders.sources.loader import parse_source
from spiders.sources.source_file import SourceFile, SourceReading, program_digest

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
