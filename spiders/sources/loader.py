"""Source files, read strictly: those that are shipped, and a user's own, which win."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from data.clock import fault_of_zone
from data.errors import SourceError, UnknownSource
from data.models import Source
from data.text.language_names import fault_of_language
from data.text.redaction import redacted
from data.toml_files import ID, check_id, decode, read_text
from spiders.page.page import is_web
from spiders.sources.selector_check import fault_of
from spiders.sources.source_file import ListingRules, ReleaseRules, SourceFile


@dataclass(frozen=True, slots=True)
class LoadedSource:
    """A source with its id and the file that describes it; ``own`` if it is the user's."""

    id: str
    path: Path
    own: bool
    file: SourceFile

    @property
    def source(self) -> Source:
        """The source as the other rooms know it, and publish it."""
        return Source(self.id, self.file.name, redacted(self.file.url), self.file.timezone)


def shipped_folder() -> Path:
    """The folder of the sources that come with Communique."""
    return Path(str(resources.files("spiders") / "sources"))


def load_sources(own: Path) -> tuple[Mapping[str, LoadedSource], tuple[SourceError, ...]]:
    """The sources by id, those in the folder ``own`` before shipped ones; and what is wrong.

    A broken file spoils no other: its error is returned beside the sources that are well.
    """
    sources: dict[str, LoadedSource] = {}
    errors = []
    for folder, is_own in ((shipped_folder(), False), (own, True)):
        for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
            try:
                sources[path.stem] = LoadedSource(path.stem, path, is_own, read_source(path))
            except SourceError as error:
                sources.pop(path.stem, None)
                errors.append(error)
    return dict(sorted(sources.items())), tuple(errors)


def load_source(own: Path, source_id: str) -> LoadedSource:
    """One source by its id, from the folder ``own`` or a shipped one.

    Raises SourceError, and UnknownSource.
    """
    for folder, is_own in ((own, True), (shipped_folder(), False)):
        path = folder / f"{source_id}.toml"
        if ID.fullmatch(source_id) and path.exists():
            return LoadedSource(source_id, path, is_own, read_source(path))
    known = {path.stem for folder in (own, shipped_folder()) for path in folder.glob("*.toml")}
    raise UnknownSource(source_id, tuple(sorted(known)))


def choose(sources: Mapping[str, LoadedSource], ids: tuple[str, ...]) -> tuple[LoadedSource, ...]:
    """The sources that were named, or, where none was, all of the user's own.

    Raises UnknownSource.
    """
    for source_id in ids:
        if source_id not in sources:
            raise UnknownSource(source_id, tuple(sources))
    if ids:
        return tuple(sources[source_id] for source_id in dict.fromkeys(ids))
    return tuple(source for source in sources.values() if source.own)


def read_source(path: Path) -> SourceFile:
    """The source file at ``path``.

    Raises SourceError that names the file, the key and the fix.
    """
    check_id(path, SourceError)
    return parse_source(read_text(path, SourceError), str(path))


def parse_source(text: str, path: str) -> SourceFile:
    """The source that the TOML ``text`` describes; ``path`` is for messages.

    Raises SourceError.
    """
    file = decode(text, SourceFile, path, SourceError)
    _check_url(path, "url", file.url)
    if file.feed is not None:
        _check_url(path, "feed", file.feed)
        if file.listing != ListingRules():
            raise SourceError(path, "feed", "keep either `feed` or `[listing]`, not both")
    if fault := fault_of_zone(file.timezone):
        raise SourceError(path, "timezone", fault)
    if file.language is not None and (fault := fault_of_language(file.language)):
        raise SourceError(path, "language", fault)
    _check_selectors(path, "listing", file.listing)
    for rules in file.releases:
        _check_selectors(path, "release", rules)
    if sum(rules.until is None for rules in file.releases) > 1:
        raise SourceError(path, "release", "give every [[release]] but the newest an `until` day")
    return file


def _check_url(path: str, key: str, url: str) -> None:
    if not is_web(url):
        raise SourceError(
            path, key, f"{redacted(url)!r} is no web address; write http:// or https://"
        )


def _check_selectors(path: str, table: str, rules: ListingRules | ReleaseRules) -> None:
    for key in rules.__struct_fields__:
        value = getattr(rules, key)
        selectors = value if isinstance(value, tuple) else (value,)
        for selector in selectors:
            if not isinstance(selector, str):
                continue
            if fault := fault_of(key, selector):
                raise SourceError(path, f"{table}.{key}", f"{selector!r} {fault}")
