"""The functions that input from the network reaches, each called with one text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from benchmarks.growth_parts.archived import ARCHIVED
from benchmarks.growth_parts.edited import EDITED
from benchmarks.growth_parts.headers import HEADERS
from benchmarks.growth_parts.pages import PAGES
from benchmarks.growth_parts.published import PUBLISHED
from benchmarks.growth_parts.texts import TEXTS

Function: TypeAlias = Callable[[str], object]

FUNCTIONS: Final[Mapping[str, Function]] = {
    **PAGES,
    **TEXTS,
    **HEADERS,
    **EDITED,
    **PUBLISHED,
    **ARCHIVED,
}
