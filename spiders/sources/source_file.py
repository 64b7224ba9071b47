"""Load and validate source files: an institution, and the rules that can't be detected.

The user's files take precedence over the bundled files. Each selector is checked by running it on
an empty page. `SourceReading` contains the rules and the program version used to extract a source.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from parsel import Selector

from data.clock import fault_of_zone
from data.dates.context import DateContext
from data.errors import CommuniqueError, SourceError, UnknownSource
from data.languages.tags import fault_of_language
from data.models import Source
from data.settings import Network
from data.settings.archive import AttachmentText
from data.settings.value_types import LABEL, MAX_NUMBER
from data.text.masking import masked
from data.text.urls import is_web
from data.toml_files import check_id, decode, find_file, read_text, toml_files

CssSelector = Annotated[str, msgspec.Meta(min_length=1)]
DateOrder = Literal["DMY", "MDY", "YMD"]

SourceKind = Literal["list", "page"]
"""Kinds of sources: a list of releases, or a single page whose versions are compared."""

CatalogueKey = Annotated[
    str,
    msgspec.Meta(
        pattern="^[a-z0-9-]{1,64}/[a-z0-9-]{1,64}$",
        description="Write the ids of a catalogue and of its entry, such as "
        '"us-congress/adams-a000370"',
    ),
]

CODE_FOLDERS: Final = (("spiders", ""), ("data", "dates"), ("data", "text"))
"""Packages and folders in them with the extraction code. An empty folder means the whole package.
"""

NON_CODE_FOLDERS: Final = ("catalogue/", "attachments/", "requisites/")
"""Folders of ``spiders`` that do not affect the extraction of pages."""

DIGEST_DIGITS: Final = 16
"""Length of a program digest, in hexadecimal digits."""


class ListingRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """CSS selectors for a listing page. Fields without a selector are detected.

    If there is an ``item`` selector, the other selectors are relative to each item. Otherwise, they
    apply to the whole page, and their results are paired in order. A selector may end in ``::text``
    or ``::attr(name)``.
    """

    item: CssSelector | None = None
    link: CssSelector | None = None
    title: CssSelector | None = None
    published: CssSelector | None = None
    next: CssSelector | None = None


class ReleaseRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """CSS selectors for a release page. Fields without a selector are detected.

    ``drop`` selects elements to remove from the body. Rules with ``until`` are for an older layout:
    they apply only to releases published before that day.
    """

    title: CssSelector | None = None
    published: CssSelector | None = None
    section: CssSelector | None = None
    publisher: CssSelector | None = None
    body: CssSelector | None = None
    drop: tuple[CssSelector, ...] = ()
    until: dt.date | None = None


class SourceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a TOML source file. The file name without ``.toml`` is the source's id.

    - ``kind`` is ``page`` for a single page at ``url``, whose versions are compared.
    - ``interval`` is the time between visits in seconds.
    - ``date_order`` is the order of ambiguous dates such as 03/04/26.
    - ``render`` makes a browser load the pages.
    - ``proxy`` is the name of a proxy in `[network.proxies]`, and ``vantage`` the label of the
      workers that may visit the source.
    - ``archive`` selects which files of a release are archived with its page, and
      ``attachment_text`` the text that is read from them.
    - ``catalogue`` contains the ids of the catalogue and entry from which the source was added,
      separated by a slash.
    """

    name: Annotated[str, msgspec.Meta(min_length=1)]
    url: str
    timezone: str
    topics: tuple[str, ...] = ()
    catalogue: CatalogueKey = ""
    kind: SourceKind = "list"
    language: str | None = None
    date_order: DateOrder | None = None
    interval: Annotated[int, msgspec.Meta(ge=60, le=MAX_NUMBER)] | None = None
    feed: str | None = None
    render: bool = False
    proxy: str = ""
    vantage: Annotated[str, msgspec.Meta(pattern=LABEL)] = ""
    archive: Literal["none", "attachments", "all"] | None = None
    attachment_text: AttachmentText | None = None
    listing: ListingRules = msgspec.field(default_factory=ListingRules)
    release: ReleaseRules | tuple[ReleaseRules, ...] = msgspec.field(default_factory=ReleaseRules)

    @property
    def is_page(self) -> bool:
        """Whether the source is a single page."""
        return self.kind == "page"

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that visits request first: the page or listing, and the feed."""
        return tuple(filter(None, (self.url, self.feed)))

    @property
    def releases(self) -> tuple[ReleaseRules, ...]:
        """All rules for release pages. A source file may have one or several tables of rules."""
        return self.release if isinstance(self.release, tuple) else (self.release,)

    def date_context(self, now: dt.datetime) -> DateContext:
        """Return the context for parsing dates on the source's pages.

        ``now`` is an aware time.
        """
        languages = (self.language,) if self.language else ()
        return DateContext(self.timezone, self.date_order, languages, now)

    def rules_on(self, day: dt.date | None) -> ReleaseRules:
        """Return the rules for a release published on ``day``, or the newest rules for None."""
        dated = sorted(
            (rules for rules in self.releases if rules.until), key=lambda rules: str(rules.until)
        )
        for rules in dated:
            if day and rules.until and day < rules.until:
                return rules
        newest = [rules for rules in self.releases if rules.until is None]
        return newest[0] if newest else ReleaseRules()


class SourceReading(msgspec.Struct, frozen=True):
    """The rules and program version used to extract a source.

    ``program`` is the digest of the extraction code. The other fields are keys of the source file,
    except those that only control requests (``url``, ``feed``, ``render``).
    """

    program: str
    timezone: str
    language: str | None
    date_order: DateOrder | None
    listing: ListingRules
    releases: tuple[ReleaseRules, ...]

    @classmethod
    def of(cls, file: SourceFile) -> SourceReading:
        """Create a SourceReading from a source file and the current program version."""
        rules = (file.timezone, file.language, file.date_order, file.listing, file.releases)
        return cls(program_digest(), *rules)

    def has_rules_of(self, other: SourceReading) -> bool:
        """Return whether two SourceReadings have the same rules. Program versions are ignored."""
        return msgspec.structs.replace(self, program=other.program) == other

    def applied_to(self, file: SourceFile) -> SourceFile:
        """Return a copy of a source file with the rules in this SourceReading."""
        return msgspec.structs.replace(
            file,
            timezone=self.timezone,
            language=self.language,
            date_order=self.date_order,
            # Listing rules do not apply to a feed.
            listing=ListingRules() if file.feed else self.listing,
            release=self.releases,
        )


@cache
def program_digest() -> str:
    """Return a digest of the extraction code, which changes with each version of the code."""
    found = hashlib.sha256()
    for package, folder in CODE_FOLDERS:
        root = Path(str(files(package))) / folder
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix not in {".pyc", ".pyi"}:
                name = path.relative_to(root).as_posix()
                if name.startswith(NON_CODE_FOLDERS):
                    continue
                found.update(f"{package}/{folder}/{name}\n".encode())
                found.update(path.read_bytes())
    return found.hexdigest()[:DIGEST_DIGITS]


class UnknownProxy(CommuniqueError):
    """Raised if a source file names a proxy that is not in the settings."""

    exit_code = 2

    def __init__(self, name: str) -> None:
        super().__init__(
            f"no proxy named {name!r}: write its address under [network.proxies] in communique.toml"
        )
        self.name = name


def check_proxy(file: SourceFile, network: Network) -> None:
    """Raise UnknownProxy if a source's proxy is not in the settings."""
    if file.proxy and file.proxy not in network.proxies:
        raise UnknownProxy(file.proxy)


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
    return Path(str(files("spiders.sources")))


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
