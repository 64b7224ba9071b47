"""Pages of releases and stories are written where they would differ, and gone with their reason."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from data.models import Draft, Facet, Media, Release, Source
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.sqlite.store import SqliteStore
from feeds.publishing.publish import publish
from feeds.server.app import create_app
from feeds.urls import (
    capture_file,
    release_data_file,
    release_file,
    release_text_file,
    revision_file,
    story_file,
)
from tests.feeds.sample_store import NOON, SampleStore, make_release
from tests.feeds.serving import served_by

SITE = SiteSettings(url="https://press.example")
TEXT = " ".join(f"word{number} of the harbour" for number in range(60))
EVIL = '\u202e</title><script>alert(1)</script>" onmouseover="alert(2)\u2066 &lt;b&gt; אבג ' * 200
KB = 1000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Six releases of two sources, of which two tell one story."""
    opened = SqliteStore(tmp_path / "communique.db")
    for name in ("acme", "wire"):
        opened.register(Source(name, name.title(), f"https://{name}.example/", "Asia/Baku"))
    for number in range(6):
        text = f"{number} " + " ".join(f"only{number}x{word}" for word in range(60))
        record(opened, make_release(number * 24, body_text=text))
    record(opened, make_release(200, body_text=TEXT))
    record(opened, make_release(230, "wire", title="The same", body_text=f"{TEXT} told again"))
    yield opened
    opened.close()


def record(store: Store, release: Release) -> Release:
    draft = Draft(release.source, release.url, release.content)
    return store.record(draft, seen=release.order, since=release.order).release


def published(store: Store, tmp_path: Path) -> set[str]:
    """Bring the site up to date, and say which pages and data of releases and stories changed."""
    site = tmp_path / "site"
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*.*")}
    done = publish(store, site, SITE, cache=tmp_path / "rendered.db")
    assert done.errors == ()
    after = {path: path.stat().st_mtime_ns for path in site.rglob("*.*")}
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    names = {path.relative_to(site).as_posix() for path in changed}
    return {name for name in names if name.startswith(("releases/", "stories/"))}


def newest_first(store: Store, source: str) -> list[str]:
    return [one.id for one in store.summaries(Facet(source=source))]


def page(tmp_path: Path, file: str) -> Any:
    return lxml.html.fromstring((tmp_path / "site" / file).read_bytes())


def beside(tmp_path: Path, release: str) -> dict[str, str]:
    tree = page(tmp_path, release_file(release))
    links = tree.xpath("//nav//a[@rel='next' or @rel='prev']")
    return {link.get("rel"): link.get("href").split("/")[-2] for link in links}


def test_a_release_links_to_its_neighbours(store: Store, tmp_path: Path) -> None:
    published(store, tmp_path)
    ids = newest_first(store, "acme")
    for place, one in enumerate(ids):
        wanted = {"next": ids[place - 1]} if place else {}
        wanted |= {"prev": ids[place + 1]} if place + 1 < len(ids) else {}
        assert beside(tmp_path, one) == wanted


def test_a_new_release_has_its_neighbours_written_and_no_other(
    store: Store, tmp_path: Path
) -> None:
    published(store, tmp_path)
    assert published(store, tmp_path) == set()
    new = record(store, make_release(36, body_text="Something that nobody else has said so far."))
    ids = newest_first(store, "acme")
    place = ids.index(new.id)
    assert published(store, tmp_path) == {
        release_file(new.id),
        release_data_file(new.id),
        release_file(ids[place - 1]),
        release_file(ids[place + 1]),
    }


def test_a_hidden_release_and_its_json_are_removed_and_its_neighbours_are_linked(
    store: Store, tmp_path: Path
) -> None:
    published(store, tmp_path)
    newer, hidden, older = newest_first(store, "acme")[2:5]
    store.hide(hidden, at=NOON, why="an advertisement")
    assert published(store, tmp_path) == {
        release_file(newer),
        release_file(older),
        release_file(hidden),
        release_data_file(hidden),
    }
    assert not (tmp_path / "site" / release_data_file(hidden)).exists()
    assert beside(tmp_path, newer)["prev"] == older
    assert beside(tmp_path, older)["next"] == newer
    for web in served_by(
        create_app(tmp_path / "site", store_url=f"sqlite:{tmp_path / 'communique.db'}", site=SITE)
    ):
        for path in (f"/releases/{hidden}/", f"/releases/{hidden}.json"):
            assert web.get(path).status_code == 410
        answer = web.get(f"/releases/{newer}.json")
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["id"] == newer
    store.unhide(hidden)
    published(store, tmp_path)
    assert beside(tmp_path, newer)["prev"] == hidden


@pytest.mark.thorough
def test_a_story_has_a_time_line_as_long_as_it_exists(store: Store, tmp_path: Path) -> None:
    published(store, tmp_path)
    (copy,) = store.summaries(Facet(source="wire"))
    assert copy.story
    file = story_file(copy.story)
    tree = page(tmp_path, file)
    first, second = tree.xpath("//ol[@class='timeline']/li")
    assert "First" in first.text_content()
    assert "1 day later" in second.text_content()
    assert "% of the words match" in second.text_content()
    assert second.xpath(".//blockquote")[0].text.startswith("word0 of the harbour word1")
    of_copy = page(tmp_path, release_file(copy.id))
    assert of_copy.xpath("//a[contains(@href, 'stories/')]/@href") == [f"../../{file[:-10]}"]
    assert "Acme" in of_copy.xpath("//section[@aria-labelledby='story']")[0].text_content()
    store.hide(copy.id, at=NOON, why="an advertisement")
    assert file in published(store, tmp_path)
    assert not (tmp_path / "site" / "stories").exists()
    alone = newest_first(store, "acme")[0]
    assert not page(tmp_path, release_file(alone)).xpath("//a[contains(@href, 'stories/')]")


@pytest.mark.thorough
def test_an_edit_of_the_first_release_is_shown_by_its_whole_story(
    store: Store, tmp_path: Path
) -> None:
    published(store, tmp_path)
    first, (copy,) = newest_first(store, "acme")[0], newest_first(store, "wire")
    release = store.release(first)
    assert release
    other = replace(release.content, body_text=f"It begins so. {TEXT[300:]}")
    store.record(Draft("acme", release.url, other), seen=NOON.replace(year=2023), since=NOON)
    changed = published(store, tmp_path)
    assert {release_file(first), release_file(copy)} <= changed
    found = publish(store, tmp_path / "anew", SITE)
    assert found.errors == ()
    for path in (tmp_path / "anew").rglob("*.html"):
        name = path.relative_to(tmp_path / "anew")
        if name.parts[0] in {"releases", "stories"}:
            assert path.read_bytes() == (tmp_path / "site" / name).read_bytes(), name


def test_the_json_of_a_release_holds_it_whole_but_for_the_last_visit(
    store: Store, tmp_path: Path
) -> None:
    published(store, tmp_path)
    one = newest_first(store, "acme")[0]
    told = json.loads((tmp_path / "site" / release_data_file(one)).read_bytes())
    assert told["body_text"] == TEXT
    assert told["provenance"]["published"]["rule"] == "json-ld"
    assert "last_seen" not in told
    store.mark_unchanged(one, seen=NOON.replace(year=2024))
    assert published(store, tmp_path) == set()


def test_the_whole_text_is_beside_a_long_release_while_it_is_long(
    store: Store, tmp_path: Path
) -> None:
    html = "".join(f"<p>{number} {number**9} {number**7:x}</p>" for number in range(2000))
    long = record(store, make_release(300, body_html=html, body_text=html))
    published(store, tmp_path)
    whole = tmp_path / "site" / release_text_file(long.id)
    assert whole.read_text() == html
    assert page(tmp_path, release_file(long.id)).xpath("//a[contains(@href, '/text.txt')]")
    content = replace(long.content, body_html="<p>Short now.</p>", body_text="Short now.")
    store.record(Draft("acme", long.url, content), seen=NOON.replace(year=2023), since=NOON)
    published(store, tmp_path)
    assert not whole.exists()


def test_hostile_texts_stay_texts_on_every_page_of_a_release(tmp_path: Path) -> None:
    body = f"<p>{EVIL}</p><img src=x onerror=alert(3) alt='{EVIL}'><table><tr><td>{EVIL}</table>"
    files = [Media(f"https://acme.example/{n}.pdf", "a/b", n, EVIL) for n in range(50)]
    story = "0f0e0d0c-0000-5000-8000-000000000000"
    hostile: dict[str, Any] = {"title": EVIL, "publisher": EVIL, "body_html": body, "story": story}
    hostile |= {"body_text": EVIL, "attachments": tuple(files), "section": EVIL, "summary": EVIL}
    store = SampleStore(
        make_release(1, **hostile),
        make_release(1, **(hostile | {"title": f"{EVIL} edited", "revision": 2})),
        *(make_release(number, "wire", title=EVIL, story=story) for number in range(2, 12)),
    )
    raw = replace(store.stored(make_release(1).id).published, raw=EVIL, rule="class")
    store.put(make_release(1, **(hostile | {"published": raw, "revision": 3})))
    assert publish(store, tmp_path / "site", SITE).errors == ()
    one = make_release(1).id
    for file in (
        release_file(one),
        revision_file(one, 1),
        revision_file(one, 2),
        release_file(make_release(3, "wire").id),
        story_file(story),
    ):
        content = (tmp_path / "site" / file).read_bytes()
        assert len(gzip.compress(content)) < 30 * KB, file
        tree = page(tmp_path, file)
        assert tree.xpath("//script[not(@type='application/ld+json')]") == []
        assert tree.xpath("//*[@*[starts-with(name(), 'on')]] | //img | //iframe") == []
        assert not re.search(r"<(script)(?! type=\"application/ld\+json\")", content.decode())
        outside = tree.xpath("//a[@target] | //*[starts-with(@href, 'javascript:')]")
        assert outside == []
        (title,) = tree.xpath("//h1")
        assert title.get("dir") == "auto"
    assert not (tmp_path / "site" / capture_file(one)).exists()


def test_a_moved_release_updates_its_old_and_new_neighbours(tmp_path: Path) -> None:
    store = SampleStore(*(make_release(number) for number in (1, 2, 3)))
    publish(store, tmp_path / "site", SITE, cache=tmp_path / "rendered.db")
    first, second, third = (make_release(number).id for number in (1, 2, 3))
    moved = make_release(2)
    store.put(replace(moved, order=moved.order.replace(hour=20)))
    publish(store, tmp_path / "site", SITE, cache=tmp_path / "rendered.db")
    assert beside(tmp_path, first) == {"next": third}
    assert beside(tmp_path, third) == {"next": second, "prev": first}
    assert beside(tmp_path, second) == {"prev": third}


def test_a_story_ends_when_a_release_leaves_it(tmp_path: Path) -> None:
    story = "0f0e0d0c-0000-5000-8000-000000000000"
    store = SampleStore(make_release(1, story=story), make_release(30, "wire", story=story))
    publish(store, tmp_path / "site", SITE, cache=tmp_path / "rendered.db")
    assert (tmp_path / "site" / story_file(story)).is_file()
    store.put(make_release(1, story=None))
    publish(store, tmp_path / "site", SITE, cache=tmp_path / "rendered.db")
    assert not (tmp_path / "site" / "stories").exists()
    for one in (make_release(1).id, make_release(30, "wire").id):
        assert not page(tmp_path, release_file(one)).xpath("//a[contains(@href, 'stories/')]")
