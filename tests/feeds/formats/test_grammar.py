"""Every Atom document is valid by the grammar and the prose of RFC 4287."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from data.health.health_changes import note_health_events
from data.models import Draft, Media, Run, RunError
from data.settings import SiteSettings
from data.store.core.store import Store
from feeds.http_headers import IDENTITY
from feeds.publishing.publish import publish
from feeds.server.on_demand import OnDemand
from tests.feeds.sample_store import ACME, NOON, WIRE, SampleStore, make_release

GRAMMAR = etree.RelaxNG(etree.parse(Path(__file__).with_name("atom.rng")))
NAMES = {"a": "http://www.w3.org/2005/Atom", "at": "http://purl.org/atompub/tombstones/1.0"}
BESIDES: Mapping[str, str] = {
    "entries without an author": "//a:entry[not(a:author | a:source/a:author | ../a:author)]",
    "entries that neither link nor hold what they are of": (
        "//a:entry[not(a:content | a:link[not(@rel) or @rel='alternate'])]"
    ),
    "two alternates of one type and language": (
        "//a:link[@rel='alternate'][@type = preceding-sibling::a:link[@rel='alternate']/@type]"
    ),
    "entries with the id of another": "//a:entry[a:id = preceding-sibling::a:entry/a:id]",
    "empty titles": "//a:entry/a:title[not(normalize-space())]",
}
"""Violations of the prose of RFC 4287, which its grammar cannot express."""

SITE = SiteSettings(url="https://press.example", entries=4, hub="https://hub.example/")
LATER = NOON + dt.timedelta(days=2)
WORDS = 'a < b & c, <b onclick="x">AT&amp;T</b> &#1; ]]> \ufffe \0 <a href="x">'


def faults(document: bytes) -> list[str]:
    """Return the faults of an Atom document."""
    root: Any = etree.fromstring(document)
    found = [] if GRAMMAR.validate(root) else [str(one) for one in GRAMMAR.error_log]
    return found + [what for what, path in BESIDES.items() if root.xpath(path, namespaces=NAMES)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with good and hostile releases, edits and retractions."""
    hostile = {"title": WORDS, "summary": WORDS, "publisher": WORDS, "section": WORDS}
    store = SampleStore(
        *(make_release(number) for number in range(9)),
        make_release(10, title="", summary="", publisher="", language="zxx", topics=()),
        make_release(11, **hostile, body_html=WORDS, topics=("economy", "../../x", "\0", "<x>")),
        make_release(
            12, attachments=(Media("https://a.example/x y", "", -1, ""), Media("file:x", "/"))
        ),
        make_release(13, "wire", retracted=LATER, language="ar", story="s"),
        make_release(14, story="s", language="gcf", url="javascript:alert(1)"),
        make_release(15, language="en-" + "x" * 9, body_html="<p>" + "long " * 400_000),
    )
    store.put(make_release(3, title="Edited", revision=2, updated=LATER))
    error = RunError("https://wire.example/", "blocked", WORDS)
    store.add_run(Run("wire", LATER, 1.0, errors=(error,)))
    note_health_events(store, further=0, now=NOON)
    folder = tmp_path_factory.mktemp("site")
    done = publish(store, folder, SITE, cache=folder / ".kept", now=LATER + dt.timedelta(days=9))
    assert done.errors == ()
    return folder


@pytest.mark.parametrize(
    "pattern",
    [
        "feeds/all.atom",
        "feeds/source/*.atom",
        "feeds/topic/*.atom",
        "feeds/date/**/*.atom",
        "feeds/**/page/*.atom",
        "feeds/changes.atom",
        "feeds/retractions.atom",
        "feeds/health.atom",
        "feeds/days.atom",
    ],
)
def test_every_kind_of_feed_is_valid(site: Path, pattern: str) -> None:
    files = sorted(site.glob(pattern))
    assert any(b"<entry" in file.read_bytes() for file in files)
    assert {file.name: found for file in files if (found := faults(file.read_bytes()))} == {}


def test_a_feed_without_entries_is_valid(tmp_path: Path) -> None:
    publish(SampleStore(), tmp_path, SITE)
    document = (tmp_path / "feeds/all.atom").read_bytes()
    assert b"<entry" not in document
    assert faults(document) == []


def test_feeds_made_on_demand_are_valid(store: Store, store_url: str) -> None:
    for source in (ACME, WIRE):
        store.register(source)
    for release in (make_release(1, title=WORDS, summary=WORDS), make_release(2, "wire")):
        draft = Draft(release.source, release.url, release.content)
        store.record(draft, seen=NOON, since=NOON)
    store.update_search_index()
    demand = OnDemand(store_url, SITE)
    for path, query in (
        ("/feeds/search.atom", b"q=statement&source=acme"),
        ("/feeds/search.atom", b"q=amp&lang=en"),
        ("/feeds/all.atom", b"asof=2022-11-24"),
        ("/feeds/source/acme.atom", b"asof=2022-11-24"),
        ("/feeds/source/acme/topic/economy.atom", b"asof=2022-11-24"),
        ("/feeds/source/acme/topic/economy.atom", b""),
    ):
        held = demand.answer(path, query)
        assert held is not None
        document = held.variants[IDENTITY].body
        assert (path, b"<entry" in document) == (path, True)
        assert faults(document) == []


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        ("(?<=<entry xml:lang=.en.>)<id>.*?</id>", ""),
        ("(?<=<entry xml:lang=.en.>)<id>", "<id/><id>"),
        ("<updated>2022-11", "<updated>22-11"),
        ("<published>.*?</published>", "<published>Thu, 24 Nov 2022</published>"),
        ("<feed ", "<feed version='1.0' "),
        ("<entry ", "<title>Again</title><entry "),
        ("</feed>", "<link href='https://press.example/'/></feed>"),
        (" href=", " url="),
        (' type="application/pdf"', ' type="pdf"'),
        (' term="economy"', ""),
        ('<content type="html">', '<content type="CDATA">'),
        ('xml:lang="en"', 'xml:lang="no such"'),
        (r"<author><name>.*?</author>", ""),
        ("<name>.*?</name>", ""),
        ("<summary>", "<summary><p>"),
        ('rel="via" type="text/html"', 'rel="alternate" type="text/html"'),
    ],
)
def test_an_invalid_document_is_detected(tmp_path: Path, pattern: str, instead: str) -> None:
    publish(SampleStore(make_release()), tmp_path, SITE)
    document = (tmp_path / "feeds/source/acme.atom").read_text("utf-8")
    assert faults(document.encode()) == []
    broken = re.sub(pattern, instead, document)
    assert broken != document
    if instead.endswith("<p>"):
        broken = broken.replace("</summary>", "</p></summary>")
    assert faults(broken.encode()) != []
