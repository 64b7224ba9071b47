"""A feed document stays within its size limit and has a summary of every release."""

from __future__ import annotations

import json
from pathlib import Path

from data.models import Media
from data.settings import SiteSettings
from feeds.catalog import catalog_of
from feeds.entries.entry import entry_of
from feeds.formats.feed_budget import MAX_MIXED_TEXT_BYTES, rendered_document
from feeds.publishing.publish import publish
from feeds.urls import FORMATS
from tests.feeds.fakestore import FakeStore, make_release

SITE = SiteSettings(url="https://press.example", max_feed_bytes=400_000)
NOTE = "The full text is long"


def texts(*sizes: int) -> FakeStore:
    """A store of releases whose texts have so many bytes each, the newest last."""
    return FakeStore(
        *(
            make_release(number, body_html=f"<p>{'x' * size}</p>")
            for number, size in enumerate(sizes, 10)
        )
    )


def published(store: FakeStore, folder: Path, site: SiteSettings = SITE) -> Path:
    done = publish(store, folder / "site", site, cache=folder / "rendered.db")
    assert done.errors == ()
    return folder / "site" / "feeds"


def bodies(feeds: Path, stem: str) -> list[str]:
    """The texts of a feed, the oldest first."""
    items = json.loads((feeds / f"{stem}.json").read_bytes())["items"]
    return [item["content_html"] for item in reversed(items)]


def test_no_document_is_larger_than_its_budget(tmp_path: Path) -> None:
    feeds = published(texts(*[90_000] * 20), tmp_path)
    sizes = [file.stat().st_size for kind in FORMATS for file in feeds.rglob(f"*.{kind}")]
    assert len(sizes) > 20
    assert max(sizes) <= SITE.max_feed_bytes


def test_every_release_stays_in_its_feed(tmp_path: Path) -> None:
    feeds = published(texts(*[90_000] * 20), tmp_path)
    found = bodies(feeds, "source/acme")
    assert len(found) == 20
    shortened = [body for body in found if NOTE in body]
    assert 0 < len(shortened) < 20
    assert all("https://press.example/releases/" in body for body in shortened)
    # Of equal sizes, the oldest are shortened first.
    assert shortened == found[: len(shortened)]


def test_the_largest_texts_are_shortened_first(tmp_path: Path) -> None:
    feeds = published(texts(1_000, 150_000, 2_000, 190_000, 3_000, 180_000), tmp_path)
    assert [NOTE in body for body in bodies(feeds, "source/acme")] == [
        *(False, False, False, True, False, False)
    ]


def test_a_long_text_is_whole_in_the_feed_of_its_source_alone(tmp_path: Path) -> None:
    feeds = published(texts(MAX_MIXED_TEXT_BYTES + 1, 500), tmp_path)
    assert [NOTE in body for body in bodies(feeds, "source/acme")] == [False, False]
    for stem in ("all", "date/2022"):
        assert [NOTE in body for body in bodies(feeds, stem)] == [True, False]


def test_the_same_releases_give_the_same_bytes(tmp_path: Path) -> None:
    store = texts(*[90_000] * 20)
    once = published(store, tmp_path / "once")
    again = published(store, tmp_path / "again")
    for kind in FORMATS:
        assert (once / f"all.{kind}").read_bytes() == (again / f"all.{kind}").read_bytes()


def test_a_new_budget_is_applied_by_the_next_publication(tmp_path: Path) -> None:
    store = texts(*[90_000] * 20)
    published(store, tmp_path, SiteSettings(url="https://press.example"))
    feeds = published(store, tmp_path)
    assert max(one.stat().st_size for one in feeds.glob("all.*")) <= SITE.max_feed_bytes


def test_a_shortened_entry_keeps_its_notes_and_some_of_its_files() -> None:
    files = (f"https://acme.example/{number}.pdf" for number in range(500))
    release = make_release(
        body_html="<p>" + "x" * 300_000 + "</p>",
        retracted=make_release().updated,
        attachments=tuple(Media(file, "application/pdf", None) for file in files),
    )
    entry = entry_of(release, catalog_of(FakeStore(release), SITE), mixed=True)
    (made,) = rendered_document([entry], max_bytes=SITE.max_feed_bytes, mixed=True)
    assert made.document_bytes(mixed=True) < 20_000
    item = made.pieces[FORMATS.index("json")].body.decode()
    assert "Retracted" in item
    assert "/0.pdf" in item
