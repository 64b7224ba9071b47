"""The answer where nothing is: a page with what is near, made from what the store knows."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from typing import Final

from starlette.responses import Response
from starlette.types import Scope

from data.errors import StoreError
from data.models import Facet
from data.settings import Site
from data.store import open_existing
from feeds.catalog import Catalog, catalog_of
from feeds.pages.indexes.not_found_page import near_misses, not_found_page
from feeds.pages.renderer import SERVED_POLICY, PageRenderer
from feeds.server.errors import page

log = logging.getLogger(__name__)

SECONDS: Final = 60.0
"""How long what was read of the store is used: whoever asks for much that is not there asks it
seldom."""


class NotFound:
    """Answers 404 over the store that ``store_url`` names."""

    def __init__(self, store_url: str, site: Site) -> None:
        self._url = store_url
        self._site = site
        self._lock = threading.Lock()
        self._read: tuple[float, Catalog, Mapping[Facet, int]] | None = None

    def answer(self, scope: Scope) -> Response:
        """The page; a small one if the store can't be read."""
        try:
            body = self._made(scope["path"], scope.get("root_path", ""))
        except StoreError as error:
            log.warning("%s", error)
            return page(scope, 404)
        headers = {
            "cache-control": "no-store",
            "content-security-policy": SERVED_POLICY,
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
        }
        return Response(body, 404, headers, "text/html")

    def _made(self, path: str, root: str) -> bytes:
        catalog, counts = self._known()
        near = near_misses(path, catalog, counts)
        return not_found_page(PageRenderer(catalog, counts), root, near)

    def _known(self) -> tuple[Catalog, Mapping[Facet, int]]:
        with self._lock:
            if self._read is None or time.monotonic() - self._read[0] >= SECONDS:
                with closing(open_existing(self._url)) as store:
                    found = catalog_of(store, self._site), store.facets()
                self._read = time.monotonic(), *found
            return self._read[1:]
