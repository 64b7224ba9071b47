"""The country that a site states as its address to machines (schema.org, geo tags)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from spiders.page.embedded_metadata import EmbeddedMetadata, parse_json, plain, walk
from spiders.page.page import Page

CODE: Final = re.compile(r"[A-Za-z]{2}")
MARKED: Final = re.compile(rb"addressCountry", re.IGNORECASE)


def country_of(pages: Sequence[tuple[Page, EmbeddedMetadata]]) -> str:
    """The ISO 3166 code that pages state, the first page first; empty where none does."""
    return next((code for page, meta in pages for code in _codes(page, meta)), "")


def _codes(page: Page, meta: EmbeddedMetadata) -> Iterator[str]:
    said = [meta.meta("addresscountry", "geo.country"), meta.meta("geo.region")[:2]]
    if MARKED.search(page.markup):
        for script in page.declared["script"]:
            if "ld+json" in (script.get("type") or "").lower():
                said += [
                    plain(node.get("addressCountry"))
                    for node in walk(parse_json(script.text or ""))
                ]
        said += [
            (node.get("content") or "".join(map(str, node.itertext()))).strip()
            for node in page.tree.iterfind(".//*[@itemprop='addressCountry']")
        ]
    yield from (code.upper() for code in said if CODE.fullmatch(code))
