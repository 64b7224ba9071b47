"""Where everything of the site lies: facets, releases and pages, as files and as addresses.

A file is a relative POSIX path under the site's folder; an address is the same path
percent-encoded, so that any static host serves the site as it is. ``index.html`` is left out of
addresses. Parts that come from outside (topics, source ids) become file names that are safe on
every file system: no separators, no upper case, no reserved names, 120 bytes at the most, and no
two alike.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias, get_args
from urllib.parse import quote, unquote

from data.models import Facet
from data.settings import Site
from data.text.language_tags import language_tag
from data.text.slugs import DEVICES
from data.text.urls import site_address, web_address
from data.wording import N_

Format: TypeAlias = Literal["atom", "rss", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)

EventFeed: TypeAlias = Literal["changes", "retractions", "health", "days"]
EVENT_FEEDS: Mapping[EventFeed, tuple[str, str]] = {
    "changes": (
        N_("Corrections"),
        N_("What publishers changed in releases, and which ones they put back online."),
    ),
    "retractions": (
        N_("Retractions"),
        N_("Releases that publishers took down or put back online; the copies are kept."),
    ),
    "health": (N_("Health of sources"), N_("Sources that stopped working, and that work again.")),
    "days": (
        N_("Day by day"),
        N_("An entry a day, once it is over everywhere, with all its releases."),
    ),
}
"""The feeds about releases, each with its title and what it is."""

DAY, MONTH = len("2022-11-24"), len("2022-11")
"""Characters of a period that is a day or a month."""

LONGEST = 120
"""Bytes of a file name without its suffix; most file systems take 255 with it."""

CLASHING = re.compile(rf"\.(?=({'|'.join((*FORMATS, 'html'))})(\.|$))")
"""A dot that would make a folder of ours look like one of our files."""

PERIOD = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


@lru_cache(maxsize=10_000)
def file_name(name: str) -> str:
    """A safe file name for any text; different texts get different names.

    What is unsafe is written as ``~`` and two hexadecimal digits a byte; a name that gets too long
    is cut and ends in ``~~`` and its SHA-256.
    """
    text = "".join(character if is_safe(character) else escape(character) for character in name)
    text = CLASHING.sub(escape("."), text)
    if not text or text.partition(".")[0] in DEVICES or text[0] in ".-":
        text = escape(text[:1]) + text[1:]
    if text[-1] == ".":
        text = text[:-1] + escape(".")
    if len(text.encode()) <= LONGEST:
        return text
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{text.encode()[: LONGEST - 40].decode('utf-8', 'ignore')}~~{digest}"


def is_safe(character: str) -> bool:
    """Whether a character may stand in a file name: letters without upper case, digits, ``-_.``."""
    if character in "-_.":
        return True
    return unicodedata.category(character)[0] in "LNM" and character == character.lower()


def escape(text: str) -> str:
    """Every byte of a text as ``~`` and two hexadecimal digits; ``~`` alone for no text at all."""
    return "".join(f"~{byte:02x}" for byte in text.encode("utf-8", "surrogatepass")) or "~"


def name_of(file: str) -> str | None:
    """The text that became a file name, or None where the name was cut or is not one of ours."""
    if file == "~":
        return ""
    try:
        name = re.sub(
            rb"~([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), file.encode()
        ).decode("utf-8", "surrogatepass")
    except UnicodeError:
        return None
    return name if file_name(name) == file else None


@lru_cache(maxsize=10_000)
def stem_of(facet: Facet) -> str:
    """The file of a facet's feed without its suffix: ``feeds/source/acme/topic/economy``.

    Tags of languages are in lower case there, as they mean the same in any (RFC 5646, section 2.1).
    Raises ValueError for a facet that has no feed of its own (a period within a source or topic).
    """
    match facet:
        case Facet(None, None, None, None, None):
            where = "all"
        case Facet(None, None, str(period), None, None) if PERIOD.fullmatch(period):
            where = f"date/{period.replace('-', '/')}"
        case Facet(str(source), None, None, None, None):
            where = f"source/{file_name(source)}"
        case Facet(None, str(topic), None, None, None):
            where = f"topic/{file_name(topic)}"
        case Facet(str(source), str(topic), None, None, None):
            where = f"source/{file_name(source)}/topic/{file_name(topic)}"
        case Facet(str(source), None, None, str(section), None):
            where = f"source/{file_name(source)}/section/{file_name(section)}"
        case Facet(None, None, None, None, str(language)):
            where = f"language/{file_name(language.lower())}"
        case _:
            raise ValueError(f"{facet} has no feed of its own")
    return f"feeds/{where}"


def is_published(facet: Facet) -> bool:
    """Whether the feed of a facet lies as a file; that of a source's topic is made on demand."""
    return facet.source is None or facet.topic is None


def feed_facet(facet: Facet, counts: Mapping[Facet, int]) -> Facet:
    """The facet whose feed readers are given for a facet, by the ``counts`` of releases of all.

    A language that every release is in has no feed of its own: it would repeat the feed of all.
    """
    if facet.language and facet in counts and counts[facet] == counts.get(Facet()):
        return Facet()
    return facet


def has_feed_files(facet: Facet, counts: Mapping[Facet, int]) -> bool:
    """Whether the feed of a facet is published as files."""
    return is_published(facet) and feed_facet(facet, counts) == facet


def feed_file(facet: Facet, kind: Format) -> str:
    """The file of a facet's feed: ``feeds/date/2022/11/24.rss``."""
    return f"{stem_of(facet)}.{kind}"


def archive_file(facet: Facet, page: int, kind: Format) -> str:
    """The file of an archive page of a facet's feed: ``feeds/all/page/3.atom``."""
    return f"{stem_of(facet)}/page/{page}.{kind}"


def event_file(event: EventFeed, kind: Format) -> str:
    """The file of a feed about releases: ``feeds/changes.atom``."""
    return f"feeds/{event}.{kind}"


def event_page(event: EventFeed) -> str:
    """The page of what a feed about releases tells: ``changes/index.html``."""
    return f"{event}/index.html"


def facet_of(address: str) -> tuple[Facet, Format] | None:
    """The facet and the format of a feed's address, such as ``/feeds/topic/energy.atom``.

    None for every other address, and for names that were cut.
    """
    stem, _, suffix = address.strip("/").rpartition(".")
    kind = next((kind for kind in FORMATS if kind == suffix), None)
    if kind is None:
        return None
    match [unquote(part) for part in stem.split("/")]:
        case ["feeds", "all"]:
            facet = Facet()
        case ["feeds", "date", *parts]:
            facet = Facet(period="-".join(parts))
        case ["feeds", "source", source]:
            facet = Facet(source=name_of(source))
        case ["feeds", "topic", topic]:
            facet = Facet(topic=name_of(topic))
        case ["feeds", "source", source, "topic", topic]:
            facet = Facet(source=name_of(source), topic=name_of(topic))
        case ["feeds", "source", source, "section", section]:
            facet = Facet(source=name_of(source), section=name_of(section))
        case ["feeds", "language", language]:
            facet = Facet(language=language_tag(name_of(language)))
        case _:
            return None
    try:
        back = href(feed_file(facet, kind))
    except ValueError:
        return None
    return (facet, kind) if back == "/" + address.strip("/") else None


@lru_cache(maxsize=10_000)
def page_file(facet: Facet) -> str:
    """The page that shows a facet to a person: ``topics/energy/index.html``."""
    match facet:
        case Facet(None, None, None, None, None):
            where = ""
        case Facet(None, None, str(period), None, None) if PERIOD.fullmatch(period):
            where = f"days/{period.replace('-', '/')}/"
        case Facet(str(source), None, None, None, None):
            where = f"sources/{file_name(source)}/"
        case Facet(None, str(topic), None, None, None):
            where = f"topics/{file_name(topic)}/"
        case Facet(str(source), str(topic), None, None, None):
            where = f"sources/{file_name(source)}/topics/{file_name(topic)}/"
        case Facet(str(source), None, None, str(section), None):
            where = f"sources/{file_name(source)}/sections/{file_name(section)}/"
        case Facet(None, None, None, None, str(language)):
            where = f"languages/{file_name(language.lower())}/"
        case _:
            raise ValueError(f"{facet} has no page of its own")
    return f"{where}index.html"


def part_file(facet: Facet, part: str) -> str:
    """A page of older releases of a facet: ``topics/energy/page/3/index.html``."""
    return f"{page_file(facet).removesuffix('index.html')}page/{part}/index.html"


def release_file(release: str) -> str:
    """The page of a release, by its id."""
    return f"releases/{file_name(release)}/index.html"


def release_data_file(release: str) -> str:
    """The whole release as JSON."""
    return f"releases/{file_name(release)}.json"


def release_text_file(release: str) -> str:
    """The whole text of a release whose page holds its beginning only."""
    return f"releases/{file_name(release)}/text.txt"


STORIES = "stories"
"""The folder of the pages of stories."""


def story_file(story: str) -> str:
    """The page of a story."""
    return f"{STORIES}/{file_name(story)}/index.html"


def revision_file(release: str, number: int) -> str:
    """The page of one version of a release."""
    return f"releases/{file_name(release)}/revisions/{number}/index.html"


def capture_file(release: str) -> str:
    """The page that says which records of the archive show a release."""
    return f"releases/{file_name(release)}/capture/index.html"


def capture_data_file(release: str) -> str:
    """The same as JSON."""
    return f"releases/{file_name(release)}/capture.json"


@lru_cache(maxsize=10_000)
def href(file: str) -> str:
    """The address of a file, from the root of the site: percent-encoded, without index.html."""
    return "/" + quote(file.removesuffix("index.html"), safe="/~")


def relative(file: str, page: str) -> str:
    """The address of a file as a page at another file links it: the site may lie anywhere."""
    up = "../" * page.count("/")
    return (up + href(file)[1:]) or "./"


API = "/api/"
"""How addresses of the API begin; its page is there itself."""

OWN = "own"
"""The setting that makes this site its own hub."""

HUB_PATH = "/hub"

ADMIN_PATH = "/admin"
"""Where operators look after a HOME, in our own server."""

CALLBACK_PATH = "/websub/callback/"
"""How the addresses begin at which hubs of others tell us of changes."""


def hub_of(site: Site) -> str | None:
    """The address of the hub that feeds name, or None."""
    if site.hub == OWN:
        return site_address(site.url) + HUB_PATH
    return web_address(site.hub) if site.hub else None


SEARCH = "/feeds/search"
"""The address of searches without its suffix."""

WATCH_FEED = "/feeds/watch/"
"""How the addresses of feeds of watches begin; the id of the watch follows."""

FEED_BUILDER = "/feeds/builder/"
"""The address of the page where feeds are put together."""

FRESHRSS_API = "/api/greader.php"
"""The path at which clients of FreshRSS expect the Google Reader API."""

READER_API = ("/reader/api/0/", "/api/reader/api/0/", f"{FRESHRSS_API}/reader/api/0/")
READER_LOGINS = (
    "/accounts/ClientLogin",
    "/api/accounts/ClientLogin",
    f"{FRESHRSS_API}/accounts/ClientLogin",
)
"""Prefixes of the Google Reader API, and its log-in addresses.

A client may be configured with the address of the site, of its API, or of FreshRSS's script.
"""

SEARCH_PAGE = "/search"
"""The address of their page."""


FEED_TYPES: Mapping[Format, str] = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
}
"""The media types of feeds, as links name them."""

FEED_SUFFIXES = tuple(f".{kind}" for kind in FORMATS)


def is_feed(file: str) -> bool:
    """Whether a file of the site is a feed; there is other JSON, too."""
    return file.startswith("feeds/") and file.endswith(FEED_SUFFIXES)


MEDIA_TYPES = {
    ".atom": f"{FEED_TYPES['atom']}; charset=utf-8",
    ".rss": f"{FEED_TYPES['rss']}; charset=utf-8",
    ".json": FEED_TYPES["json"],
    ".xml": "application/xml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ico": "image/vnd.microsoft.icon",
    ".txt": "text/plain; charset=utf-8",
}
"""The media types of all files by suffix, as answers name them."""


def media_type_of(file: str) -> str:
    """The media type of a file; its JSON is a feed."""
    if file.endswith("opml.xml"):
        return "text/x-opml; charset=utf-8"
    suffix = file[file.rfind(".") :]
    return MEDIA_TYPES.get(suffix, "application/octet-stream")


class FileStamp(NamedTuple):
    """What changes when another file takes a name: its time (nanoseconds), size and inode."""

    modified: int
    size: int
    inode: int


def stamp_of(found: os.stat_result) -> FileStamp:
    """The stamp of a file."""
    return FileStamp(found.st_mtime_ns, found.st_size, found.st_ino)
