"""Drafts for tests, as a spider would make them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from data.models import Capture, Content, Draft, Published

BODY = (
    "The Harbour Board of Lindmouth opened its new signal station on Monday.\n\n"
    "The station cost 4.2 million crowns and replaces three older towers, said harbour master "
    "Odile Brandt. It will watch some 1,900 ship movements a year, and its lamps can be seen "
    "from a distance of 22 miles in clear weather."
)


def published(day: str) -> Published:
    """A date with day precision in UTC."""
    at = dt.datetime.fromisoformat(day + "T12:00:00+00:00")
    return Published(at, "day", "UTC", day, "test")


def capture(number: int, at: dt.datetime) -> Capture:
    """The capture of a record that nobody wrote."""
    record = f"urn:uuid:00000000-0000-4000-8000-{number:012d}"
    return Capture(record, "a.warc.gz", 1000 * number, 900, f"sha256:{number:064x}", number, at)


def draft(url: str = "http://harbour.example/news/1", **changes: Any) -> Draft:
    """A draft of one release; content fields and draft fields can be given by name."""
    of_draft = {
        "source", "aliases", "canonical", "links", "editions", "digest", "validator", "skeleton",
        "zone", "position", "imported", "capture",
    }  # fmt: skip
    outer = {name: value for name, value in changes.items() if name in of_draft}
    inner = {name: value for name, value in changes.items() if name not in of_draft}
    defaults: dict[str, Any] = {
        "title": "New signal station opened",
        "published": published("2026-03-02"),
        "language": "en",
        "topics": ("transport",),
        "body_html": f"<p>{BODY}</p>",
        "body_text": BODY,
    }
    return Draft(**{"source": "harbour", "url": url, **outer}, content=Content(**defaults | inner))


def varied_drafts() -> list[Draft]:
    """Drafts that a store decides about in different ways, in their order."""
    return [
        draft(digest="1", skeleton=b"sketch"),
        draft("http://wire.example/1", source="wire", topics=()),
        # An edit, a better reading of the same bytes, other bytes that say the same.
        draft(body_text=BODY.replace("4.2", "4.6"), digest="2"),
        draft(body_text=BODY.replace("4.2", "4.7"), digest="2", topics=("ports",)),
        draft(body_text=BODY.replace("4.2", "4.7"), digest="3"),
        # A move, a claim of a release's address, and a page whose text was lost.
        draft("http://harbour.example/moved", body_text=BODY.replace("4.2", "4.7")),
        draft("http://harbour.example/print/1", canonical="http://harbour.example/moved"),
        draft(body_text="", body_html=""),
        # Editions that name each other, and one without a date.
        draft(
            "http://harbour.example/fr/1",
            title="Nouvelle station",
            body_text="La station de signaux est ouverte.",
            language="fr",
            editions=(("en", "http://harbour.example/moved"),),
        ),
        draft("http://harbour.example/undated", title="Tides", body_text="Low.", published=None),
        draft("http://harbour.example/undated", title="Tides", body_text="Low."),
        draft("http://post.example/1", source="post", published=published("2026-03-03")),
    ]
