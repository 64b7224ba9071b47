"""Which feeds hold something else than their hub was told of, by a look at their files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from data.store.websub_protocol import WebSubStore
from feeds.urls import stamp_of
from feeds.websub.made_feeds import is_made
from feeds.websub.messages import is_topic


def note_changed_feeds(
    store: WebSubStore, folder: Path, files: Iterable[str] | None = None
) -> None:
    """Note which of the feeds of the site in ``folder`` hold something else now.

    Without ``files`` all are looked at, and those read that have another time or size. The first
    time nothing counts as changed: nobody can have subscribed to what named no hub.
    """
    known = {file: stamp for file, stamp in store.feed_stamps().items() if not is_made(file)}
    first = not known
    found = feeds_in(folder) if first or files is None else filter(is_topic, files)
    feeds = []
    for file in found:
        stamp = stamp_at(folder / file)
        if stamp and known.get(file) != stamp:
            digest = hashlib.sha256((folder / file).read_bytes()).digest()
            feeds.append((file, stamp, digest))
    if feeds:
        store.note_feeds(feeds, told=first)


def feeds_in(folder: Path) -> Iterator[str]:
    """The files of all feeds of a site."""
    for path in (folder / "feeds").rglob("*.*"):
        file = path.relative_to(folder).as_posix()
        if is_topic(file) and not path.name.startswith("."):
            yield file


def stamp_at(path: Path) -> str | None:
    """The stamp of a file as text; None where there is no file."""
    try:
        return " ".join(map(str, stamp_of(path.stat())))
    except FileNotFoundError:
        return None
