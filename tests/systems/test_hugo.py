"""A newcomer names an address of Hugo's and a time zone, and gets all that its files hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.systems.hugo import HugoSystem
from tests.systems.site import Running
from tests.systems.started import seen_by_a_newcomer, started

pytestmark = [pytest.mark.systems, pytest.mark.timeout(600)]
SYSTEM = HugoSystem()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Hugo, started once."""
    with started(SYSTEM, tmp_path_factory.mktemp("hugo")) as running:
        yield running


@pytest.mark.parametrize(
    "name",
    ["papercards/front/feeds", "sideroad/boxes/feeds", "yearbook/boxes/blocked"],
)
def test_every_post_is_collected_right(running: Running, tmp_path: Path, name: str) -> None:
    found = seen_by_a_newcomer(SYSTEM, running, name, tmp_path / "home")
    assert not list(found.reasons())
    assert found.right
