"""The schema of source files: an institution, and the rules that can't be detected.

`SourceReading` contains the rules and the program version used to extract a source.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from data.dates.context import DateContext
from data.errors import CommuniqueError
from data.settings import Network
from data.settings.archive import AttachmentText
from data.settings.value_types import LABEL, MAX_NUMBER

Selector = Annotated[str, msgspec.Meta(min_length=1)]
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

    item: Selector | None = None
    link: Selector | None = None
    title: Selector | None = None
    published: Selector | None = None
    next: Selector | None = None


class ReleaseRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """CSS selectors for a release page. Fields without a selector are detected.

    ``drop`` selects elements to remove from the body. Rules with ``until`` are for an older layout:
    they apply only to releases published before that day.
    """

    title: Selector | None = None
    published: Selector | None = None
    section: Selector | None = None
    publisher: Selector | None = None
    body: Selector | None = None
    drop: tuple[Selector, ...] = ()
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
