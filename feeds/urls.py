"""File names and URLs of the site's feeds and pages.

A file name is a POSIX path relative to the site's folder. Its URL has the same path,
percent-encoded and without ``index.html``, so any static host can serve the site.

External names (topics, source ids) become unique file names that are safe on every file system: no
separators, no upper case, no reserved names, and at most 120 bytes.
"""

import hashlib
import os
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias, get_args
from urllib.parse import quote, unquote

from data.languages.tags import language_tag
from data.models import Facet
from data.settings import SiteSettings
from data.text.folding import DEVICES
from data.text.urls import site_address, web_address
from data.wording import N_

Format: TypeAlias = Literal["atom", "rss", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)

EventFeed: TypeAlias = Literal["changes", "silent-edits", "retractions", "health", "days"]
EVENT_FEEDS: Mapping[EventFeed, tuple[str, str]] = {
    "changes": (
        N_("Corrections"),
        N_("Releases that publishers changed, or put back online after retracting them."),
    ),
    "silent-edits": (
        N_("Silent edits"),
        N_(
            "Releases that publishers edited without announcing the change. Corrected typing "
            "errors are not listed."
        ),
    ),
    "retractions": (
        N_("Retractions"),
        N_("Releases that publishers removed or put back online. This site keeps copies."),
    ),
    "health": (N_("Health of sources"), N_("Sources that stopped working or work again.")),
    "days": (
        N_("Day by day"),
        N_(
            "One entry per day that lists the day’s releases, after the day has ended in every"
            " time zone."
        ),
    ),
}
"""Titles and descriptions of event feeds."""

DAY, MONTH, YEAR = len("2022-11-24"), len("2022-11"), len("2022")
"""Number of characters in an ISO day, month and year."""

MAX_STEM_BYTES = 120
"""Maximum size in bytes of a file name without suffix. Most file systems allow 255 bytes with
suffix."""

DOT_BEFORE_SUFFIX = re.compile(rf"\.(?=({'|'.join((*FORMATS, 'html'))})(\.|$))")
"""Pattern for a dot in a folder's name that would make the folder look like a feed or
page."""

PERIOD = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")

STORIES_FOLDER = "stories"
"""Folder of the pages of stories."""

MCP_PATH = "/mcp"
"""URL path of the tools for assistants."""

API_PREFIX = "/api/"
"""URL prefix of the API, and the URL of its documentation page."""

OWN_HUB = "own"
"""Value of the setting ``hub`` that makes the site its own WebSub hub."""

HUB_PATH = "/hub"

ADMIN_PATH = "/admin"
"""URL path of the admin pages on the web server."""

CALLBACK_PATH = "/websub/callback/"
"""URL prefix of WebSub callbacks, to which hubs send changed feeds."""

SEARCH_FEED = "/feeds/search"
"""URL path of search feeds, without suffix."""

WATCH_FEED = "/feeds/watch/"
"""URL prefix of watch feeds, followed by the watch's id."""

FEED_BUILDER = "/feeds/builder/"
"""URL path of the feed builder."""

FRESHRSS_API = "/api/greader.php"
"""URL path where FreshRSS clients expect the Google Reader API."""

READER_API = ("/reader/api/0/", "/api/reader/api/0/", f"{FRESHRSS_API}/reader/api/0/")
"""URL prefixes of the Google Reader API.

A client may be configured with the URL of the site, of its API, or of FreshRSS's script.
"""
READER_LOGINS = (
    "/accounts/ClientLogin",
    "/api/accounts/ClientLogin",
    f"{FRESHRSS_API}/accounts/ClientLogin",
)
"""URL paths of the Google Reader API's login.

A client may be configured with the URL of the site, of its API, or of FreshRSS's script.
"""

SEARCH_PAGE = "/search"
"""URL path of the search page."""

SAVED_SEARCHES = "/searches/"
"""URL prefix of saved searches, followed by the name of the search."""

FEED_TYPES: Mapping[Format, str] = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
}
"""Media types of feeds by format, used in links."""

FEED_SUFFIXES = tuple(f".{kind}" for kind in FORMATS)


@lru_cache(maxsize=10_000)
def file_name(name: str) -> str:
    """Return a safe file name for any text. Different texts get different names.

    Each byte of an unsafe character is written as ``~`` and two hexadecimal digits. A name longer
    than MAX_STEM_BYTES is cut and ends in ``~~`` and part of its SHA-256.
    """
    text = "".join(character if is_safe(character) else escape(character) for character in name)
    text = DOT_BEFORE_SUFFIX.sub(escape("."), text)
    if not text or text.partition(".")[0] in DEVICES or text[0] in ".-":
        text = escape(text[:1]) + text[1:]
    if text[-1] == ".":
        text = text[:-1] + escape(".")
    if len(text.encode()) <= MAX_STEM_BYTES:
        return text
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{text.encode()[: MAX_STEM_BYTES - 40].decode('utf-8', 'ignore')}~~{digest}"


def is_safe(character: str) -> bool:
    """Whether a character is safe in a file name: a lower-case letter, a digit, or in ``-_.``."""
    if character in "-_.":
        return True
    return unicodedata.category(character)[0] in "LNM" and character == character.lower()


def escape(text: str) -> str:
    """Write each byte of a text as ``~`` and two hexadecimal digits.

    An empty text becomes ``~``.
    """
    return "".join(f"~{byte:02x}" for byte in text.encode("utf-8", "surrogatepass")) or "~"


def name_of(file: str) -> str | None:
    """Return the text from which `file_name` created this file name.

    Returns None if the text was cut, or if `file_name` did not create this name.
    """
    if file == "~":
        return ""
    try:
        name = re.sub(
            rb"~([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), file.encode()
        ).decode("utf-8", "surrogatepass")
    except UnicodeError:
        return None
    return name if file_name(name) == file else None


def path_of(facet: Facet) -> tuple[tuple[str, str], ...]:
    """Return the kinds and file names of the parts of a facet, without the period's dashes.

    Language tags become lower case, because their case has no meaning (RFC 5646, section 2.1).
    Raises ValueError for a facet without a feed or page, such as a period within a source or topic.
    """
    match facet:
        case Facet(None, None, None, None, None):
            return ()
        case Facet(None, None, str(period), None, None) if PERIOD.fullmatch(period):
            return (("date", period.replace("-", "/")),)
        case Facet(None, None, None, None, str(language)):
            return (("language", file_name(language.lower())),)
        case Facet(str() | None, str() | None, None, None, None) | Facet(
            str(), None, None, str(), None
        ):
            parts = {"source": facet.source, "topic": facet.topic, "section": facet.section}
            return tuple(
                (kind, file_name(name)) for kind, name in parts.items() if name is not None
            )
    raise ValueError(f"{facet} has no feed or page")


@lru_cache(maxsize=10_000)
def stem_of(facet: Facet) -> str:
    """Return the path of a facet's feed without suffix: ``feeds/source/acme/topic/economy``.

    Raises ValueError for a facet without a feed, such as a period within a source or topic.
    """
    where = "/".join(f"{kind}/{name}" for kind, name in path_of(facet))
    return f"feeds/{where or 'all'}"


def is_published(facet: Facet) -> bool:
    """Whether a facet's feed is published as a file.

    Feeds for a topic of one source are generated on request.
    """
    return facet.source is None or facet.topic is None


def feed_facet(facet: Facet, counts: Mapping[Facet, int]) -> Facet:
    """Return the facet whose feed contains a facet's releases.

    This is the facet itself, with one exception: if all releases have the same language, the feed
    of all releases is also the feed of this language. ``counts`` maps facets to numbers of
    releases.
    """
    if facet.language and facet in counts and counts[facet] == counts.get(Facet()):
        return Facet()
    return facet


def has_feed_files(facet: Facet, counts: Mapping[Facet, int]) -> bool:
    """Whether a facet has a separate feed that is published as files."""
    return is_published(facet) and feed_facet(facet, counts) == facet


def feed_file(facet: Facet, kind: Format) -> str:
    """Return the file of a facet's feed: ``feeds/date/2022/11/24.rss``."""
    return f"{stem_of(facet)}.{kind}"


def archive_file(facet: Facet, page: int, kind: Format) -> str:
    """Return the file of an archive page of a facet's feed: ``feeds/all/page/3.atom``."""
    return f"{stem_of(facet)}/page/{page}.{kind}"


def event_file(event: EventFeed, kind: Format) -> str:
    """Return the file of an event feed: ``feeds/changes.atom``."""
    return f"feeds/{event}.{kind}"


def event_page(event: EventFeed) -> str:
    """Return the path of an event feed's page, such as ``changes/index.html``.

    Silent edits are on the page of all edits.
    """
    return f"{'changes' if event == 'silent-edits' else event}/index.html"


def facet_of(address: str) -> tuple[Facet, Format] | None:
    """Return the facet and format in a feed's URL path, such as ``/feeds/topic/energy.atom``.

    Returns None for any other path, and for names that `file_name` has cut.
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
    """Return the file of a facet's page: ``topics/energy/index.html``.

    Raises ValueError for a facet without a page.
    """
    folders = (
        f"{'days' if kind == 'date' else f'{kind}s'}/{name}/" for kind, name in path_of(facet)
    )
    return "".join((*folders, "index.html"))


def part_file(facet: Facet, part: str) -> str:
    """Return the file of a facet's page of older releases: ``topics/energy/page/3/index.html``.

    ``part`` is the name of this page, such as 3.
    """
    return f"{page_file(facet).removesuffix('index.html')}page/{part}/index.html"


def release_file(release: str) -> str:
    """Return the file of a release's page."""
    return f"releases/{file_name(release)}/index.html"


def release_data_file(release: str) -> str:
    """Return the JSON file of a release."""
    return f"releases/{file_name(release)}.json"


def release_text_file(release: str) -> str:
    """Return the file with the full text of a release whose page shows only the beginning."""
    return f"releases/{file_name(release)}/text.txt"


def story_file(story: str) -> str:
    """Return the file of a story's page."""
    return f"{STORIES_FOLDER}/{file_name(story)}/index.html"


def revision_file(release: str, number: int) -> str:
    """Return the file of the page for a version of a release."""
    return f"releases/{file_name(release)}/revisions/{number}/index.html"


def capture_file(release: str) -> str:
    """Return the file of the page for the captures of a release."""
    return f"releases/{file_name(release)}/capture/index.html"


def capture_data_file(release: str) -> str:
    """Return the JSON file with the captures of a release."""
    return f"releases/{file_name(release)}/capture.json"


@lru_cache(maxsize=10_000)
def href(file: str) -> str:
    """Return the URL path of a file: percent-encoded, without index.html."""
    return "/" + quote(file.removesuffix("index.html"), safe="/~")


def relative(file: str, page: str) -> str:
    """Return the relative link from a page to a file, which works at any base URL."""
    up = "../" * page.count("/")
    return (up + href(file)[1:]) or "./"


def hub_of(site: SiteSettings) -> str | None:
    """Return the URL of the WebSub hub for the site's feeds, or None."""
    if site.hub == OWN_HUB:
        return site_address(site.url) + HUB_PATH
    return web_address(site.hub) if site.hub else None


def is_feed(file: str) -> bool:
    """Whether a file of the site is a feed. Other JSON files are not."""
    return file.startswith("feeds/") and file.endswith(FEED_SUFFIXES)


class FileStamp(NamedTuple):
    """Modification time (nanoseconds), size and inode of a file, which show whether it changed."""

    modified: int
    size: int
    inode: int


def stamp_of(found: os.stat_result) -> FileStamp:
    """Return the FileStamp for an `os.stat` result."""
    return FileStamp(found.st_mtime_ns, found.st_size, found.st_ino)
