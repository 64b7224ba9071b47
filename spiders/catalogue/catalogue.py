"""Read catalogues (JSON lines with one institution each), and choose entries of a catalogue.

docs/reference/catalogues.md describes the format. A catalogue may come from an untrusted source, so
its size and all values are checked. `read_catalogue` raises the first error; `examine` returns all
errors.
"""

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar, get_args

import msgspec
from babel import Locale

from data.clock import fault_of_zone
from data.errors import ConfigurationError
from data.files import read_regular
from data.languages.tags import fault_of_language
from data.text.clean import plain
from data.text.masking import masked
from data.text.urls import is_web
from data.toml_files import ID, unreadable
from data.wording import meant

T = TypeVar("T")

MAX_BYTES: Final = 20_000_000
"""Maximum size of a catalogue file in bytes."""

MAX_ENTRIES: Final = 50_000
"""Maximum number of entries in a catalogue."""

MAX_REPORTED_ERRORS: Final = 100
"""Maximum number of errors that are reported for a catalogue."""

SUFFIX: Final = ".jsonl"

JOINERS: Final = re.compile("[\u200c\u200d]")
"""Invisible characters that Persian and Indic names need."""

COUNTRY: Final = re.compile(r"(?!EZ|QO|ZZ|XA|XB)[A-Z]{2}")
"""Pattern of the accepted codes: countries, EU and UN. The other two-letter codes of CLDR don't
match."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
"""The name of an institution, in at most 200 characters."""

Address = Annotated[str, msgspec.Meta(max_length=2000)]
"""A web address, in at most 2,000 characters."""

Tag = Annotated[str, msgspec.Meta(max_length=100)]
"""A language tag or time zone, in at most 100 characters."""

Several = msgspec.Meta(max_length=50)
"""Maximum number of other names or languages of an institution."""

EntryKind = Literal[
    "government",
    "parliament",
    "court",
    "agency",
    "police",
    "central-bank",
    "university",
    "international",
    "member",
]
"""Kind of an institution. ``member`` is a member of a parliament."""

KINDS: Final[tuple[str, ...]] = get_args(EntryKind)


class CatalogueError(ConfigurationError):
    """Raised if a catalogue can't be read, or if one of its lines is invalid."""


class UnknownCatalogue(CatalogueError):
    """Raised if no bundled catalogue has the given id, and no file has the given path."""

    def __init__(self, name: str, known: Collection[str]) -> None:
        fix = f"there is no such catalogue or file{meant(name, [*known])}"
        super().__init__(name, "catalogue", f"{fix}; see `communique catalogue list`")


class UnknownEntry(CatalogueError):
    """Raised if a catalogue has no entry with the given id."""

    def __init__(self, catalogue: str, entry: str, known: Collection[str]) -> None:
        fix = f"there is no such entry{meant(entry, [*known])}"
        super().__init__(entry, "entry", f"{fix}; see `communique catalogue show {catalogue}`")


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An institution in a catalogue.

    - ``url``: its home page; ``press``: the page with its releases; ``feed``: its feed
    - ``names``: its other names, such as the name in its own language
    - ``country``: an ISO 3166 code of two letters, "EU" or "UN"
    - ``group``: part of the catalogue, such as "senate"
    - ``timezone``: the IANA time zone of its dates
    """

    id: str
    name: Name
    url: Address
    kind: EntryKind
    country: str
    press: Address = ""
    feed: Address = ""
    names: Annotated[tuple[Name, ...], Several] = ()
    group: str = ""
    languages: Annotated[tuple[Tag, ...], Several] = ()
    timezone: Tag = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The URLs at which the institution's press room may be found, the most specific first."""
        return tuple(filter(None, dict.fromkeys((self.press, self.url, self.feed))))


class CatalogueHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The first line of a catalogue: its id, name, licence, origin and date."""

    catalogue: str
    name: Name
    licence: Name
    origin: Name
    date: dt.date
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A catalogue: its first line, and its entries by id."""

    head: CatalogueHead
    entries: dict[str, Entry]

    @property
    def id(self) -> str:
        """The id of the catalogue."""
        return self.head.catalogue

    def key(self, entry: Entry) -> str:
        """Return the key of an entry for ``catalogue`` in its source file."""
        return f"{self.id}/{entry.id}"


def bundled_catalogues() -> dict[str, Path]:
    """Return the files of the bundled catalogues by id."""
    folder = Path(str(resources.files("spiders.catalogue"))) / "data"
    return {path.stem: path for path in sorted(folder.glob(f"*{SUFFIX}"))}


def known_catalogues(own: Path) -> dict[str, Path]:
    """Return the files of all catalogues by id: those in the folder ``own``, and bundled ones.

    Files in ``own`` take precedence.
    """
    try:
        found = {path.stem: path for path in sorted(own.glob(f"*{SUFFIX}"))}
    except OSError as cause:
        raise CatalogueError(str(own), "folder", unreadable("folder", cause)) from cause
    return {**bundled_catalogues(), **found}


def find_catalogue(name: str, own: Path) -> Path:
    """Return the file of a catalogue from its id or path. Raises UnknownCatalogue.

    ``own`` is the folder with the user's catalogues.
    """
    known = known_catalogues(own)
    if name in known:
        return known[name]
    if ID.fullmatch(name):
        raise UnknownCatalogue(name, known)
    return Path(name)


def read_catalogue(path: Path) -> Catalogue:
    """Read a catalogue. Raises CatalogueError for the first error."""
    catalogue, errors = examine(path, most=1)
    if errors:
        raise errors[0]
    assert catalogue is not None  # noqa: S101 - a catalogue without errors was read
    return catalogue


def examine(
    path: Path, *, most: int = MAX_REPORTED_ERRORS
) -> tuple[Catalogue | None, list[CatalogueError]]:
    """Read a catalogue, and return it with up to ``most`` errors.

    The catalogue contains all valid entries. It is None if the first line is invalid. Raises
    CatalogueError if the file can't be read.
    """
    lines = _lines(path)
    try:
        _, first = next(lines, (1, b""))
        head = _decoded(path, 1, first, CatalogueHead)
        texts = ((key, getattr(head, key)) for key in ("name", "licence", "origin", "note"))
        checks = [(key, _fault_of_text(text)) for key, text in texts]
        _raise_first(path, 1, [("catalogue", _fault_of_id(head.catalogue)), *checks])
    except CatalogueError as error:
        return None, [error]
    entries: dict[str, Entry] = {}
    at: dict[str, int] = {}
    errors: list[CatalogueError] = []
    for number, line in lines:
        if len(errors) >= most:
            break
        try:
            entry = _decoded(path, number, line, Entry)
            _check_entry(path, number, entry, at.get(entry.id))
        except CatalogueError as error:
            errors.append(error)
            continue
        entries[entry.id], at[entry.id] = entry, number
    if not entries and not errors:
        errors.append(CatalogueError(str(path), "entries", "the catalogue lists no institution"))
    return Catalogue(head, entries), errors


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the numbers and contents of lines that are not empty."""
    try:
        content = read_regular(path, MAX_BYTES + 1)
    except OSError as cause:
        raise CatalogueError(str(path), "file", unreadable("file", cause)) from cause
    if len(content) > MAX_BYTES:
        fix = f"the file has more than {MAX_BYTES:,} bytes; split it"
        raise CatalogueError(str(path), "file", fix)
    lines = content.split(b"\n")
    if len(lines) > MAX_ENTRIES + 2:
        fix = f"the file has more than {MAX_ENTRIES:,} entries; split it"
        raise CatalogueError(str(path), "file", fix)
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def _decoded(path: Path, number: int, line: bytes, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(line, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as cause:
        why = plain(str(cause)) or "lists are nested too deeply"
        if shape is CatalogueHead:
            fix = (
                f"this is not a catalogue ({why}); the first line must be a JSON object with "
                "catalogue, name, licence, origin and date"
            )
        else:
            kinds, keys = ", ".join(KINDS), ", ".join(Entry.__struct_fields__)
            accepted = f"kind is one of {kinds}" if "`$.kind`" in why else f"keys are {keys}"
            fix = f"the line is not an entry ({why}); {accepted}"
        raise CatalogueError(str(path), f"line {number}", fix) from cause


def _check_entry(path: Path, number: int, entry: Entry, earlier: int | None) -> None:
    """Raise CatalogueError if an entry is invalid.

    ``earlier`` is the number of an earlier line with the same id, or None.
    """
    addresses = ((key, getattr(entry, key)) for key in ("url", "press", "feed"))
    checks = (
        ("id", _fault_of_id(entry.id)),
        ("id", f"{entry.id!r} is the id of line {earlier} already" if earlier else ""),
        *(("name", _fault_of_text(name)) for name in (entry.name, *entry.names)),
        *((key, _fault_of_address(url)) for key, url in addresses if url or key == "url"),
        ("country", _fault_of_country(entry.country)),
        ("group", _fault_of_id(entry.group) if entry.group else ""),
        *(("languages", fault_of_language(tag)) for tag in entry.languages),
        ("timezone", fault_of_zone(entry.timezone) if entry.timezone else ""),
    )
    _raise_first(path, number, checks)


def _raise_first(path: Path, number: int, checks: Collection[tuple[str, str | None]]) -> None:
    for key, fault in checks:
        if fault:
            raise CatalogueError(str(path), f"line {number}: {key}", plain(fault))


def _fault_of_id(text: str) -> str:
    if ID.fullmatch(text):
        return ""
    return f"{text[:80]!r} is not a valid id; use at most 64 lower-case letters, digits and hyphens"


def _fault_of_text(text: str) -> str:
    """Return what is wrong with a text for terminals and pages, or ""."""
    if JOINERS.sub("", text).isprintable() and plain(text) == text:
        return ""
    return "the text has control characters or surplus spaces; remove them"


def _fault_of_address(url: str) -> str:
    if is_web(url) and url.isprintable() and plain(url) == url:
        return ""
    return f"{masked(url[:200])!r} is not a web address; it must begin with http:// or https://"


def _fault_of_country(code: str) -> str:
    if code in countries():
        return ""
    return f"{code[:20]!r} is not a country; write an ISO 3166 code of two letters, EU or UN"


@cache
def countries() -> dict[str, str]:
    """Map the codes of countries, and EU and UN, to their English names."""
    territories = {str(code): str(name) for code, name in Locale("en").territories.items()}
    return {code: name for code, name in territories.items() if COUNTRY.fullmatch(code)}


MAX_LISTED_VALUES = 40
"""Maximum number of values listed in an error message."""


@dataclass(frozen=True, slots=True)
class EntrySelection:
    """Conditions that entries must meet. Empty conditions are met by all entries."""

    ids: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def of(self, catalogue: Catalogue) -> tuple[Entry, ...]:
        """Return the entries that meet all conditions, in the order of the catalogue.

        Raises UnknownEntry, and CatalogueError if no entry meets the conditions.
        """
        for name in self.ids:
            if name not in catalogue.entries:
                raise UnknownEntry(catalogue.id, name, catalogue.entries)
        found = tuple(entry for entry in catalogue.entries.values() if self._includes(entry))
        if not found:
            fix = (
                "no entry meets all conditions; "
                f"countries: {_values(one.country for one in catalogue.entries.values())}; "
                f"kinds: {_values(one.kind for one in catalogue.entries.values())}; "
                f"groups: {_values(one.group for one in catalogue.entries.values())}"
            )
            raise CatalogueError(catalogue.id, "selection", fix)
        return found

    def _includes(self, entry: Entry) -> bool:
        pairs = (
            (entry.id, self.ids),
            (entry.country, self.countries),
            (entry.kind, self.kinds),
            (entry.group, self.groups),
        )
        return all(not wanted or value in wanted for value, wanted in pairs)


def _values(values: Iterable[str]) -> str:
    found = sorted({*values} - {""})
    more = f" and {len(found) - MAX_LISTED_VALUES} more" if len(found) > MAX_LISTED_VALUES else ""
    return (", ".join(found[:MAX_LISTED_VALUES]) or "none") + more
