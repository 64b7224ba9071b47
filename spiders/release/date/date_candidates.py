"""Collect the dates on a release page that may be its publication date."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from data.dates.context import DateContext
from data.models import Published
from spiders.body.text_blocks import BlockTree
from spiders.page.embedded_metadata import EmbeddedMetadata
from spiders.page.page import Page
from spiders.release.date.metadata_dates import (
    bare_time,
    last_modified,
    state_date,
    url_date,
)
from spiders.release.date.places import DatePlace
from spiders.release.date.visible_dates import (
    labelled_below,
    visible_dates,
    yearless_date,
)


@dataclass(frozen=True)
class DateCandidates:
    """The dates on a release page, grouped by where they were found.

    ``seen`` contains the text blocks of the page, and ``place`` the block numbers of headline and
    body. ``context`` has the language and the order of day and month. Each group of dates is
    extracted only when needed.
    """

    page: Page
    meta: EmbeddedMetadata
    seen: BlockTree
    place: DatePlace
    context: DateContext

    @cached_property
    def modified(self) -> Published | None:
        """The modification time in the page's metadata, or None."""
        return last_modified(self.meta, self.context)

    @cached_property
    def in_address(self) -> tuple[Published | None, tuple[int, int] | None]:
        """The day in the page's URL or, if it contains no day, its year and month."""
        return url_date(self.page.url, self.context)

    @property
    def address(self) -> Published | None:
        """The day in the page's URL, or None."""
        return self.in_address[0]

    @cached_property
    def shown(self) -> Sequence[tuple[float, Published]]:
        """The visible dates around the release, each with its score as the publication date."""
        return tuple(visible_dates(self.seen, self.place, self.context))

    def remaining(self) -> Iterator[Published]:
        """Yield dates that are used only if no other date was found, most reliable first.

        - a visible day and month with a year from the page's URL or ``<body>``
        - a labelled date far below the text
        - the first ``<time>`` of the page
        - a date in the JSON state of the page's scripts
        """
        root, seen, place, context = self.page.tree, self.seen, self.place, self.context
        if found := yearless_date(root, self.page.url, seen, place, context):
            yield found
        if found := labelled_below(seen, place, context):
            yield found
        if found := bare_time(root, context):
            yield found
        if found := state_date(root, context):
            yield found
