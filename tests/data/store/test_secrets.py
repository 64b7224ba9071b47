"""What the public sees of a store holds no secret, whatever verb it is asked by."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from data.export.chosen_records import Choice
from data.export.sqlite import write_sqlite
from data.models import Draft, Media, Source
from data.search.query import Query
from data.settings import SiteSettings
from data.store.core.store import Store
from data.text.masked_values import rows_without_secrets, without_secrets
from data.text.source_secrets import Secrets
from feeds.publishing.publish import publish
from tests.drafts import capture
from tests.feeds.sample_store import make_release

ASKED = "https://acme.example/news?token=TOPSECRET1"
SHOWN = "https://acme.example/news?token=***"
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


class Named(NamedTuple):
    """A named tuple."""

    url: str


class Packed(msgspec.Struct, frozen=True):
    """A struct."""

    urls: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """A dataclass."""

    url: str
    more: dict[str, list[str]]


def test_texts_are_found_at_any_depth() -> None:
    secrets = Secrets([ASKED])

    def made(url: str) -> list[object]:
        return [url, Named(url), Packed((url,)), Kept(url, {"a": [url]}), {url, "b"}, None, 1, b"x"]

    assert without_secrets(made(ASKED), secrets) == made(SHOWN)
    untouched = Kept("https://acme.example/", {})
    assert without_secrets(untouched, secrets) is untouched


def test_a_public_view_finds_the_captures_of_a_releases_files(store: Store, tmp_path: Path) -> None:
    store.register(Source("acme", "ACME", SHOWN, "UTC"))
    store.begin_walk("acme", ASKED, "rules", at=NOW)
    files = [Media(f"{ASKED}&file={number}", "image/png") for number in range(3)]
    release = make_release(1, "acme", attachments=tuple(files[:1]), images=tuple(files[1:2]))
    made = store.record(Draft("acme", ASKED, release.content), seen=NOW, since=NOW).release
    for number, file in enumerate(files):
        store.keep_file("acme", file.url, capture(number, NOW))
    shown = [f"{SHOWN}&file={number}" for number in range(3)]
    view = store.public_view()
    assert view.file_captures(shown, release=made.id) == {
        one: capture(number, NOW) for number, one in enumerate(shown[:2])
    }
    assert view.file_captures(shown) == {}
    write_sqlite(store, tmp_path / "copy.db", Choice(), on_progress=print)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        media = copy.execute("SELECT url, capture FROM media ORDER BY url").fetchall()
    assert media == [(shown[number], capture(number, NOW).record_id) for number in range(2)]


def test_a_store_shows_releases_without_the_secret_and_keeps_their_addresses(store: Store) -> None:
    store.register(Source("acme", "ACME", SHOWN, "UTC"))
    store.begin_walk("acme", ASKED, "rules", at=NOW)
    release = make_release(1, "acme", body_html=f'<p><a href="{ASKED}&amp;p=2">More</a></p>')
    url = f"{ASKED}&id=1"
    done = store.record(Draft("acme", url, release.content), seen=NOW, since=NOW)
    shown = store.public_view()
    assert shown is not store
    found = shown.release(done.release.id)
    assert found is not None
    assert found.url == f"{SHOWN}&id=1"
    assert found.content.body_html == f'<p><a href="{SHOWN}&amp;p=2">More</a></p>'
    (kept,) = store.find_releases(url, limit=1)
    assert kept.url == url
    # An address that a reader has from somewhere else still leads to it.
    assert [one.id for one in shown.find_releases(url, limit=1)] == [done.release.id]
    assert [one.content.body_html for one in shown.revisions(done.release.id)] == [
        found.content.body_html
    ]
    every: Iterator[object] = shown.by_first_seen("acme")
    assert "TOPSECRET1" not in repr([*every])


def test_without_a_walk_the_name_of_the_parameter_is_enough(store: Store) -> None:
    """A store that was rebuilt from an archive knows only the published address of a source."""
    store.register(Source("acme", "ACME", SHOWN, "UTC"))
    release = make_release(1, "acme")
    done = store.record(Draft("acme", f"{ASKED}&id=1", release.content), seen=NOW, since=NOW)
    found = store.public_view().release(done.release.id)
    assert found is not None
    assert found.url == f"{SHOWN}&id=1"


def test_an_address_without_a_walk_is_noted_only_for_its_secret(store: Store) -> None:
    store.note_addresses([ASKED, "https://acme.example/news?page=1", ASKED])
    assert store.secrets().masked("TOPSECRET1") == "***"
    assert store.secrets().known == Secrets([ASKED]).known
    assert store.first_visit("acme") is None
    assert store.walk("acme", ASKED) is None


def test_addresses_are_read_again_only_if_they_change(store: Store) -> None:
    store.begin_walk("acme", ASKED, "rules", at=NOW)
    found = store.secrets()
    assert store.secrets() is found
    store.begin_walk("acme", "https://acme.example/feed?token=TOPSECRET2", "rules", at=NOW)
    assert store.secrets().known > found.known


def test_secrets_are_replaced_within_json_and_texts_of_rows() -> None:
    plain = '[1, "no secret"]'
    row = (f'{{"{ASKED}": ["{ASKED}"]}}', f"[1] {ASKED}", plain, None, 1, b"x", "TOPSECRET1", ASKED)
    shown = f'{{"{ASKED}":["{SHOWN}"]}}', f"[1] {SHOWN}", plain, None, 1, b"x", "TOPSECRET1", SHOWN
    columns = ["content", "title", "body", "a", "b", "c", "id", "source"]
    assert rows_without_secrets(columns, [row], Secrets([ASKED])) == [shown]


def test_a_column_with_deeply_nested_brackets_is_masked_as_text() -> None:
    nested = "[" * 100_000
    rows = rows_without_secrets(["title"], [(f"{nested}{ASKED}",)], Secrets([ASKED]))
    assert rows == [(f"{nested}{SHOWN}",)]


def test_a_secret_that_equals_a_source_id_or_a_date_leaves_ids_and_dates_as_they_are(
    store: Store, tmp_path: Path
) -> None:
    release = make_release(1, "harbour-news1")
    day = release.day
    store.register(Source("harbour-news1", "Harbour", "https://acme.example/list?key=***", "UTC"))
    for secret in (f"key=harbour-news1&session={day}", f"session={day}T09:00:00Z"):
        store.begin_walk("harbour-news1", f"https://acme.example/list?{secret}", "rules", at=NOW)
    draft = Draft("harbour-news1", "https://acme.example/1", release.content)
    store.record(draft, seen=NOW, since=NOW)
    shown = store.public_view()
    (found,) = shown.by_first_seen()
    assert (found.source, found.day) == ("harbour-news1", day)
    assert shown.facets() == store.facets()
    assert found.content.published == release.content.published
    done = publish(store, tmp_path, SiteSettings(url="https://h.example/"), now=NOW)
    assert not done.errors
    assert any(tmp_path.rglob("harbour-news1.json"))


def test_a_store_without_secrets_is_its_own_public_view(store: Store) -> None:
    store.register(Source("acme", "ACME", "https://acme.example/news?page=1", "UTC"))
    store.begin_walk("acme", "https://acme.example/news?page=1", "rules", at=NOW)
    assert store.public_view() is store


def test_a_search_cannot_match_inside_a_secret(store: Store) -> None:
    store.begin_walk("acme", ASKED, "rules", at=NOW)
    release = make_release(1, "acme", title="TOPSECRET1 opens", body_text="Mark TOPSECRET1 here.")
    store.record(Draft("acme", ASKED, release.content), seen=NOW, since=NOW)
    store.update_search_index()
    for text in ("TOPSECRET1", "TOPS*", "TOP*"):
        assert store.count_matches(Query(text)).total == 0, text
    assert store.count_matches(Query("opens mark")).total == 1


def test_a_new_secret_leaves_the_search_index(store: Store) -> None:
    release = make_release(1, "acme", title="TOPSECRET1 opens")
    store.record(Draft("acme", "https://acme.example/1", release.content), seen=NOW, since=NOW)
    store.update_search_index()
    assert store.count_matches(Query("TOPS*")).total == 1
    store.begin_walk("acme", ASKED, "rules", at=NOW)
    assert store.update_search_index() == 1
    assert store.count_matches(Query("TOPS*")).total == 0
    assert store.count_matches(Query("opens")).total == 1
    # A second address with the same secret changes nothing.
    store.begin_walk("acme", f"{ASKED}&page=2", "rules", at=NOW)
    store.register(Source("acme", "ACME", "https://acme.example/", "UTC"))
    assert store.update_search_index() == 0


def test_a_public_view_is_a_store_on_the_same_connection(store: Store) -> None:
    store.begin_walk("acme", ASKED, "rules", at=NOW)
    shown = store.public_view()
    assert isinstance(shown, type(store))
    assert shown.secrets() == store.secrets()
    with shown.transaction():
        shown.register(Source("wire", "The Wire", "https://wire.example/", "UTC"))
        assert shown.unit is store.unit
    assert "wire" in store.sources()
