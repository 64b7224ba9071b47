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

from data.archive.log.tiles import WIDTH, read_file
from data.bucket.answers import BucketError
from data.bucket.bucket import Bucket
from feeds.http_headers import IMMUTABLE_CACHE, TILE_PREFIX

PARTIAL: Final = re.compile(r"/log/(tile/(?:[1-9]?\d|entries)/(?:x\d{3}/)*\d{3}\.p/[1-9]\d{0,2})")

TILE: Final = "application/octet-stream"


def tile_route(site: Path | Bucket) -> Route:
    """The route of tiles that are not in the site any more, be it in a folder or in a bucket."""

    def answer(request: Request) -> Response:
        asked = PARTIAL.fullmatch(request.url.path)
        if asked is None:
            raise HTTPException(404)
        try:
            if isinstance(site, Path):
                body = read_file(site / "log", asked[1])
            else:
                body = read_tile(site, f"log/{asked[1]}")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise HTTPException(404) from error
        except BucketError as error:
            raise HTTPException(503) from error
        headers = {"cache-control": IMMUTABLE_CACHE, "access-control-allow-origin": "*"}
        return Response(body, media_type=TILE, headers=headers)

    return Route(f"{TILE_PREFIX}{{path:path}}", answer)


def read_tile(bucket: Bucket, name: str) -> bytes:
    """The partial tile of that name, cut from the one that outgrew it. Raises FileNotFoundError."""
    full, _, wanted = name.rpartition(".p/")
    names = [one for one, _, _ in bucket.tags(f"{full}.p")]
    widths = sorted(int(one.rpartition("/")[2]) for one in names)
    wider = [(f"{full}.p/{width}", width) for width in widths if width > int(wanted)]
    for candidate, width in (*wider, (full, WIDTH)):
        if found := bucket.read(candidate):
            return found.body[: len(found.body) // width * int(wanted)]
    raise FileNotFoundError(name)
