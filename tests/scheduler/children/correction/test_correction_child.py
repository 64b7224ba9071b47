"""The process that reads saved pages: a request fails if the process dies."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from scheduler.children.correction.correction_child import (
    CorrectionFailed,
    CorrectionRequest,
    Corrector,
)
from scheduler.home.home import open_home
from tests.command import communique, make_home
from tests.press_room import listing_html, release_html, served

pytestmark = pytest.mark.usefixtures("forked_children")

TITLE = CorrectionRequest("candidates", "harbour", "release.title")


def test_a_source_without_saved_pages_is_reported(tmp_path: Path) -> None:
    home = open_home(make_home(tmp_path / "home", "http://127.0.0.1:9/"))

    async def ask() -> str:
        corrector = Corrector(home)
        told = await corrector.ask(TITLE)
        await corrector.close()
        return told.fault

    assert "no page of this source is stored yet" in asyncio.run(ask())


def test_a_killed_child_is_reported_and_replaced(tmp_path: Path) -> None:
    with served() as room:
        room.page("/news/", listing_html([1, 2]))
        for number in (1, 2):
            room.page(f"/news/{number}.html", release_html(number))
        home = open_home(make_home(tmp_path / "home", f"{room.base}/news/"))
        assert communique("collect", home=home.path).returncode == 0

    async def ask() -> tuple[str, ...]:
        corrector = Corrector(home)
        assert (await corrector.ask(TITLE)).candidates
        child = corrector._child  # noqa: SLF001 - it is to be killed
        assert child is not None
        os.kill(child.pid, signal.SIGKILL)
        with pytest.raises(CorrectionFailed, match="harbour ended"):
            await corrector.ask(TITLE)
        told = await corrector.ask(TITLE)
        await corrector.close()
        return tuple(one.selector for one in told.candidates)

    assert asyncio.run(ask())
