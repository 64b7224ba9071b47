"""The documentation page of the API, with an example of each operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from data.models import Facet
from feeds.pages.renderer import PageRenderer

FILE = "api/index.html"
"""The file that relative links start from; only our server makes this page."""


@dataclass(frozen=True, slots=True)
class ApiParameter:
    """A parameter of a request, with its type (``kind``)."""

    name: str
    kind: str
    description: str


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """An operation at ``path``, with an example request for this site and its response.

    ``refused`` are error statuses with their reasons.
    """

    name: str
    path: str
    summary: str
    parameters: Sequence[ApiParameter]
    example: str
    answer: str
    refused: Sequence[tuple[int, str]]


def api_page(
    pages: PageRenderer,
    introduction: Sequence[str],
    operations: Sequence[ApiOperation],
    *,
    rate: int,
    needs_token: bool,
) -> bytes:
    """Render the page. ``rate`` is the limit of requests per minute, 0 for no limit."""
    return pages.render(
        "api.html",
        FILE,
        Facet(),
        title=pages.catalog.texts.gettext("API for programs"),
        introduction=introduction,
        coded=coded,
        operations=operations,
        site_url=pages.catalog.site,
        rate=rate,
        needs_token=needs_token,
    )


def coded(text: str) -> Markup:
    """Return a trusted text as HTML, with the words in backticks as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else part
        for place, part in enumerate(parts)
    )
