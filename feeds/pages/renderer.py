"""Pages for people: the directory, a page for every facet and every release.

Pages link each other relatively, so that the site may lie anywhere, and carry a policy: those that
list feeds run the one script that copies an address, those with bodies from outside none at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from markupsafe import Markup

from data.models import Capture, Facet, Release, Revision
from data.text.clean import plain
from data.text.language_tags import feed_language, is_right_to_left
from data.text.urls import web_address
from feeds.catalog import Catalog, grouped, spoken
from feeds.entries.body import body_of, difference
from feeds.entries.entry import Entry, title_of
from feeds.pages.navigation import Navigation
from feeds.pages.rows import NAMES, UP, environment, feed_row, formats_of, listed
from feeds.urls import (
    FEED_TYPES,
    FORMATS,
    capture_data_file,
    capture_file,
    feed_file,
    href,
    is_published,
    page_file,
    relative,
    release_file,
    revision_file,
)

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' https: http:; "
    "base-uri 'none'; form-action 'none'"
)


class PageRenderer:
    """Renders the pages of a catalog, whose facets hold ``counts`` releases."""

    def __init__(self, catalog: Catalog, counts: Mapping[Facet, int]) -> None:
        self.catalog = catalog
        self.navigation = Navigation(catalog, counts)
        self.environment = environment()
        self._row = self.environment.get_template("row.html")

    def row(self, entry: Entry) -> bytes:
        """The line of a release, the same on all pages but for the way up to the site's root."""
        text = self._row.render(
            entry=entry,
            address=UP + href(release_file(entry.release))[1:],
            is_right_to_left=is_right_to_left,
        )
        return text.encode()

    def facet(
        self,
        facet: Facet,
        rows: Sequence[tuple[str, bytes]],
        undated: Sequence[bytes] = (),
        latency: str = "",
    ) -> bytes:
        """The page of a facet with the lines of the releases in its feed, each with its day.

        ``undated`` are lines of releases that are in no feed, as they have no date; they come last.
        ``latency`` says how late releases come.
        """
        home = facet == Facet()
        file = page_file(facet)
        up = "../" * file.count("/")
        backlog = b"".join(undated).decode().replace(UP, up)
        page = self._render(
            "home.html" if home else "facet.html",
            file,
            title=self.catalog.title if home else self.catalog.name(facet),
            facet=facet,
            shown=len(rows),
            undated=len(undated),
            latency=latency,
            backlog=Markup(backlog),  # noqa: S704 - made by the template of a row, which escapes
            place=UP,
            **self.navigation.around(facet),
        )
        head, _, foot = page.partition(UP.encode())
        return b"".join((head, listed(rows, up=up), foot))

    def release(
        self,
        release: Release,
        entry: Entry,
        revisions: tuple[Revision, ...],
        *,
        captured: bool = False,
    ) -> bytes:
        """The page of a release: its text as kept, where it comes from, its versions.

        ``captured`` is whether it has a page of captures.
        """
        source = Facet(source=release.source)
        url = web_address(release.url) or entry.page
        return self._render(
            "release.html",
            release_file(release.id),
            title=entry.title,
            facet=source,
            entry=entry,
            redacted=release.content.redacted,
            url=url,
            body=Markup(entry.body or body_of(release, url)),  # noqa: S704 - body_of sanitizes
            topics=[
                (self.catalog.topic(topic), page_file(Facet(topic=topic)))
                for topic in release.content.topics
            ],
            aliases=[plain(alias) for alias in release.aliases if alias != release.url],
            published=release.published,
            seen=release.first_seen,
            captures=capture_file(release.id) if captured else None,
            versions=[
                {
                    "seen": revision.seen,
                    "title": title_of(revision.content),
                    "file": revision_file(release.id, revision.number),
                }
                for revision in revisions
            ],
            crumbs=[("All", "index.html"), (self.catalog.name(source), page_file(source))],
        )

    def revision(
        self, release: Release, entry: Entry, before: Revision | None, after: Revision
    ) -> bytes:
        """The page of one version of a release: what it changed, and its text."""
        source = Facet(source=release.source)
        url = web_address(release.url) or entry.page
        version = replace(release, content=after.content)
        return self._render(
            "revision.html",
            revision_file(release.id, after.number),
            title=title_of(after.content),
            facet=source,
            language=feed_language(after.content.language),
            number=after.number,
            last=after.number == release.revision,
            reading=after.reason == "reading",
            seen=after.seen,
            change=Markup(difference(before.content, after.content)) if before else None,  # noqa: S704 - difference escapes
            body=Markup(body_of(version, url)),  # noqa: S704 - body_of sanitizes
            backed=[one for one in (before, after) if one and one.capture],
            captures=capture_file(release.id),
            release=release_file(release.id),
            crumbs=self._crumbs(release, entry.title),
        )

    def capture(
        self,
        release: Release,
        entry: Entry,
        revisions: tuple[Revision, ...],
        gone: Capture | None,
        *,
        seen: Capture | None = None,
        is_shown: bool = False,
    ) -> bytes:
        """The page that says which records of the archive show a release, or that it is gone.

        Where a server shows captured pages (``is_shown``) it leads to them. The record that found
        the release ``seen`` last is for such a page too: a file would change with every visit.
        """
        return self._render(
            "capture.html",
            capture_file(release.id),
            title=entry.title,
            facet=Facet(source=release.source),
            language=entry.language,
            id=release.id,
            revisions=revisions,
            seen=seen,
            gone=gone,
            is_shown=is_shown,
            data=capture_data_file(release.id),
            release=release_file(release.id),
            crumbs=self._crumbs(release, entry.title),
        )

    def _crumbs(self, release: Release, title: str) -> list[tuple[str, str]]:
        """The way down to the page of a release."""
        source = Facet(source=release.source)
        return [
            ("All", "index.html"),
            (self.catalog.name(source), page_file(source)),
            (title, release_file(release.id)),
        ]

    def feeds(self) -> bytes:
        """The directory of all feeds; without counts, so that only new names change it."""
        published = filter(is_published, self.navigation.counts)
        groups = [
            (
                group,
                Markup("".join([feed_row(self.catalog.name(one), one) for one in members])),  # noqa: S704 - feed_row escapes
            )
            for group, members in grouped(self.catalog, published).items()
        ]
        return self._render(
            "feeds.html", "feeds/index.html", title="Feeds", facet=Facet(), groups=groups
        )

    def search(self, file: str, **values: Any) -> bytes:
        """The page of a search at ``file`` (see feeds.pages.search_page)."""
        values |= {"policy": POLICY.replace("form-action 'none'", "form-action 'self'")}
        values |= self.navigation.choices()
        return self._render("search.html", file, facet=Facet(), title="Search", **values)

    def health(self, file: str, **values: Any) -> bytes:
        """The page at ``file`` of how sources are (see feeds.pages.health_page)."""
        return self._render("health.html", file, Facet(), title="Health of sources", **values)

    def replay(
        self,
        release: Release,
        revision: Revision,
        uri: str,
        shown: str,
        *,
        imported: str = "",
        seen: Capture | None = None,
    ) -> bytes:
        """The page around the captured page of a version, which ``shown`` is the address of.

        ``uri`` is the address that served it, ``imported`` the file that it was taken in from, if
        it was, and ``seen`` the last capture that found it again. It lies at capture/page below its
        release.
        """
        title = title_of(revision.content)
        return self._render(
            "replay.html",
            release_file(release.id).replace("index.html", "capture/page"),
            title=title,
            facet=Facet(source=release.source),
            number=revision.number,
            at=revision.capture.at if revision.capture else revision.seen,
            uri=uri,
            imported=imported,
            seen=seen,
            shown=shown,
            captures=capture_file(release.id),
            crumbs=self._crumbs(release, title),
        )

    def offline_search(self, file: str, parts: int) -> bytes:
        """The page at ``file`` that searches a copy of the site in a folder (see feeds.offline).

        What it searches comes in ``parts``.
        """
        return self._render("offline_search.html", file, Facet(), title="Search", parts=parts)

    def _render(self, template: str, file: str, facet: Facet, **values: Any) -> bytes:
        heading = self.catalog.heading(facet)
        text = self.environment.get_template(template).render(
            {"policy": POLICY, **values},
            site=self.catalog.title,
            link=partial(relative, page=file),
            address_of=lambda file: self.catalog.site + href(file),
            spoken=spoken,
            day_file=lambda day: page_file(Facet(period=day)),
            release_file=release_file,
            is_right_to_left=is_right_to_left,
            types=FEED_TYPES,
            names=NAMES,
            formats=formats_of(facet),
            alternates=[
                (FEED_TYPES[kind], f"{heading} ({NAMES[kind]})", feed_file(facet, kind))
                for kind in FORMATS
            ],
        )
        return text.encode()
