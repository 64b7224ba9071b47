"""Files of the log that proves the archive: how they are answered, and tiles that it outgrew.

A log keeps one partial tile a level. Whoever saw an earlier checkpoint may still ask for the one of
that time (C2SP tlog-tiles, "Partial Tiles"): it is the beginning of the tile that is there now.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data.archive.log.tiles import read_file

PARTIAL: Final = re.compile(r"/log/(tile/(?:[1-9]?\d|entries)/(?:x\d{3}/)*\d{3}\.p/[1-9]\d{0,2})")

TILES: Final = "/log/tile/"

ENDLESS: Final = b"public, max-age=31536000, immutable"

BRIEF: Final = b"public, max-age=5"
"""For checkpoints, which change whenever the log grows."""

TEXT: Final = b"text/plain; charset=utf-8"
TILE: Final = b"application/octet-stream"

SIGNED: Final = re.compile(r"/log/(?!tile/)(?!.*\.tsr$).+|/witness/.+")
"""Texts: checkpoints, keys, and what witnesses sign."""


def freshness_of(address: str) -> bytes | None:
    """How long an answer may be kept, as Cache-Control has it; None for what is not of the log."""
    if address.startswith(TILES):
        return ENDLESS
    return BRIEF if SIGNED.fullmatch(address) else None


def type_of(address: str) -> bytes | None:
    """The media type of a file of the log; None for what is none, or tells it by its suffix."""
    return TEXT if SIGNED.fullmatch(address) else None


def tile_route(folder: Path) -> Route:
    """The route of tiles that are not in the site in ``folder`` any more."""

    def answer(request: Request) -> Response:
        asked = PARTIAL.fullmatch(request.url.path)
        if asked is None:
            raise HTTPException(404)
        try:
            body = read_file(folder / "log", asked[1])
        except (FileNotFoundError, NotADirectoryError) as error:
            raise HTTPException(404) from error
        headers = {"cache-control": ENDLESS.decode(), "access-control-allow-origin": "*"}
        return Response(body, media_type=TILE.decode(), headers=headers)

    return Route(f"{TILES}{{path:path}}", answer)
