"""What lists all feeds of a site, and what all of its pages use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.resources import files
from pathlib import Path

from data.models import Facet
from feeds import opml
from feeds.directory import Directory
from feeds.pages import Pages
from feeds.search_page import STATIC, static_page


class Lists:
    """``files`` of the site by name, and how to make each."""

    def __init__(self, directory: Directory, facets: Iterable[Facet], pages: Pages) -> None:
        self.files: dict[str, Callable[[], bytes]] = {
            "opml.xml": lambda: opml.render(directory, facets),
            "feeds/index.html": pages.feeds,
            STATIC: lambda: static_page(pages),
        }
        for file in (files("feeds") / "static").iterdir():
            self.files[f"static/{file.name}"] = file.read_bytes

    def forget_there(self, folder: Path) -> None:
        """Leave out the files that are there already."""
        for name in list(self.files):
            if (folder / name).is_file():
                del self.files[name]
