"""Scopes of visits, for tests of single parts of a visit."""

from __future__ import annotations

import datetime as dt
from typing import Any

from data.settings import Collect
from data.store.core.store import Store
from spiders.crawl.visit_scope import VisitScope
from spiders.sources.source_file import SourceFile

HARBOUR = SourceFile("Harbour Board", "http://harbour.example/news/", "UTC")


def scope_of(
    store: Store,
    started: dt.datetime,
    file: SourceFile = HARBOUR,
    *,
    source: str = "harbour",
    **limits: Any,
) -> VisitScope:
    """The scope of a visit that begins at ``started``."""
    return VisitScope(source, file, store, Collect(**limits), started)
