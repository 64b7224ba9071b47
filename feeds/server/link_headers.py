"""The links of a feed as HTTP headers have them (RFC 8288), read from its own head."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

HEAD = 4096
"""Bytes at the beginning of a feed that hold its own links."""

ITEMS = b',"items":['
ENTRY = re.compile(rb"<(?:entry|item)\b")
LINK = re.compile(rb"<(?:atom:)?link\b([^<>]*)>")
ATTRIBUTE = re.compile(rb'([a-z]+)="([^"]*)"')
RELATIONS = {b"self", b"hub", b"prev-archive", b"next-archive", b"current"}
ADDRESS = re.compile(rb"https?://[^\x00-\x20<>\"\x7f-\xff]+")
"""What may stand in a header as it is."""


def links_in(feed: bytes, kind: str) -> list[bytes]:
    """The links of a feed to itself, its hub and its archive; ``kind`` is its suffix."""
    head = feed[:HEAD]
    found = json_links(head) if kind == ".json" else xml_links(head)
    return [b'<%s>; rel="%s"' % (href, rel) for rel, href in found if ADDRESS.fullmatch(href)]


def xml_links(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The relations and addresses in the head of an RSS or Atom feed."""
    # The first entry may name its own source in the same way.
    for element in LINK.findall(ENTRY.split(head, 1)[0]):
        found = dict(ATTRIBUTE.findall(element))
        if found.get(b"rel") in RELATIONS and b"href" in found:
            yield found[b"rel"], found[b"href"].replace(b"&amp;", b"&")


def json_links(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The same of a JSON Feed; what follows it there is the next page, with older items."""
    try:
        found = json.loads(head.partition(ITEMS)[0] + b"}")
        for rel, href in (
            ("self", found["feed_url"]),
            *(("hub", hub["url"]) for hub in found.get("hubs", ())),
            *(("prev-archive", found[name]) for name in ("next_url",) if name in found),
        ):
            yield rel.encode(), href.encode()
    except (ValueError, LookupError):
        # Not one of ours.
        return
