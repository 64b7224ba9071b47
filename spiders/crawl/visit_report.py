"""The report of a visit: its counts, errors and notes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Literal

from data.health.run_errors import ARCHIVE
from data.models import Run, RunError
from data.text.clean import allowed
from data.wording import counted
from spiders.crawl.page_errors import page_errors, reported_url
from spiders.download.slow_page import MOVED


class VisitReport:
    """Collects the report of one visit; ``run`` is the report so far.

    ``url`` is the address of the source, and ``public_text`` removes secrets from a text.
    """

    def __init__(
        self, source: str, url: str, started: dt.datetime, public_text: Callable[[str], str]
    ) -> None:
        self.run = Run(source, started, 0.0)
        self.has_moved = False
        """Whether a page was so slow that the visit continues in a separate process."""
        self._url = url
        self._public_text = public_text
        self._known_errors: set[RunError] = set()
        self._unvisited: Counter[tuple[str, str, str]] = Counter()
        self._is_archive_reported = False

    def error(self, url: str, kind: str, message: str) -> None:
        """Add an error, once; the visit continues."""
        self.has_moved = self.has_moved or kind == MOVED
        found = RunError(reported_url(url), kind, self._public_text(allowed(message)))
        if found not in self._known_errors:
            self._known_errors.add(found)
            self.run = replace(self.run, errors=(*self.run.errors, found))

    def errors(self) -> AbstractContextManager[None]:
        """Report failures in a block that do not concern a single page as errors of the source."""
        return page_errors(self._url, self.error)

    def note(self, text: str) -> None:
        """Add a note for the operator, once, although nothing went wrong."""
        note = self._public_text(allowed(text))
        if note not in self.run.notes:
            self.run = replace(self.run, notes=(*self.run.notes, note))

    def add_page(self, not_archived: str) -> None:
        """Count a response; ``not_archived`` is the reason why it could not be archived, or ""."""
        self.run = replace(self.run, pages=self.run.pages + 1)
        self.add_archive_error(not_archived)

    def add_archive_error(self, reason: str) -> None:
        """Report the first ``reason`` why a response could not be archived; nothing if it is ""."""
        if reason and not self._is_archive_reported:
            self._is_archive_reported = True
            self.error(self._url, ARCHIVE, reason)

    def count(self, kind: Literal["new", "changed", "unchanged"], *, returned: bool) -> None:
        """Count a recorded release; ``returned`` if it had been retracted."""
        counts = {kind: getattr(self.run, kind) + 1, "returned": self.run.returned + returned}
        self.run = replace(self.run, **counts)

    def add_unvisited(self, url: str, kind: str, message: str) -> None:
        """Count a page that could not be requested, for a reason that concerns its whole host."""
        self._unvisited[url, kind, message] += 1

    def report_unvisited(self) -> None:
        """Report once per reason how many pages the visit could not request."""
        for (url, kind, message), count in self._unvisited.items():
            self.error(url, kind, f"{message}; {counted(count, 'page')} not visited")
        self._unvisited.clear()
