"""A newcomer names the address of a real system and a time zone, and gets all that it holds."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from tests.systems.catalogue import SYSTEMS
from tests.systems.life import live
from tests.systems.outcome import outcome
from tests.systems.processes import Absent
from tests.systems.site import Running, System, Variant
from tests.systems.wordpress import WordPress, WordPressSystem

pytestmark = [pytest.mark.systems, pytest.mark.timeout(1500)]
CHOSEN = {
    "wordpress/twentytwentyfive/page/blocked",
    "wordpress/boardloop/sticky/feeds",
    "wordpress/boardtable/plain-links/blocked",
    "hugo/papercards/front/feeds",
    "hugo/sideroad/boxes/feeds",
    "hugo/yearbook/boxes/blocked",
    "spip/dist/section/blocked",
    "pelican/simple/front/feeds",
    "eleventy/counted/section/blocked",
    "wagtail/cards/section/blocked",
    "rendered/bitrix/everything/blocked",
    "jekyll/default/front/blocked",
    "ikiwiki/archive/front/blocked",
    "blosxom/default/front/blocked",
    "mkdocs/default/front/blocked",
    "hexo/next/front/blocked",
    "shapes/postback-numbers/en/blocked",
    "shapes/more-as-json/ja/blocked",
    "shapes/archive-of-years/uk/blocked",
    "shapes/accordion/de/blocked",
    "shapes/anchors/en/blocked",
    "shapes/numbers-in-arabic/ar/blocked",
    "shapes/short-years-first/zh/blocked",
}


def cases() -> Iterator[ParameterSet]:
    """Each chosen variant with its system; those of one system run in one process."""
    for system in SYSTEMS:
        for variant in system.variants():
            if variant.name in CHOSEN:
                marks = pytest.mark.xdist_group(system.name)
                yield pytest.param(system, variant, id=variant.name, marks=marks)


@contextlib.contextmanager
def started(system: System, folder: Path) -> Iterator[Running]:
    """The system while the block runs. Skips the test where it is absent."""
    with contextlib.ExitStack() as stack:
        try:
            running = stack.enter_context(system.start(folder))
        except Absent as error:
            pytest.skip(f"{system.name} can't run here: {error}")
        yield running


@pytest.fixture(scope="module")
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A system, started once for all its variants."""
    with started(request.param, tmp_path_factory.mktemp("system")) as running:
        yield running


@pytest.mark.parametrize(("running", "variant"), [*cases()], indirect=["running"])
def test_every_post_is_collected_right(running: Running, variant: Variant, tmp_path: Path) -> None:
    found = outcome(variant, running.show(variant), tmp_path / "home")
    assert not list(found.reasons())
    assert found.right


@pytest.mark.xdist_group("life")
@pytest.mark.parametrize("feeds", [True, False], ids=["feeds", "blocked"])
def test_the_life_of_a_site_is_reported_without_duplicates_moves_or_errors(
    tmp_path: Path, *, feeds: bool
) -> None:
    with started(WordPressSystem(), tmp_path) as running:
        assert isinstance(running, WordPress)
        wrong = {step.name: step.wrong for step in live(running, tmp_path / "home", feeds=feeds)}
    assert not {name: said for name, said in wrong.items() if said}
