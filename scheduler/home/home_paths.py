"""Paths of a home directory (HOME): the folder of one installation."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class HomePaths:
    """The paths of files and folders in a home directory. Most of them may be missing."""

    path: Path

    @property
    def sources(self) -> Path:
        """Return the folder with the user's source files."""
        return self.path / "sources"

    @property
    def watches(self) -> Path:
        """Return the folder with one file per watch."""
        return self.path / "watches"

    @property
    def searches(self) -> Path:
        """Return the folder with one file per saved search."""
        return self.path / "searches"

    @property
    def tokens(self) -> Path:
        """Return the folder with one file per token, which contains the token's digest."""
        return self.path / "tokens"

    @property
    def samples(self) -> Path:
        """Return the folder with golden tests, one folder per source."""
        return self.path / "samples"

    @property
    def catalogues(self) -> Path:
        """Return the folder with the user's catalogues.

        It also contains the record of attempts to add their entries.
        """
        return self.path / "catalogues"

    @property
    def site(self) -> Path:
        """Return the folder of the published site."""
        return self.path / "site"

    @property
    def topics(self) -> Path:
        """Return the path of the user's taxonomy. The file may be missing."""
        return self.path / "topics.toml"

    @property
    def crawl_log(self) -> Path:
        """Return the path of the log file for the standard error of crawls."""
        return self.path / "crawl.log"

    @property
    def archive(self) -> Path:
        """Return the folder of archived responses."""
        return self.path / "archive"

    @property
    def uploaded(self) -> Path:
        """Return the path of the list of archive files that were copied to a bucket."""
        return self.path / "uploaded.txt"

    @property
    def log_key(self) -> Path:
        """Return the path of the key that signs the archive's log."""
        return self.path / "log.key"

    @property
    def is_published(self) -> bool:
        """Return whether a site was published here. An empty folder may be a mounted disk."""
        return (self.site / "feeds").exists()

    @property
    def database(self) -> Path:
        """Return the path of a SQLite store."""
        return self.path / "communique.db"

    @property
    def alive(self) -> Path:
        """Return the path of a file that a worker on this machine touches periodically.

        The file's time shows that the worker can work. Workers in several containers may share a
        home directory.
        """
        return self.path / f"worker-{os.uname().nodename}.alive"
