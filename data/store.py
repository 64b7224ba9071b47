"""Where releases are kept: a protocol of few domain verbs, chosen by the scheme of a URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from data.models import Facet, Release, Revision, Source


class Store(Protocol):
    """What every store can do. Reading verbs see one committed state; writing verbs are each one
    transaction.
    """

    def sources(self) -> Mapping[str, Source]:
        """Every source that has ever been collected, by its id."""

    def topics(self) -> Mapping[str, str]:
        """The label of every topic in use, by its slug."""

    def release(self, release_id: str) -> Release | None:
        """One release by its id."""

    def releases(
        self, facet: Facet, *, limit: int | None = None, offset: int = 0
    ) -> Iterator[Release]:
        """The releases of a facet, newest first: by ``order`` descending, then by id."""

    def revisions(self, release_id: str) -> tuple[Revision, ...]:
        """Every version of a release, oldest first."""

    def facets(self) -> Mapping[Facet, int]:
        """Every facet that holds at least one release, with its number of releases."""

    def story(self, story: str) -> tuple[Release, ...]:
        """The releases that share a story, first published first."""

    def marks(self) -> Mapping[Facet, int]:
        """The facets that changed since they were last published, with the number of the change."""

    def unmark(self, published: Mapping[Facet, int]) -> None:
        """Forget these marks, but none that a later change renewed (its number has grown)."""
