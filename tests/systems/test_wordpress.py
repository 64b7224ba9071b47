"""A newcomer names an address of WordPress's and a time zone, and gets all that it holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.systems.site import Running
from tests.systems.started import seen_by_a_newcomer, started
from tests.systems.wordpress import WordPressSystem

pytestmark = [pytest.mark.systems, pytest.mark.timeout(600)]
SYSTEM = WordPressSystem()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """WordPress and its database, started once."""
    with started(SYSTEM, tmp_path_factory.mktemp("w")) as running:
        yield running


@pytest.mark.parametrize(
    "name",
    [
        "twentytwentyfive/page/blocked",
        "boardloop/sticky/feeds",
        "boardtable/plain-links/blocked",
    ],
)
def test_every_post_is_collected_right(running: Running, tmp_path: Path, name: str) -> None:
    found = seen_by_a_newcomer(SYSTEM, running, name, tmp_path / "home")
    assert not list(found.reasons())
    assert found.right
