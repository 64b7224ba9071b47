"""Where a page of a row of pages leads to; the template paging.html shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Paging:
    """The files of the pages that a page leads to; None is for those that are not there."""

    newest: str | None = None
    newer: str | None = None
    older: str | None = None
    oldest: str | None = None


ALONE: Final = Paging()
"""What a page says that is the only one."""
