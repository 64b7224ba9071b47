"""All shapes as one system, whose variants are the shapes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from tests.http_handlers import answered_by
from tests.systems.shapes import dates, inline_releases, link_pagers, request_pagers, rows, states
from tests.systems.shapes.board import Board
from tests.systems.shapes.server import SHAPES, Handler, Served
from tests.systems.site import Site, Variant

FAMILIES: Final = (link_pagers, request_pagers, states, inline_releases, dates, rows)
"""The modules that register shapes when they are imported."""


@dataclass
class ShapeServer:
    """The running server."""

    base: str
    served: Served

    def show(self, variant: Variant) -> Site:
        """Serve a shape."""
        chosen = SHAPES[variant.theme]
        self.served.board = Board(chosen.lang)
        self.served.shape = chosen
        return Site(self.base + chosen.first, self.served.board.held)


@dataclass(frozen=True)
class ShapesSystem:
    """All shapes; a variant's theme is the name of a shape, its surroundings the language."""

    name: str = "shapes"

    def variants(self) -> tuple[Variant, ...]:
        """Each shape once, without feeds."""
        return tuple(Variant(self.name, one.name, one.lang, feeds=False) for one in SHAPES.values())

    @contextlib.contextmanager
    def start(self, folder: Path) -> Iterator[ShapeServer]:
        """A server; nothing is written into the folder."""
        del folder
        served = Served()
        with answered_by(partial(Handler, served)) as base:
            yield ShapeServer(base, served)
