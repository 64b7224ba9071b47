"""Functions that render collected releases as feeds and pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from typing import Final

from benchmarks.growth_parts.setting import PUBLISHED as DAY
from benchmarks.growth_parts.setting import content_of, release_of
from data.archive.archived_response import NotServed, Served
from data.archive.warc.cdxj import CdxjEntry
from data.models import Content
from data.models.source import Source
from data.text.sanitize import sanitize
from data.text.urls import public_url_key
from feeds.catalog import Catalog
from feeds.entries.body import safe_html
from feeds.entries.entry import entry_of
from feeds.formats.rendering import rendered_entry
from feeds.pages.releases.release_body import shown_body
from feeds.pages.structured_data import citation_of
from feeds.replay.archived_parts import Parts
from feeds.replay.rewrite import rewritten_page, rewritten_style
from feeds.replay.withheld_captures import decoded, shows, text_of

SOURCE: Final = Source("harbour", "Harbour board", "http://harbour.example/", "UTC")
CAPTURE: Final = CdxjEntry(
    "http://h.example/", dt.datetime(2026, 3, 2, tzinfo=dt.UTC), "text/css", 200, "", 1, 0, "h"
)
HIDDEN: Final = release_of("The harbour board closed the northern mole for repairs in March.")
CATALOG: Final = Catalog("http://press.example", "Press", {"harbour": SOURCE}, {})


def entries(text: str) -> object:
    """Render a release as an entry of all formats."""
    found = []
    for html in (sanitize(text, "http://h.example/"), "", f"<p>{escape(text)}</p>"):
        release = release_of(text, html)
        entry = entry_of(release, CATALOG, mixed=True)
        found.append((rendered_entry(entry, b""), citation_of(release, entry)))
    return found


def titles(text: str) -> object:
    """Render a release whose title, summary and publisher are the text."""
    content = Content(text or "x", DAY, publisher=text, summary=text, section=text, author=text)
    release = replace(release_of("Ships were counted."), content=content)
    entry = entry_of(release, CATALOG, mixed=True)
    return rendered_entry(entry, b""), citation_of(release, entry)


def bodies(text: str) -> object:
    """Render the body of a release on its page."""
    safe = safe_html(text, "http://h.example/")
    return shown_body(safe, CATALOG.texts), content_of(text)


def replays(text: str) -> object:
    """Rewrite a captured page and a style sheet for replay."""
    body = text.encode("utf-8", "replace")

    def place(url: str) -> str:
        return f"/memento/20260302/{url}"

    def load(_: CdxjEntry) -> Served:
        raise NotServed("h.warc.gz", "only addresses are measured")

    return (
        rewritten_page(body, "", "http://h.example/", place, Parts(lambda _: CAPTURE, place, load)),
        rewritten_style(body, "", "http://h.example/", Parts(lambda _: CAPTURE, place, load)),
    )


def hidden_texts(text: str) -> object:
    """Look for the text of a hidden release in a captured page, and in an address."""
    hidden = [text_of(HIDDEN, ()), text_of(replace(HIDDEN, content=content_of(text)), ())]
    body = text.encode("utf-8", "replace")
    return [shows(one, hidden) for one in decoded(body, "")], public_url_key(
        f"http://h.example/{text}"
    )


PUBLISHED: Final[Mapping[str, Callable[[str], object]]] = {
    one.__name__: one for one in (entries, titles, bodies, replays, hidden_texts)
}
