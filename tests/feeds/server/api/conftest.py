"""A site of sixty invented releases that is asked by programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from data.settings import SiteSettings
from data.store.sqlite.store import SqliteStore
from feeds.server.app import create_app
from tests.feeds.api_store import fill
from tests.feeds.serving import served_by


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the store lies."""
    found = tmp_path_factory.mktemp("home") / "communique.db"
    fill(found)
    return found


@pytest.fixture(scope="module")
def web(path: Path) -> Iterator[httpx.Client]:
    """A client of the site."""
    (path.parent / "site").mkdir()
    app = create_app(path.parent / "site", f"sqlite:{path}", SiteSettings(api_rate=0))
    yield from served_by(app)


@pytest.fixture
def filled(path: Path) -> Iterator[SqliteStore]:
    """The store that is asked."""
    store = SqliteStore(path)
    yield store
    store.close()
