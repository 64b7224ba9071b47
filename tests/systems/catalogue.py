"""All systems, and all variants of them."""

from __future__ import annotations

from tests.systems.eleventy import EleventySystem
from tests.systems.generators.debian_generators import BLOSXOM_STATIC, IKIWIKI, JEKYLL, STATICSITE
from tests.systems.generators.npm_generators import DOCUSAURUS, HEXO, WINTERSMITH
from tests.systems.generators.python_generators import ABLOG, BLAG, LEKTOR, MKDOCS, NIKOLA
from tests.systems.hugo import HugoSystem
from tests.systems.pelican import PelicanSystem
from tests.systems.rendered import RenderedSystem
from tests.systems.shapes.system import ShapesSystem
from tests.systems.site import System, Variant
from tests.systems.spip import SpipSystem
from tests.systems.wagtail import WagtailSystem
from tests.systems.wordpress import WordPressSystem

SYSTEMS: tuple[System, ...] = (
    WordPressSystem(),
    SpipSystem(),
    HugoSystem(),
    PelicanSystem(),
    EleventySystem(),
    WagtailSystem(),
    NIKOLA,
    LEKTOR,
    MKDOCS,
    ABLOG,
    BLAG,
    HEXO,
    DOCUSAURUS,
    WINTERSMITH,
    JEKYLL,
    IKIWIKI,
    STATICSITE,
    BLOSXOM_STATIC,
    RenderedSystem(),
    ShapesSystem(),
)


def variants() -> tuple[Variant, ...]:
    """The variants of all systems."""
    return tuple(variant for system in SYSTEMS for variant in system.variants())
