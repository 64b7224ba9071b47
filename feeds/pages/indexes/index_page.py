"""Long lists that are split into several pages, with a field to filter their rows.

The first page is, for example, ``sources/``. The next page is ``sources/-/2/``, because no source
has the id "-". Each page works without the others. The script of the filter field loads the rows of
the other pages.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from data.models import Facet
from feeds.pages.renderer import PageRenderer

MAX_ROWS = 200
"""Maximum number of rows per page. A page of this length is about 15 KB when compressed."""

MAX_LABEL_CHARACTERS = 18
"""Maximum length in characters of each of the two names in a page label ('Abc – Def')."""


class NamedLine(Protocol):
    """Interface of rows with a name."""

    @property
    def name(self) -> str:
        """Name of the row, for labels and for the filter field."""


Line = TypeVar("Line", bound=NamedLine)


@dataclass(frozen=True, slots=True)
class IndexPage(Generic[Line]):
    """One page of a list: its file, its rows, and the label of links to this page."""

    file: str
    rows: Sequence[Line]
    label: str


def index_parts(stem: str, rows: Sequence[Line]) -> list[IndexPage[Line]]:
    """Split rows into pages, in the same order. If there are no rows, return one empty page."""
    parts = []
    for start in range(0, max(len(rows), 1), MAX_ROWS):
        some = rows[start : start + MAX_ROWS]
        place = f"-/{start // MAX_ROWS + 1}/" if start else ""
        label = f"{short(some[0].name)} – {short(some[-1].name)}" if some else ""
        parts.append(IndexPage(f"{stem}/{place}index.html", some, label))
    return parts


def short(name: str) -> str:
    """Cut a name to MAX_LABEL_CHARACTERS."""
    return (
        name
        if len(name) <= MAX_LABEL_CHARACTERS
        else f"{name[: MAX_LABEL_CHARACTERS - 1].rstrip()}…"
    )


def index_pages(
    pages: PageRenderer, stem: str, template: str, rows: Sequence[Line], **values: Any
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield each page of a list: its file name and a function that renders it from a template."""
    parts = index_parts(stem, rows)
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
