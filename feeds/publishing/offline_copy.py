"""Writer of offline copies of the site."""

import hashlib
import json
import mimetypes
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from html import escape, unescape
from importlib.resources import files
from pathlib import Path
from typing import TypeAlias

from data.export.chosen_records import Choice
from data.files import FileWriter
from data.models import Capture, Facet, Release
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.sqlite.copy import chosen_releases
from data.text.clean import plain
from data.wording import OnProgress
from feeds.catalog import Catalog, catalog_of
from feeds.entries.entry import title_of
from feeds.pages.not_found_page import NOT_FOUND_FILE
from feeds.pages.renderer import PageRenderer
from feeds.publishing.publish import publish

Payload: TypeAlias = Callable[[Capture], tuple[str, bytes] | None]
"""Function that returns the media type and content of a capture. It returns None if the archive no
longer has the capture."""


SAFE_SUFFIXES = frozenset(
    (
        *("avif", "bmp", "gif", "ico", "jpeg", "jpg", "png", "webp", "mp3", "mp4", "ogg", "webm"),
        *("csv", "doc", "docx", "odp", "ods", "odt", "pdf", "ppt", "pptx", "rtf", "txt"),
        *("xls", "xlsx", "zip"),
    )
)
"""Suffixes of files that browsers open without running code in them."""

RENDERED, CHOSEN = ".rendered.db", ".chosen.db"
"""Temporary files in the folder: a cache of rendered entries, and the store with the chosen
releases."""

MAX_UNFLUSHED_FILES = 2000
"""Maximum number of files that are written before they are flushed to disk."""

SEARCH_PAGE_FILE = "search/index.html"

PART_CHARACTERS = 2_000_000
"""Approximate length in characters of one part of the search index. Browsers load the parts one
after the other."""

MAX_TEXT_CHARACTERS = 20_000
"""Maximum length in characters of a release's text in the search index."""


@dataclass(frozen=True, slots=True)
class FolderCopy:
    """Numbers of releases, archived files and missing files in an offline copy.

    ``with_secrets`` is the number of files that are left out, because they repeat a secret from the
    address of a source.
    """

    releases: int
    files: int
    missing: int
    with_secrets: int = 0


def write_folder(
    store: Store,
    choice: Choice,
    folder: Path,
    site: SiteSettings,
    *,
    payload: Payload,
    on_progress: OnProgress,
) -> FolderCopy:
    """Write the chosen releases and their files as a site into an empty ``folder``.

    ``payload`` returns captured files. Raises OSError, StoreError if the store fails, and
    PublishError if a page can't be rendered.
    """
    with chosen_releases(store, choice.releases, folder / CHOSEN) as chosen:
        published = publish(chosen, folder, site, all=True, cache=folder / RENDERED)
        if published.errors:
            raise published.errors[0]
        for left in (*folder.glob(f"{RENDERED}*"), folder / NOT_FOUND_FILE):
            left.unlink()
        shown = chosen.public_view()
        counts, catalog = shown.facets(), catalog_of(shown, site)
        copy = _Copy(store.public_view(), folder, payload)
        pages = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
        whole = len(pages) + 1
        for done, page in enumerate(pages):
            copy.relink(page)
            on_progress(done, whole)
        renderer = PageRenderer(catalog, counts)
        for name, content in search_files(renderer, shown.releases(Facet())):
            is_page = name.endswith(".html")
            copy.write(
                name, relinked(content.decode(), lambda _: None).encode() if is_page else content
            )
    copy.writer.flush()
    for left in folder.glob(f"{CHOSEN}*"):
        left.unlink()
    on_progress(whole, whole)
    releases = counts.get(Facet(), 0)
    return FolderCopy(releases, len(copy.files), len(copy.missing), len(copy.with_secrets))


class _Copy:
    """Writer of the pages of an offline copy, and of the archived files to which they link."""

    def __init__(self, store: Store, folder: Path, payload: Payload) -> None:
        self._store = store
        self._folder = folder
        self._payload = payload
        self.writer = FileWriter(folder)
        self.files: dict[str, str] = {}
        self.missing: set[str] = set()
        self.with_secrets: set[str] = set()
        self._secrets = store.secrets()

    def write(self, file: str, content: bytes) -> None:
        """Write content to a file in the folder of the copy."""
        self.writer.write(file, content)
        if self.writer.waiting >= MAX_UNFLUSHED_FILES:
            self.writer.flush()

    def relink(self, file: str) -> None:
        """Rewrite the links of a page, and copy the archived files to which it links."""
        page = (self._folder / file).read_text("utf-8")
        known: dict[str, Capture] = {}
        if file.startswith("releases/"):
            release = file.split("/")[1]
            known = {**self._store.file_captures(set(absolute_links(page)), release=release)}
        self.write(file, relinked(page, partial(self._file_of, file, known)).encode())

    def _file_of(self, page: str, known: dict[str, Capture], url: str) -> str | None:
        """Return the relative link from ``page`` to the copied file of an archived URL.

        Returns None if the archive has no file for the URL.
        """
        capture = known.get(url)
        if capture is None or not capture.file:
            # A redacted record has no file.
            return None
        if not any(url in known for known in (self.files, self.missing, self.with_secrets)):
            self._keep(url, capture)
        name = self.files.get(url)
        return "../" * page.count("/") + name if name else None

    def _keep(self, url: str, capture: Capture) -> None:
        found = self._payload(capture)
        if found is None:
            self.missing.add(url)
            return
        media_type, content = found
        if self._secrets.is_in(content):
            self.with_secrets.add(url)
            return
        name = f"files/{hashlib.sha256(content).hexdigest()}{suffix_of(url, media_type)}"
        self.write(name, content)
        self.files[url] = name


def suffix_of(url: str, media_type: str) -> str:
    """Return a safe suffix for a file, from its URL or media type, or ``.bin``."""
    path = re.split(r"[?#]", url, maxsplit=1)[0]
    guessed = mimetypes.guess_extension(media_type.partition(";")[0].strip().lower()) or ""
    for suffix in (path.rpartition("/")[2].rpartition(".")[2].lower(), guessed[1:]):
        if suffix in SAFE_SUFFIXES:
            return f".{suffix}"
    return ".bin"


def search_files(pages: PageRenderer, releases: Iterable[Release]) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of the files for the search in an offline copy."""
    number = 0
    for part in parts(pages.catalog, releases):
        number += 1
        script = f"addReleases([\n{part}\n]);\n"
        yield f"search/releases-{number}.js", script.encode("utf-8", "replace")
    yield "search/search.js", (files("feeds.publishing") / "static" / "search.js").read_bytes()
    page = pages.render("offline_search.html", SEARCH_PAGE_FILE, title="Search", parts=number)
    yield SEARCH_PAGE_FILE, page


def parts(catalog: Catalog, releases: Iterable[Release]) -> Iterator[str]:
    """Yield the parts of the search index: rows of releases as JSON."""
    rows: list[str] = []
    size = 0
    for release in releases:
        rows.append(row(catalog, release))
        size += len(rows[-1])
        if size > PART_CHARACTERS:
            yield ",\n".join(rows)
            rows, size = [], 0
    if rows:
        yield ",\n".join(rows)


def row(catalog: Catalog, release: Release) -> str:
    """Return a release as a JSON list for the search index.

    The function ``load`` in search.js expects the values in this order.
    """
    content = release.content
    return json.dumps(
        [
            release.id,
            title_of(content),
            release.day,
            release.source,
            plain(catalog.source(release.source).name),
            content.topics,
            release.retracted is not None,
            content.body_text[:MAX_TEXT_CHARACTERS],
        ],
        ensure_ascii=False,
    )


TAG = re.compile(r"<(?:a|form|img|link|script|source)\b[^>]*>")
ADDRESS_ATTRIBUTE = re.compile(r'(?<=\s)(action|href|src)="([^"]*)"')
SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")
PICTURE_LINK = re.compile(
    r'<a class="picture" href="([^"]*)"[^>]*><span>([^<]*)</span> <small>[^<]*</small></a>'
)
"""Pattern that matches a link to an image, as feeds.pages.releases.release_body writes it."""

IMAGE_SUFFIXES = frozenset(("avif", "bmp", "gif", "jpeg", "jpg", "png", "webp"))
INDEX_FILE = "index.html"


def relinked(page: str, file_of: Callable[[str], str | None]) -> str:
    """Return a page whose links lead to files of the offline copy.

    Links to folders get ``index.html``. ``file_of`` returns the relative link for an absolute URL,
    or None if the copy has no file for the URL. A link to a copied image becomes the image itself.
    """

    def picture(found: re.Match[str]) -> str:
        file = file_of(unescape(found[1]))
        if file is None or file.rpartition(".")[2] not in IMAGE_SUFFIXES:
            return found[0]
        return f'<img src="{escape(file)}" alt="{found[2]}">'

    def address(found: re.Match[str]) -> str:
        name, old = found[1], unescape(found[2])
        new = (file_of(old) or old) if SCHEME.match(old) else with_index(old)
        return found[0] if new == old else f'{name}="{escape(new)}"'

    return TAG.sub(
        lambda tag: ADDRESS_ATTRIBUTE.sub(address, tag[0]), PICTURE_LINK.sub(picture, page)
    )


def with_index(link: str) -> str:
    """Add ``index.html`` to a relative link to a folder. Other links are unchanged."""
    path, mark, rest = re.fullmatch(r"([^?#]*)([?#]?)(.*)", link, re.DOTALL).groups()  # type: ignore[union-attr]  # the pattern matches any text
    last = path.rpartition("/")[2]
    if last in {".", ".."}:
        path += "/"
    elif last or not path:
        return link
    return f"{path}{INDEX_FILE}{mark}{rest}"


def absolute_links(page: str) -> Iterator[str]:
    """Yield the absolute URLs of a page's links and images."""
    for tag in TAG.finditer(page):
        for _, link in ADDRESS_ATTRIBUTE.findall(tag[0]):
            if SCHEME.match(link):
                yield unescape(link)
