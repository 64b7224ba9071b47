"""Load and validate source files: the bundled ones and the user's own.

The user's files take precedence. Each selector is checked by running it on an empty page.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from parsel import Selector

from data.clock import fault_of_zone
from data.errors import SourceError, UnknownSource
from data.languages.tags import fault_of_language
from data.models import Source
from data.text.masking import masked
from data.text.urls import is_web
from data.toml_files import check_id, decode, find_file, read_text, toml_files
from spiders.sources.source_file import ListingRules, ReleaseRules, SourceFile

EMPTY: Final = Selector("<html><head></head><body></body></html>", type="html")

ELEMENT_KEYS: Final = frozenset(("item", "body", "drop"))
"""Keys of selectors in a source file that must select elements, not texts or attributes."""

SOUP_KEYS: Final = frozenset(("body", "drop"))
"""Keys of selectors in a source file that must also be valid in soupsieve, which cleans the body.
"""

QUOTED: Final = re.compile(r"""\\.|"[^"]*"|'[^']*'""")
NAMESPACE: Final = re.compile(r"\|(?!=)")


@dataclass(frozen=True, slots=True)
class LoadedSource:
    """A source with its id and source file. ``own`` is whether the user wrote the file."""

    id: str
    path: Path
    own: bool
    file: SourceFile

    @property
    def source(self) -> Source:
        """The published data of the source, without credentials."""
        return Source(self.id, self.file.name, masked(self.file.url), self.file.timezone)


def shipped_folder() -> Path:
    """Return the folder that contains the bundled source files."""
    return Path(str(resources.files("spiders") / "sources"))


def load_sources(own: Path) -> tuple[Mapping[str, LoadedSource], tuple[SourceError, ...]]:
    """Return all valid sources by id, and the errors of invalid source files.

    Files in the folder ``own`` take precedence over bundled files. An invalid file does not affect
    other sources. Raises SourceError if a folder can't be read.
    """
    sources: dict[str, LoadedSource] = {}
    errors = []
    for folder, is_own in ((shipped_folder(), False), (own, True)):
        for path in toml_files(folder, SourceError):
            try:
                sources[path.stem] = LoadedSource(path.stem, path, is_own, read_source(path))
            except SourceError as error:
                sources.pop(path.stem, None)
                errors.append(error)
    return dict(sorted(sources.items())), tuple(errors)


def load_source(own: Path, source_id: str) -> LoadedSource:
    """Load one source by its id, from the folder ``own`` or else from the bundled files.

    Raises SourceError if the file is invalid or the folder can't be read, and UnknownSource if it
    is missing.
    """
    for folder, is_own in ((own, True), (shipped_folder(), False)):
        if path := find_file(folder, source_id, SourceError):
            return LoadedSource(source_id, path, is_own, read_source(path))
    folders = (own, shipped_folder())
    known = {path.stem for folder in folders for path in toml_files(folder, SourceError)}
    raise UnknownSource(source_id, tuple(sorted(known)))


def choose(sources: Mapping[str, LoadedSource], ids: tuple[str, ...]) -> tuple[LoadedSource, ...]:
    """Return the sources with the given ids.

    If ``ids`` is empty, all of the user's own sources are returned. Raises UnknownSource if an id
    is unknown.
    """
    for source_id in ids:
        if source_id not in sources:
            raise UnknownSource(source_id, tuple(sources))
    if ids:
        return tuple(sources[source_id] for source_id in dict.fromkeys(ids))
    return tuple(source for source in sources.values() if source.own)


def read_source(path: Path) -> SourceFile:
    """Load and validate the source file at ``path``.

    Raises SourceError with the file, the key and a fix if the file is invalid.
    """
    check_id(path, SourceError)
    return parse_source(read_text(path, SourceError), str(path))


def parse_source(text: str, path: str) -> SourceFile:
    """Parse and validate the TOML ``text`` of a source file. ``path`` is used in error messages.

    Raises SourceError if the text is invalid.
    """
    file = decode(text, SourceFile, path, SourceError)
    _check_url(path, "url", file.url)
    if file.feed is not None:
        _check_url(path, "feed", file.feed)
        if file.listing != ListingRules():
            raise SourceError(path, "feed", "keep either `feed` or `[listing]`, not both")
    if file.is_page and (file.feed is not None or file.listing != ListingRules()):
        key = "listing" if file.feed is None else "feed"
        raise SourceError(
            path, key, f'a single page has no listing: remove `{key}` or kind = "page"'
        )
    if fault := fault_of_zone(file.timezone):
        raise SourceError(path, "timezone", fault)
    if file.language is not None and (fault := fault_of_language(file.language)):
        raise SourceError(path, "language", fault)
    _check_selectors(path, "listing", file.listing)
    for rules in file.releases:
        _check_selectors(path, "release", rules)
    if sum(rules.until is None for rules in file.releases) > 1:
        raise SourceError(
            path, "release", "add an `until` day to every [[release]] except the newest"
        )
    return file


def _check_url(path: str, key: str, url: str) -> None:
    if not is_web(url):
        raise SourceError(
            path,
            key,
            f"{masked(url)!r} is not a web address; it must begin with http:// or https://",
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


@cache
def fault_of(key: str, selector: str) -> str:
    """Return what is wrong with a selector, as the end of a sentence, or "".

    ``key`` is the key of the selector in the source file.
    """
    bare = selector.removesuffix("::text") if key == "body" else selector
    if NAMESPACE.search(QUOTED.sub("", selector)):
        return "can't be used: HTML has no namespaces: remove the | and the prefix before it"
    try:
        EMPTY.css(selector)
        EMPTY.css(bare)
        if key in SOUP_KEYS:
            import soupsieve  # noqa: PLC0415 - import takes 0.1 s, and few sources need it

            soupsieve.compile(bare)
    except Exception as error:  # noqa: BLE001 - any exception means that the selector is invalid
        return f"is not a CSS selector ({str(error).splitlines()[0]})"
    if key in ELEMENT_KEYS and "::" in bare:
        return "must select elements: remove ::text and ::attr(…)"
    return ""
