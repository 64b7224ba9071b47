"""What is published does not depend on which database holds it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from data.store.open import open_store
from data.store.sqlite.store import SqliteStore
from tests.feeds.lived_site import content, live
from tests.postgres_server import PostgresServer
from tests.postgres_store import emptied


@pytest.mark.thorough
def test_the_same_history_yields_the_same_site_byte_for_byte(
    postgres_server: PostgresServer, sqlite_store: SqliteStore, tmp_path: Path
) -> None:
    homes = (tmp_path / "file", tmp_path / "server")
    with closing(open_store(emptied(postgres_server))) as other:
        for store, home in zip((sqlite_store, other), homes, strict=True):
            live(store, home, range(10))
    one, same = map(content, homes)
    assert len(one) > 100
    assert one.keys() == same.keys()
    assert [name for name in one if one[name] != same[name]] == []
