"""Find the smallest excerpt of a source's large pages that a template can read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import msgspec
from lxml import etree

from data.models import Link
from spiders.items import ExtractedRelease
from spiders.learning.excerpt import LINKED, Excerpt, excerpt_of
from spiders.learning.sample import Sample
from spiders.learning.template import Template
from spiders.learning.template_reader import TemplateReader
from spiders.page.links import url_pattern
from spiders.page.selector_generator import marks_of

TAILS: Final = (2_000, 8_000, 24_000, 100_000)
"""Numbers of bytes after the cut element that are tried, to include links to other releases."""

ATTRIBUTES: Final = {"#": "id", "[": "itemprop", ".": "class"}
MAX_ANCESTORS: Final = 12
"""Maximum number of ancestors of a body that are tried, counted once per name."""


def with_excerpt(template: Template, lessons: Sequence[Sample]) -> Template:
    """Return the template with the smallest excerpt that gives the same results as the whole pages.

    The template is returned unchanged if no excerpt does.
    """
    whole = TemplateReader(template)
    body = whole.body_of(lessons[0].page.tree)
    expected = [whole.read(one.page, one.reading, one.listed) for one in lessons]
    for number, excerpt in enumerate(_candidates(body, lessons) if body is not None else ()):
        if number >= MAX_ANCESTORS * len(TAILS):
            break
        reader = TemplateReader(msgspec.structs.replace(template, excerpt=excerpt))
        for one, right in zip(lessons, expected, strict=True):
            part = excerpt_of(one.page, excerpt)
            found = reader.read_part(part, one.reading, one.listed) if part else None
            if found is None or right is None or not _same(found, right):
                break
        else:
            return reader.template
    return template


def _candidates(body: etree._Element, lessons: Sequence[Sample]) -> Iterator[Excerpt]:
    linked = any(LINKED in one.page.body.partition(b"<body")[2] for one in lessons)
    for element in body.iterancestors():
        path = tuple(str(one.tag) for one in element.iterancestors())[::-1]
        if len(path) < len(("html", "body")):
            return
        for mark in marks_of(element):
            name = mark.strip('#.[]"').removeprefix('itemprop="')
            for tail in TAILS:
                attribute = ATTRIBUTES[mark[0]]
                yield Excerpt(str(element.tag), attribute, name, path[1:], tail, linked)


def _same(part: ExtractedRelease, whole: ExtractedRelease) -> bool:
    """Whether two extractions are equal, including their links to pages with similar addresses."""
    left, right = replace(part, links=()), replace(whole, links=())
    return left == right and _akin(part) == _akin(whole)


def _akin(page: ExtractedRelease) -> list[Link]:
    own = url_pattern(page.url)
    return [link for link in page.links if url_pattern(link.url) == own]
