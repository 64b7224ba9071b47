"""A learned template of release pages: selectors, boilerplate and evidence."""

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
"""Version of the extraction code. Increase it to make all templates be learned again."""


MISFITS: Final = 3
"""Number of pages in a row that fit no template, in one or several visits, after which a layout is
abandoned."""


class Template(msgspec.Struct, frozen=True):
    """The selectors for release pages of one layout, with the evidence for them.

    - ``rules`` are the selectors; ``declared`` names those from the source file.
    - ``date_origin`` is the rule for the date if no selector gives it: ``json-ld:datePublished``,
      ``meta:…``, ``url``, ``state`` or ``listing``.
    - ``boilerplate`` are the lines that all pages repeat around their text.
    - ``pages`` counts the pages on which the template was tried, ``fitted`` the pages it fitted.
    - ``urls`` are the pages from which it was learned, ``learned`` is the time (aware, UTC).
    - ``version`` identifies the code and the declared rules with which it was learned.
    - ``misfits`` are the pages that no template fitted since this template last fitted. A template
      with at least MISFITS of them is abandoned.
    - ``look_again`` is whether the next visit reads the misfits again to learn the new layout.
    - ``excerpt`` is the part of a large page that is sufficient.
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
    def is_abandoned(self) -> bool:
        """Whether the template is abandoned because too many pages did not fit."""
        return len(self.misfits) >= MISFITS


def version_of(declared: ReleaseRules) -> str:
    """Return an identifier of the code version and the declared rules of a template."""
    return f"{READER} {msgspec.json.encode(declared).decode()}"


def encode_template(template: Template) -> str:
    """Encode a template as JSON text."""
    return msgspec.json.encode(template).decode()


def decode_template(text: str) -> Template | None:
    """Decode a template from JSON text. Returns None for the format of an older version."""
    try:
        return msgspec.json.decode(text, type=Template)
    except msgspec.DecodeError:
        return None


def described(template: Template) -> list[str]:
    """Describe a template in lines: its evidence, and its rules in source file syntax."""
    rules = template.rules
    lines = ["[release]"]
    values = ((name, getattr(rules, name)) for name in SELECTORS)
    lines += [f"{name} = {json.dumps(value)}" for name, value in values if value]
    if template.date_origin:
        lines.append(f"the date comes from {template.date_origin}")
    lines += [f"boilerplate on all pages: {line[:80]}" for line in template.boilerplate]
    evidence = (
        f"learned {template.learned:%Y-%m-%d %H:%M} UTC from {counted(len(template.urls), 'page')},"
        f" fitted {template.fitted} of {counted(template.pages, 'page')} ({template.layout})"
    )
    if template.is_abandoned:
        lines.append(f"abandoned: the last {counted(len(template.misfits), 'page')} did not fit")
    return [evidence, *lines]
