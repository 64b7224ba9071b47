"""A source file drafted from guesses about a site: the shortest TOML that gives the same."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from spiders.sources.loader import parse_source
from spiders.sources.source_file import DateOrder, ReleaseRules, SourceFile

SURE = 0.6
"""Confidence from which on nobody needs to be asked."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A value of a site, guessed; ``rule`` says in a few words what the guess rests on.

    ``confidence`` is 0 to 1.
    """

    value: str
    confidence: float
    rule: str

    @property
    def sure(self) -> bool:
        """Whether it can be taken as it is."""
        return self.confidence >= SURE


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """A source as it would be written; only what detection can't find by itself is said.

    ``feed`` is the address of a complete feed, ``rules`` hold the selectors without which the
    fields would be wrong.
    """

    id: str
    name: Guess
    url: str
    timezone: Guess
    feed: str | None = None
    render: bool = False
    date_order: DateOrder | None = None
    rules: ReleaseRules = field(default_factory=ReleaseRules)

    @property
    def toml(self) -> str:
        """The text of the source file; a guess that a person must check says so."""
        lines = [
            line_of("name", self.name.value, self.name),
            line_of("url", self.url),
            line_of("timezone", self.timezone.value, self.timezone),
        ]
        if self.date_order:
            lines.append(line_of("date_order", self.date_order))
        if self.feed:
            lines.append(line_of("feed", self.feed))
        if self.render:
            lines.append("render = true")
        rules = [
            line_of(name, value)
            for name in ("title", "published", "body")
            if (value := getattr(self.rules, name))
        ]
        if rules:
            lines += ["", "[release]", *rules]
        return "\n".join(lines) + "\n"

    @property
    def file(self) -> SourceFile:
        """The source as the loader reads it from that text. Raises SourceError."""
        return parse_source(self.toml, f"{self.id}.toml")


def line_of(key: str, value: str, guess: Guess | None = None) -> str:
    """A line of TOML that gives a key a text; a guess that a person must check says so."""
    # A JSON string without DEL is a basic string of TOML.
    text = json.dumps(value.replace("\x7f", ""), ensure_ascii=False)
    doubt = f"  # check this: {guess.rule}" if guess and not guess.sure else ""
    return f"{key} = {text}{doubt}"
