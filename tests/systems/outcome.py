"""One variant as a newcomer meets it, and how right what came of it is."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.systems.newcomer import Newcomer, NotDone
from tests.systems.site import Site, Variant
from tests.systems.truth import Verdict, compare

SHOWN = 3
"""Examples of one kind of fault that are told."""

VISITS = 6
"""Visits after which a history that is still being walked is given up."""


@dataclass(frozen=True)
class Outcome:
    """What came of a variant. ``failed`` is what a command said that failed.

    ``named`` is the address that the newcomer named, ``taken`` the one in the source file.
    ``history`` is what the last visit reported: complete, walking or bounded.
    """

    variant: Variant
    verdict: Verdict
    seconds: float
    named: str
    taken: str = ""
    source: str = ""
    failed: str = ""
    history: str = ""

    @property
    def right(self) -> bool:
        """Whether all is right without a touch but for the zone."""
        return not self.failed and self.verdict.right

    @property
    def complete(self) -> bool:
        """Whether every post was collected."""
        return not self.failed and self.verdict.complete

    @property
    def honest(self) -> bool:
        """Whether a history that lacks posts is not reported as complete."""
        return self.complete or self.history != "complete"

    def reasons(self) -> Iterator[str]:
        """What is wrong, with examples."""
        if self.failed:
            yield self.failed
        if not self.honest:
            yield "the history is reported as complete, but posts are missing"
        if not self.right and self.taken != self.named:
            yield f"the source collects from {self.taken or 'nowhere'}, not from {self.named}"
        for kind, wrong in self.verdict.wrongs().items():
            if wrong:
                more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
                yield f"{kind} {len(wrong)}: {'; '.join(wrong[:SHOWN])}{more}"


def outcome(variant: Variant, site: Site, home: Path) -> Outcome:
    """Add a site that is served, collect from it, and compare what came with what it holds."""
    begun = time.monotonic()
    newcomer = Newcomer(home)
    newcomer.settle()
    source, taken, failed, history = "", "", "", ""
    try:
        source = newcomer.add(site.url).read_text(encoding="utf-8")
        taken = tomllib.loads(source)["url"]
        run = newcomer.collect()
        for _ in range(VISITS - 1):
            if run.get("history") != "walking":
                break
            run = newcomer.collect()
        history = str(run.get("history"))
    except NotDone as error:
        failed = str(error)
    verdict = compare(site.held, newcomer.export() if source else ())
    seconds = time.monotonic() - begun
    return Outcome(variant, verdict, seconds, site.url, taken, source, failed, history)
