"""What was learned of a source's release pages: selectors, what to cut, and the evidence."""

from __future__ import annotations

import datetime as dt
import json
from typing import Final

import msgspec

from data.wording import counted
from spiders.learning.excerpt import Excerpt
from spiders.sources.source_file import ReleaseRules

SELECTORS: Final = ("title", "published", "section", "publisher", "body", "drop")
READER: Final = "3"
"""Counts up when our reading improves so much that all is to be learned anew."""


MISFITS: Final = 3
"""Pages in a row that fit no template, over visits, after which a layout is given up."""


class Template(msgspec.Struct, frozen=True):
    """How the release pages of one layout of a source are read.

    ``rules`` are the selectors, and ``declared`` names those that the source file gives.
    ``date_origin`` names what tells the date where no selector does (``json-ld:datePublished``,
    ``meta:…``, ``url``, ``state`` or ``listing``). ``boilerplate`` are the lines that all pages
    repeat around their text. The evidence: ``pages`` counts those that it was tried on, ``fitted``
    those among them that it fitted, ``urls`` are the pages it was ``learned`` from, at an aware UTC
    time, and ``version`` names the code and the declared rules that it was learned with.

    ``misfits`` are the pages that no template fitted since this one fitted last. From MISFITS of
    them on it is given up, and ``look_again`` says that they are to be looked at once more, to
    learn from all of them how the site is made now.

    ``excerpt`` is the part of a large page that is enough.
    """

    source: str
    layout: str
    version: str
    rules: ReleaseRules
    learned: dt.datetime
    urls: tuple[str, ...]
    declared: tuple[str, ...] = ()
    date_origin: str = ""
    boilerplate: tuple[str, ...] = ()
    pages: int = 0
    fitted: int = 0
    misfits: tuple[str, ...] = ()
    look_again: bool = False
    excerpt: Excerpt | None = None

    @property
    def given_up(self) -> bool:
        """Whether so many pages did not fit that nothing is read by it any more."""
        return len(self.misfits) >= MISFITS


def version_of(declared: ReleaseRules) -> str:
    """Names the code and the declared rules that a template is learned with."""
    return f"{READER} {msgspec.json.encode(declared).decode()}"


def encode_template(template: Template) -> str:
    """A template as JSON text."""
    return msgspec.json.encode(template).decode()


def decode_template(text: str) -> Template | None:
    """The template in a JSON text; None where an older version wrote what can't be read now."""
    try:
        return msgspec.json.decode(text, type=Template)
    except msgspec.DecodeError:
        return None


def described(template: Template) -> list[str]:
    """What a template says, in lines for a person: the rules as a source file has them, and why."""
    rules = template.rules
    lines = ["[release]"]
    values = ((name, getattr(rules, name)) for name in SELECTORS)
    lines += [f"{name} = {json.dumps(value)}" for name, value in values if value]
    if template.date_origin:
        lines.append(f"the date is that of {template.date_origin}")
    lines += [f"no content, since all pages say it: {line[:80]}" for line in template.boilerplate]
    evidence = (
        f"learned {template.learned:%Y-%m-%d %H:%M} UTC from {counted(len(template.urls), 'page')},"
        f" fitted {template.fitted} of {counted(template.pages, 'page')} ({template.layout})"
    )
    if template.given_up:
        lines.append(f"given up: the last {counted(len(template.misfits), 'page')} did not fit")
    return [evidence, *lines]
