"""Write source files and sample pages into a home directory."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from data.errors import CommuniqueError, SourceError
from data.files import write_new
from data.text.masking import masked
from scheduler.home.home import Home, open_home
from spiders.discovery.explore import Explored
from spiders.extract.golden import write_golden
from spiders.sources.source_file import LoadedSource


class SourceExists(CommuniqueError):
    """Raised if the home directory already contains a source with this address or id."""

    exit_code = 2

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path} {what}")
        self.path = path
        self.what = what

    @classmethod
    def at(cls, path: Path, url: str) -> SourceExists:
        """Return the error for a URL that an existing source already uses."""
        return cls(path, f"collects from {masked(url)} already; edit it, or remove it first")

    @classmethod
    def called(cls, path: Path, source: str) -> SourceExists:
        """Return the error for an id that an existing source already uses."""
        return cls(path, f"has the id {source!r} already; choose another with --id")


def former_ids(home: Home) -> Mapping[str, str]:
    """Map the former ids of renamed sources to their current ids."""
    if not home.has_store:
        return {}
    with closing(home.plain_store()) as store:
        return {old: new for old, new in store.source_moves().items() if old != new}


def write(home: Home, found: Explored, loaded: Mapping[str, LoadedSource]) -> Path:
    """Write the source file, and sample pages if a release was extracted.

    Raises SourceExists if the source exists already, and SourceError or BadGolden if a file would
    be invalid.
    """
    proposal = found.proposed.proposal
    for source in loaded.values():
        if source.own and source.file.url == proposal.url:
            raise SourceExists.at(source.path, proposal.url)
    path = write_text(home, proposal.id, proposal.toml, proposal.url)
    if not proposal.file.is_page:
        write_samples(home, found)
    return path


def write_samples(home: Home, found: Explored) -> None:
    """Write sample pages of a source if a release was extracted. Raises BadGolden."""
    site, proposed = found.site, found.proposed
    if site.releases:
        release = site.releases[0][1]
        folder = home.samples / proposed.proposal.id
        write_golden(folder, proposed.file, site.listing_page, release, site.now)


def write_text(home: Home, source: str, text: str, url: str) -> Path:
    """Write a new source file, and create a missing home directory."""
    open_home(home.path)
    path = home.sources / f"{source}.toml"
    try:
        home.sources.mkdir(exist_ok=True)
        # The file is written atomically, so that a running service never reads a part of it.
        write_new(path, text)
    except FileExistsError as error:
        raise SourceExists.at(path, url) from error
    except OSError as error:
        raise SourceError(str(path), "file", f"the file can't be written ({error})") from error
    return path
