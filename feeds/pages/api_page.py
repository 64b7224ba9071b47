"""The page that tells programmers what they can ask of the API, with an example of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from data.models import Facet
from feeds.pages.renderer import PageRenderer

FILE = "api/index.html"
"""Where the page would lie; our own server makes it anew each time."""


@dataclass(frozen=True, slots=True)
class ApiParameter:
    """What may be said in a request, and of which kind it is."""

    name: str
    kind: str
    description: str


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """What can be asked at ``path``: a request that works at this site, and an answer."""

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
    """The page of what can be asked; ``rate`` is how often a minute, 0 for any number."""
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
    """A text of ours whose words in backticks are code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else part
        for place, part in enumerate(parts)
    )
