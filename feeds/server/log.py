"""Tiles that the log of the archive outgrew.

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
from feeds.freshness import ENDLESS, TILES

PARTIAL: Final = re.compile(r"/log/(tile/(?:[1-9]?\d|entries)/(?:x\d{3}/)*\d{3}\.p/[1-9]\d{0,2})")

TILE: Final = "application/octet-stream"


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
        headers = {"cache-control": ENDLESS, "access-control-allow-origin": "*"}
        return Response(body, media_type=TILE, headers=headers)

    return Route(f"{TILES}{{path:path}}", answer)
