"""Answers at addresses of sources that have another id now (301), or were removed (410)."""

from __future__ import annotations

import re
from contextlib import closing
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from data.store import open_store
from feeds.server.errors import explain, page
from feeds.urls import file_name, name_of, relative

ADDRESS: Final = re.compile(
    r"/(feeds/source|sources)/([^/]+?)((?:\.(?:atom|rss|json)|/.*)?)", re.DOTALL
)
"""An address of a source: where sources are, the name of one, and what is asked of it."""

FRESH: Final = 3600
"""Seconds for which caches may lead on without asking."""

REMOVED: Final = "This source is collected no more, and its releases are not shown."


class GoneSourceAnswers:
    """The handler of what is not found, over the store that ``store_url`` names."""

    def __init__(self, store_url: str) -> None:
        self._url = store_url

    async def __call__(self, request: Request, error: Exception) -> Response:
        """Lead to where a source is now, say that it was removed, or that nothing is there."""
        path = request.scope["path"]
        found = ADDRESS.fullmatch(path)
        source = name_of(found[2]) if found else None
        if found and source is not None:
            now, removed = await run_in_threadpool(self._ask, source)
            if removed:
                return page(request.scope, 410, said=REMOVED)
            if now != source:
                # Relative, so that it holds wherever the site is mounted.
                place = relative(f"{found[1]}/{file_name(now)}{found[3]}", path[1:])
                query = request.url.query
                # Not kept for ever: the source may be renamed back.
                headers = {"cache-control": f"public, max-age={FRESH}"}
                return RedirectResponse(f"{place}?{query}" if query else place, 301, headers)
        return await explain(request, error)

    def _ask(self, source: str) -> tuple[str, bool]:
        """What a source is called now, and whether it was removed with its releases."""
        with closing(open_store(self._url)) as store:
            now = store.source_moves().get(source, source)
            removed = store.removed_sources().get(now)
            return now, removed is not None and not removed.kept
