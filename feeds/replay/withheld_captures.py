"""Detect captures that must not be shown, because they contain removed content.

Removed content includes hidden or redacted releases, the files that only they use, and their text
on other pages. It also includes the pages and files of a source that was removed with its releases,
except those that another source uses.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Final, TypeAlias
from urllib.parse import unquote, urlsplit

from data.archive.warc.records import NO_BYTES, digest_text
from data.models import Capture, Facet, Release, Revision
from data.network.hosts import site_of
from data.store.core.store import Store
from data.text.folding import normalized
from data.text.html_text import guessed, page_text
from data.text.urls import public_url_key

MIN_PASSAGE_LENGTH: Final = 40
"""Minimum length in characters of a paragraph that identifies a release."""

BEGINNING_LENGTH: Final = 40
"""Number of characters at the start of a paragraph that identify a release, if the page also
contains the title or path of the release."""

MIN_LETTERS: Final = 20
"""Minimum number of letters and digits in a text part that identifies a release."""

MAX_PASSAGES: Final = 3
"""Maximum number of paragraphs of a version that identify its release on any page of the site."""

MAX_RELEASES: Final = 100
"""Maximum number of releases that are checked for one URL."""

MAX_OTHERS: Final = 3
"""Maximum number of shown releases of a month, and of a source, whose pages are compared with the
page of a hidden release."""

AddressesOf: TypeAlias = Callable[[Capture], frozenset[str]]
"""Function that returns the addresses of the archived parts of a captured page."""

NO_PAYLOAD: Final = digest_text(NO_BYTES)
"""Digest of an empty payload."""

TAG: Final = re.compile(r"<[^<>]*>")
ESCAPE: Final = re.compile(r"(?<!\\)\\++(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|[bfnrt])?")
"""Pattern that matches a character escaped in JSON or JavaScript, with one or more backslashes."""

SEPARATOR: Final = re.compile(r"[\W_]+")

LEGACY_CHARSET: Final = "cp1252"
"""Charset assumed for web pages that declare no charset, or a wrong one."""

WIDE_CHARSETS: Final = ("utf-16-le", "utf-16-be")


@dataclass(frozen=True, slots=True)
class _Text:
    """Text parts that identify a hidden release, normalized by ``plain``.

    ``passages`` identify the release on any page of its site. ``beginnings`` identify it only on
    pages that also contain one of its ``titles`` or ``paths``.
    """

    passages: frozenset[str]
    beginnings: frozenset[str]
    titles: frozenset[str]
    paths: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Hidden:
    """Data that identify all individually hidden releases. Their texts are grouped by site.

    ``addresses`` also contains the listings of removed sources. ``files`` contains the addresses of
    their files with the source, and ``shown_files`` caches which of these are also used elsewhere.
    """

    addresses: frozenset[str] = frozenset()
    digests: frozenset[str] = frozenset()
    texts: dict[str, list[_Text]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    shown_files: dict[str, bool] = field(default_factory=dict)


class Withheld:
    """Decides which captures must not be shown, based on the releases and sources in the store.

    ``parts_of`` finds the images and styles of pages. The data from the store are cached until the
    store changes. Thread-safe. All methods raise StoreError if the store can't be read.
    """

    def __init__(self, parts_of: AddressesOf = lambda _: frozenset()) -> None:
        self._lock = threading.Lock()
        self._known: tuple[object, _Hidden] = (None, _Hidden())
        self._parts_of = parts_of
        self._parts: dict[tuple[str, frozenset[str]], frozenset[str]] = {}

    def address(self, store: Store, url: str) -> bool:
        """Whether captures of a URL must not be shown.

        ``url`` has the form used in archive records.
        """
        at_address = store.find_releases(url, limit=MAX_RELEASES)
        if at_address:
            return all(one.hidden or one.content.redacted for one in at_address)
        hidden, key = self._hidden(store), public_url_key(url)
        if key in hidden.addresses or is_of_removed(store, url):
            return True
        source = hidden.files.get(key)
        if source is None:
            return False
        if key not in hidden.shown_files:
            hidden.shown_files[key] = is_file_of_others(store, source, url)
        return not hidden.shown_files[key]

    def capture(self, store: Store, digest: str, url: str, content_type: str, body: bytes) -> bool:
        """Return whether a capture shows the content of a hidden release, by its digest or text.

        ``content_type`` is the type of the body, with its charset if known.
        """
        hidden = self._hidden(store)
        if digest in hidden.digests:
            return True
        texts = hidden.texts.get(site_of(url))
        if not texts:
            return False
        return any(shows(one, texts) for one in decoded(body, content_type))

    def _hidden(self, store: Store) -> _Hidden:
        with self._lock:
            tag = store.last_release_event(), removed_with_releases(store)
            if self._known[0] != tag:
                self._known = tag, known_by(store, self._parts_only_of)
            return self._known[1]

    def _parts_only_of(
        self, store: Store, release: Release, pages: Iterable[Capture]
    ) -> frozenset[str]:
        """Return the addresses of the parts that shown pages of the same time don't have."""
        first = {one.digest: one for one in pages}
        key = release.id, frozenset(first)
        if key not in self._parts:
            own = frozenset[str]().union(*map(self._parts_of, first.values()))
            month = Facet(release.source, period=f"{release.order:%Y-%m}")
            for facet in (month, Facet(release.source)) if own else ():
                for other in store.releases(facet, limit=MAX_OTHERS):
                    own -= self._parts_of(other.capture) if other.capture else set()
            self._parts[key] = own
        return self._parts[key]


def known_by(
    store: Store,
    parts_only_of: Callable[[Store, Release, Iterable[Capture]], Iterable[str]] = lambda *_: (),
) -> _Hidden:
    """Return the addresses, digests and texts that identify individually hidden releases.

    ``parts_only_of`` returns the addresses of the parts that only the pages of a release have.
    """
    addresses: set[str] = set()
    digests: set[str] = set()
    texts: dict[str, list[_Text]] = {}
    for release in store.hidden_alone():
        addresses.update(map(public_url_key, (release.url, *release.aliases)))
        sightings = store.sightings(release.id)
        # The page that proved the removal of the release does not show it.
        pages = [*filter(None, (*sightings.versions.values(), sightings.seen))]
        digests.update(one.digest for one in pages)
        addresses.update(parts_only_of(store, release, pages))
        versions = store.all_versions(release.id)
        for version in versions:
            files_of_version = (*version.content.attachments, *version.content.images)
            addresses.update(public_url_key(one.url) for one in files_of_version)
        texts.setdefault(site_of(release.url), []).append(text_of(release, versions))
    files: dict[str, str] = {}
    if removed := removed_with_releases(store):
        listings = [(source, public_url_key(url)) for source, url in store.listing_addresses()]
        shown = {key for source, key in listings if source not in removed}
        addresses |= {key for _, key in listings} - shown
        files.update((public_url_key(url), source) for source, url in store.files_of_removed())
    return _Hidden(frozenset(addresses), frozenset(digests - {"", NO_PAYLOAD}), texts, files)


def text_of(release: Release, versions: Sequence[Revision]) -> _Text:
    """Return the text parts that identify a release and its versions on other pages."""
    contents = [release.content, *(one.content for one in versions)]
    long = [
        (long_paragraphs(one.body_text), long_paragraphs(one.summary or "")) for one in contents
    ]
    paths = (urlsplit(one) for one in (release.url, *release.aliases))
    return _Text(
        identifying(one for body, _ in long for one in body[:MAX_PASSAGES]),
        identifying(one[:BEGINNING_LENGTH] for both in long for part in both for one in part),
        frozenset(map(plain, (one.title for one in contents))) - {""},
        frozenset(plain(unquote(f"{one.path}?{one.query}")) for one in paths) - {""},
    )


def identifying(parts: Iterable[str]) -> frozenset[str]:
    """Normalize text parts, and omit parts with fewer than MIN_LETTERS letters and digits."""
    return frozenset(one for one in map(plain, parts) if len(one) >= MIN_LETTERS)


def long_paragraphs(text: str) -> list[str]:
    """Return the paragraphs that are long enough to identify a release."""
    return [one for one in text.split("\n\n") if len(one) >= MIN_PASSAGE_LENGTH]


def shows(text: str, hidden: Iterable[_Text]) -> bool:
    """Return whether a page shows the text of a hidden release.

    It does so if it contains a passage of the release, or the beginning of a paragraph together
    with its title or path.
    """
    read = plain(text)
    source = ""
    for one in hidden:
        if any(passage in read for passage in one.passages):
            return True
        if not any(beginning in read for beginning in one.beginnings):
            continue
        # Links are in the tags, which ``plain`` removes.
        source = source or letters_of(unquote(unescaped(text)))
        if any(title in read for title in one.titles) or any(p in source for p in one.paths):
            return True
    return False


def decoded(body: bytes, content_type: str) -> Iterator[str]:
    """Decode a body with its declared charset, and with other likely charsets.

    Yields one text per charset, because the declared charset may be wrong.
    """
    texts = [page_text(body, content_type), body.decode("utf-8", "replace")]
    if guessed(body) == LEGACY_CHARSET:
        texts.append(body.decode(LEGACY_CHARSET, "replace"))
    if b"\0" in body:
        texts += [body.decode(one, "replace") for one in WIDE_CHARSETS]
    yield from dict.fromkeys(texts)


def plain(text: str) -> str:
    """Return the letters and digits of a text without tags.

    The text may be plain text, HTML, or HTML in XML or JSON. Case, white space and punctuation are
    removed.
    """
    return letters_of(TAG.sub("", unescaped(text)))


def unescaped(text: str) -> str:
    """Remove the escapes of JSON and HTML from a text, even nested ones."""
    text = unescape(unescape(ESCAPE.sub(_character, text)))
    # JSON escapes a character above U+FFFF as two surrogates.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def letters_of(text: str) -> str:
    """Return the letters and digits of a text, in NFC and lower case."""
    return SEPARATOR.sub("", normalized("NFC", text)).lower()


def _character(found: re.Match[str]) -> str:
    digits = found[1] or found[2]
    if digits:
        return chr(int(digits, 16))
    return "" if found[0].endswith("\\") else " "


def removed_with_releases(store: Store) -> frozenset[str]:
    """Return the ids of the sources that were removed with their releases."""
    return frozenset(one for one, removal in store.removed_sources().items() if not removal.kept)


def is_of_removed(store: Store, url: str) -> bool:
    """Return whether the host of a URL belongs to a removed source and to no other source."""
    removed = removed_with_releases(store)
    if not removed:
        return False
    host = urlsplit(url).netloc.lower()
    hosts = {source.id: urlsplit(source.url).netloc.lower() for source in store.sources().values()}
    ours = {one for one, place in hosts.items() if place == host}
    return bool(ours) and ours <= removed


def is_file_of_others(store: Store, source: str, url: str) -> bool:
    """Return whether visible releases use a file of a removed source.

    Only other sources on the site of the file, or of the removed source, are checked.
    """
    sources, removed = store.sources(), removed_with_releases(store)
    sites = {site_of(url), *(site_of(sources[one].url) for one in (source,) if one in sources)}
    others = [one.id for one in sources.values() if one.id not in removed]
    return store.is_file_shown([one for one in others if site_of(sources[one].url) in sites], url)
