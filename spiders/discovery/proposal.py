"""Draft a source file from guesses about a site, as the shortest equivalent TOML."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from spiders.sources.loader import parse_source
from spiders.sources.source_file import DateOrder, ReleaseRules, SourceFile

MIN_CONFIDENCE = 0.6
"""Minimum confidence of a guess that nobody has to check."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A guessed value of a site; ``rule`` is a short reason for the guess.

    ``confidence`` is 0 to 1.
    """

    value: str
    confidence: float
    rule: str

    @property
    def sure(self) -> bool:
        """Whether the guess can be used without a check."""
        return self.confidence >= MIN_CONFIDENCE


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """A drafted source file, only with fields that can't be detected.

    ``feed`` is the address of a complete feed. ``rules`` contain selectors for fields that would
    otherwise be wrong.
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
        """The text of the source file; guesses that a person must check are marked."""
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
        """The source file, parsed from its text. Raises SourceError."""
        return parse_source(self.toml, f"{self.id}.toml")


def line_of(key: str, value: str, guess: Guess | None = None) -> str:
    """Return a line of TOML with a key and a text; a guess that a person must check is marked."""
    # A JSON string without DEL is a valid basic string in TOML.
    text = json.dumps(value.replace("\x7f", ""), ensure_ascii=False)
    doubt = f"  # check this: {guess.rule}" if guess and not guess.sure else ""
    return f"{key} = {text}{doubt}"
