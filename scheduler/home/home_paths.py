"""Paths of a home directory (HOME): the folder of one installation."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


class Place:
    """A file or folder in a home directory. Its value is the path."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, home: "HomePaths", _: object = None) -> Path:
        """Return the path in a home directory."""
        return home.path / self._name


@dataclass(frozen=True, slots=True)
class HomePaths:
    """The paths of files and folders in a home directory. Most of them may be missing."""

    path: Path

    sources = Place("sources")
    """Folder with the user's source files."""
    watches = Place("watches")
    """Folder with one file per watch."""
    searches = Place("searches")
    """Folder with one file per saved search."""
    tokens = Place("tokens")
    """Folder with one file per token, which contains the token's digest."""
    samples = Place("samples")
    """Folder with golden tests, one folder per source."""
    catalogues = Place("catalogues")
    """Folder with the user's catalogues, and the record of attempts to add their entries."""
    site = Place("site")
    """Folder of the published site."""
    topics = Place("topics.toml")
    """The user's taxonomy."""
    crawl_log = Place("crawl.log")
    """Log file for the standard error of crawls."""
    archive = Place("archive")
    """Folder of archived responses."""
    uploaded = Place("uploaded.txt")
    """List of archive files that were copied to a bucket."""
    log_key = Place("log.key")
    """Key that signs the archive's log."""
    database = Place("communique.db")
    """SQLite store."""

    @property
    def is_published(self) -> bool:
        """Return whether a site was published here. An empty folder may be a mounted disk."""
        return (self.site / "feeds").exists()

    @property
    def alive(self) -> Path:
        """Return the path of a file that a worker on this machine touches periodically.

        The file's time shows that the worker can work. Workers in several containers may share a
        home directory.
        """
        return self.path / f"worker-{os.uname().nodename}.alive"


def total_size(paths: Iterable[Path]) -> int:
    """Return the total size of existing files in bytes."""
    return sum(one.stat().st_size for one in paths if one.exists())
