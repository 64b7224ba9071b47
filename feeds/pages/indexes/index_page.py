"""Pages that list many things of one kind by their names: so many on a page, and a field to filter.

The first is ``sources/``, the next ones are ``sources/-/2/`` and so on, as no source can be called
so. Each is a page by itself; the script of the field takes the lines of the others in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from data.models import Facet
from feeds.pages.renderer import PageRenderer

ON_PAGE = 200
"""Lines of a page: some 15 KB, compressed."""

LONGEST = 18
"""Characters of a name that leads to a page."""


class Named(Protocol):
    """A line of an index."""

    @property
    def name(self) -> str:
        """By which it is found."""


Line = TypeVar("Line", bound=Named)


@dataclass(frozen=True, slots=True)
class Part(Generic[Line]):
    """A page of an index: its file, its lines, and what a link to it says."""

    file: str
    rows: Sequence[Line]
    label: str


def parts_of(stem: str, rows: Sequence[Line]) -> list[Part[Line]]:
    """Lines in their order on as many pages as they need; one where there is none."""
    parts = []
    for start in range(0, max(len(rows), 1), ON_PAGE):
        some = rows[start : start + ON_PAGE]
        place = f"-/{start // ON_PAGE + 1}/" if start else ""
        label = f"{short(some[0].name)} – {short(some[-1].name)}" if some else ""
        parts.append(Part(f"{stem}/{place}index.html", some, label))
    return parts


def short(name: str) -> str:
    """The beginning of a name."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1].rstrip()}…"


def index_pages(
    pages: PageRenderer, stem: str, template: str, rows: Sequence[Line], **values: Any
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The files of an index, and how each is made by a template from its lines."""
    parts = parts_of(stem, rows)
    for part in parts:
        yield (
            part.file,
            partial(
                pages.render,
                template,
                part.file,
                Facet(),
                rows=part.rows,
                total=len(rows),
                parts=[(one.label, one.file, one is part) for one in parts],
                **values,
            ),
        )


@dataclass(frozen=True, slots=True)
class CountedLine:
    """A name with its page and its number of releases; ``depth`` levels down, below ``above``."""

    name: str
    file: str
    releases: int
    depth: int = 0
    above: str = ""


def counted_pages(
    pages: PageRenderer, stem: str, rows: Sequence[CountedLine], *, title: str, lead: str
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The files of an index of names with numbers of releases, and how to make each."""
    return index_pages(pages, stem, "counted.html", rows, title=title, lead=lead)
