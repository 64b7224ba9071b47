"""What shapes every page and feed besides the releases: settings, names, templates, code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

import msgspec

from data.models import Facet
from data.settings import Site
from feeds.directory import Directory

Names = dict[str, tuple[str, ...]]


def layout_of(site: Site) -> bytes:
    """A digest of the settings, templates and code."""
    digest = hashlib.sha256(f"{site.url} {site.title!r} {site.entries} {site.hub!r}".encode())
    for file in sorted(shaping(files("feeds")), key=lambda file: file.name):
        digest.update(file.read_bytes())
    return digest.hexdigest().encode()


def shaping(folder: Traversable) -> Iterator[Traversable]:
    """The files of this package: modules, templates, styles."""
    for file in folder.iterdir():
        if file.is_dir():
            yield from shaping(file)
        elif file.name.endswith((".py", ".html", ".css", ".js", ".svg")):
            yield file


def names_of(directory: Directory) -> bytes:
    """What the sources and topics are called, as bytes to keep."""
    names: Names = {f"topic {slug}": (label,) for slug, label in directory.topics.items()}
    names |= {
        f"source {source.id}": (source.name, source.url) for source in directory.sources.values()
    }
    return msgspec.json.encode(names, order="sorted")


def names_changed(before: bytes | None, after: bytes) -> bool:
    """Whether anything that had a name has another one; new names change no entry."""
    if before is None or before == after:
        return False
    old, new = (msgspec.json.decode(names, type=Names) for names in (before, after))
    return any(name in old and old[name] != value for name, value in new.items())


def listing_of(layout: bytes, names: bytes, facets: Iterable[Facet]) -> bytes:
    """A digest of what the lists of all feeds say: their names and which there are."""
    known = sorted((one.source or "", one.topic or "", one.period or "") for one in facets)
    text = "\n".join("\0".join(one) for one in known)
    return hashlib.sha256(layout + names + text.encode("utf-8", "surrogatepass")).digest()
