"""The words of the tests with real systems: variant, site, system."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.systems.truth import Held


@dataclass(frozen=True)
class Variant:
    """One way in which a system shows the posts.

    ``feeds`` says whether feeds, APIs and sitemaps are on; ``surroundings`` what stands beside the
    list, or how the posts are.
    """

    system: str
    theme: str
    surroundings: str
    feeds: bool

    @property
    def name(self) -> str:
        """The name that the benchmark lists, without blanks."""
        feeds = "feeds" if self.feeds else "blocked"
        return f"{self.system}/{self.theme}/{self.surroundings}/{feeds}"


@dataclass(frozen=True)
class Site:
    """A variant that is served: the address that a newcomer adds, and what the system holds."""

    url: str
    held: tuple[Held, ...]


class Running(Protocol):
    """A system that runs."""

    def show(self, variant: Variant) -> Site:
        """Serve a variant until the next is asked for."""


class System(Protocol):
    """A content management system that may be installed here."""

    @property
    def name(self) -> str:
        """Its name."""

    def variants(self) -> tuple[Variant, ...]:
        """The ways in which it shows the posts."""

    def start(self, folder: Path) -> AbstractContextManager[Running]:
        """The system, running, with its files in an empty folder. Raises Absent."""
