"""Files of releases: requests for files, their captures, and the texts of attachments."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any, Final

import msgspec

from data.models import Capture, Content, FileText, Release
from data.models.capture import INTERRUPTED_CUTS
from data.store.shared_sql.captures import PUT, REPLACE_CAPTURE, columns_of
from data.store.shared_sql.connection import Database, Part, TablePart
from data.store.shared_sql.new_events import append_events
from data.store.shared_sql.rows import CAPTURE_COLUMNS, capture_of, content_of, encode
from data.store.unit_of_work import decisions
from data.text.source_secrets import NO_SECRETS
from data.text.urls import MAX_KEY_LENGTH

MAX_RECHECK_AGE: Final = dt.timedelta(days=30)
"""Maximum age of releases whose attachments are requested again to find replaced files."""

RECHECK_INTERVAL: Final = dt.timedelta(days=1)
"""Minimum time between two requests for an attachment whose text was extracted."""

_pages = msgspec.json.Decoder(tuple[str, ...])

MAX_READ_CHARACTERS: Final = 20_000_000
"""Maximum total number of characters of attachment texts in memory. A single text may have two
million.
"""

MAX_ATTACHED_CHARACTERS: Final = 2_000_000
"""Maximum number of characters of a release's attachments that searches and watches use."""

TEXT_COLUMNS: Final = "t.kind, t.cut, t.tool, t.pages"

MAX_VISITS: Final = 5
"""Maximum number of visits that request a file if every request fails."""

FILE_RETRY_SECONDS: Final = 3600
"""Delay in seconds before a file is requested again, multiplied by the square of the number of
requests."""

PUT_FILE: Final = PUT.replace("(?", "(?, ?", 1)
"""End of an INSERT statement after its first four columns: the columns of a capture and values."""


DUE: Final = "tries < :most AND asked < :since AND asked + :wait * tries * tries <= :now"
"""SQL condition for rows to request now, with the arguments of `due_arguments`."""


def due_arguments(
    source: str, *, most: int, wait: float, now: dt.datetime, since: dt.datetime, limit: int
) -> dict[str, object]:
    """Return the arguments of a query for due rows of a source.

    Each row is requested up to ``most`` times, the second time after ``wait`` seconds. A row that
    was requested ``since`` the start of a visit waits for the next visit.
    """
    return {
        "source": source,
        "most": most,
        "since": since.timestamp(),
        "wait": wait,
        "now": now.timestamp(),
        "limit": limit,
    }


class FileTable(TablePart):
    """Methods of the recorder for attachments."""

    def file_digests(self, urls: Iterable[str]) -> Sequence[tuple[str, str]]:
        """Return the addresses of files whose text was extracted, and the digests of the files."""
        return self._ask(
            "SELECT url, body FROM json_each(?) j JOIN files f ON f.url = j.value"
            " WHERE body <> '' ORDER BY url",
            [encode([*urls])],
        )

    def link_files(self, number: int, urls: Iterable[str], *, is_new: bool) -> None:
        """Store the addresses of a release's attachments.

        Addresses that are too long are omitted.
        """
        if not is_new:
            self._db.execute("DELETE FROM release_files WHERE release = ?", [number])
        self._later(
            "INSERT INTO release_files (url, release) VALUES (?, ?) ON CONFLICT DO NOTHING",
            *((url, number) for url in {*urls} if len(url) <= MAX_KEY_LENGTH),
        )

    def linked_releases(self, url: str) -> Sequence[int]:
        """Return the numbers of the releases that link to a file."""
        return self._column(
            "SELECT release FROM release_files WHERE url = ? ORDER BY release", [url]
        )

    def file_text(self, digest: str) -> FileText | None:
        """Return the text of a file, or None if it was not extracted."""
        return texts_of(self._ask(TEXTS, [encode([digest])])).get(digest)

    def add_file_text(self, url: str, digest: str, text: FileText) -> None:
        """Store the text of a file as the current version of the file at a URL."""
        self._db.execute(
            "INSERT INTO file_texts (digest, kind, cut, tool, pages) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (digest) DO UPDATE SET kind = excluded.kind, cut = excluded.cut,"
            " tool = excluded.tool, pages = excluded.pages",
            [digest, text.kind, text.cut, text.tool, encode(text.pages)],
        )
        self._db.execute("UPDATE files SET body = ? WHERE url = ?", [digest, url])


TEXTS: Final = (
    f"SELECT t.digest, {TEXT_COLUMNS} FROM json_each(?) j JOIN file_texts t ON t.digest = j.value"
)

WITH_FILE_TEXTS: Final = (
    "SELECT source, content FROM releases WHERE content LIKE '%\"file_digests\":[[%' UNION ALL"
    " SELECT r.source, v.content FROM revisions v JOIN releases r ON r.number = v.release"
    " WHERE v.content LIKE '%\"file_digests\":[[%'"
)

SIZES: Final = (
    "SELECT t.digest, length(t.pages) FROM json_each(?) j JOIN file_texts t ON t.digest = j.value"
)


def texts_of(rows: Iterable[Sequence[Any]]) -> dict[str, FileText]:
    """Return the texts of files from database rows, by digest."""
    return {
        digest: FileText(kind, _pages.decode(pages), cut, tool)
        for digest, kind, cut, tool, pages in rows
    }


class FilesPart(Part):
    """Methods of the store for files of releases and the texts of attachments."""

    def await_files(self, source: str, urls: Iterable[str]) -> Sequence[str]:
        """Queue addresses of releases' files for archiving, and return the new addresses.

        Addresses that are too long for a key are omitted.
        """
        urls = [url for url in urls if len(url) <= MAX_KEY_LENGTH]
        fresh = self._ask(
            "SELECT DISTINCT value FROM json_each(?) j"
            " WHERE NOT EXISTS (SELECT 1 FROM files f WHERE f.url = j.value)",
            [encode(urls)],
        )
        named = tuple(url for (url,) in fresh)
        if named:
            with self._writing() as db:
                db.executemany(
                    "INSERT INTO files (url, source) VALUES (?, ?) ON CONFLICT DO NOTHING",
                    [(url, source) for url in named],
                )
                self._unit.decide_later(decisions.FilesNamed(source, named))
        return named

    def awaited_files(
        self, source: str, *, now: dt.datetime, since: dt.datetime, limit: int
    ) -> Sequence[str]:
        """Return the addresses of files to request ``now``, and count one request for each.

        Files that were requested ``since`` the start of the visit, or requested too often, are
        omitted. Files are requested again at growing intervals.
        """
        rows = self._ask(
            "SELECT url FROM files WHERE record_id IS NULL AND source = :source"
            f" AND {DUE} ORDER BY tries, asked, url LIMIT :limit",
            due_arguments(
                source, most=MAX_VISITS, wait=FILE_RETRY_SECONDS, now=now, since=since, limit=limit
            ),
        )
        if rows:
            with self._writing() as db:
                db.executemany(
                    "UPDATE files SET tries = tries + 1, asked = ? WHERE url = ?",
                    [(since.timestamp(), url) for (url,) in rows],
                )
        return tuple(url for (url,) in rows)

    def keep_file(self, source: str, url: str, capture: Capture) -> None:
        """Store the capture of a release's file."""
        with self._writing() as db:
            db.execute(
                f"INSERT INTO files (url, source, tries, asked, {PUT_FILE}"
                f" ON CONFLICT (url) DO UPDATE SET source = excluded.source, tries = 1,"
                f" asked = excluded.asked, {REPLACE_CAPTURE}",
                [url, source, 1, capture.at.timestamp(), *columns_of(capture)],
            )
            self._unit.decide(decisions.FileCaptured(source, url, capture))

    def file_captures(self, urls: Iterable[str], *, release: str = "") -> Mapping[str, Capture]:
        """Return the captures of files by address. Files that are not archived are omitted.

        An address from a public view may contain ``***`` instead of a secret. It is found only if
        it is the address of a file of ``release``, a release id.
        """
        wanted = {*urls}
        names = {url: url for url in wanted}
        if release and self._connection.secrets:
            shown = {self._connection.secrets.masked(url): url for url in self._media_urls(release)}
            names |= {url: name for name, url in shown.items() if name in wanted}
        # The rows have the addresses as stored.
        rows = self._connection.masking(NO_SECRETS).ask(
            f"SELECT url, {CAPTURE_COLUMNS} FROM json_each(?) j JOIN files f ON f.url = j.value"
            " WHERE record_id IS NOT NULL",
            [encode([*names])],
        )
        return {names[url]: capture_of(row) for url, *row in rows}

    def _media_urls(self, release: str) -> list[str]:
        """Return the stored addresses of the files of all versions of a release, sorted."""
        rows = self._connection.masking(NO_SECRETS).ask(
            "SELECT content FROM releases WHERE id = :id UNION ALL SELECT v.content"
            " FROM revisions v JOIN releases r ON r.number = v.release WHERE r.id = :id",
            {"id": release},
        )
        contents = (content_of(text) for (text,) in rows)
        return sorted({media.url for one in contents for media in (*one.attachments, *one.images)})

    def file_texts(self, digests: Iterable[str]) -> Mapping[str, FileText]:
        """Return the texts of files by digest.

        Files whose text was not extracted are omitted, and texts beyond MAX_READ_CHARACTERS.
        """
        wanted = dict.fromkeys(digests)
        sizes = dict(self._ask(SIZES, [encode([*wanted])]))
        totals = accumulate(sizes.get(one, 0) for one in wanted)
        fitting = [
            one for one, size in zip(wanted, totals, strict=True) if size <= MAX_READ_CHARACTERS
        ]
        return texts_of(self._ask(TEXTS, [encode(fitting)]))

    def texts_of_releases(self, releases: Iterable[Release]) -> Mapping[str, FileText]:
        """Return the texts of the attachments of some releases, by digest; see `file_texts`."""
        digests = [one for release in releases for _, one in release.content.file_digests]
        return self.file_texts(digests) if digests else {}

    def with_file_texts(self, release: Release) -> Release:
        """Return a release whose body continues with the texts of its attachments."""
        return replace(release, content=self.searched_content(release.content))

    def searched_content(self, content: Content) -> Content:
        """Return ``content`` with the texts of its attachments appended to its body."""
        digests = [one for _, one in content.file_digests]
        texts = self.file_texts(digests) if digests else {}
        pages = [page for one in texts.values() for page in one.pages]
        if not pages:
            return content
        attached = "\n\n".join(pages)[:MAX_ATTACHED_CHARACTERS]
        return replace(content, body_text=f"{content.body_text}\n\n{attached}")

    def forget_texts_of_files(self, urls: Iterable[str]) -> int:
        """Delete the texts of all versions of some attachments whose records are being removed.

        Returns the number of deleted texts.
        """
        deleted = 0
        with self._writing() as db:
            self._connection.overwrite_deleted()
            for url in urls:
                rows = self._ask(
                    "SELECT l.release, r.content FROM release_files l JOIN releases r"
                    " ON r.number = l.release WHERE l.url = ?1 UNION ALL"
                    " SELECT l.release, v.content FROM release_files l JOIN revisions v"
                    " ON v.release = l.release WHERE l.url = ?1",
                    [url],
                )
                contents = [content_of(text) for _, text in rows]
                for digest in {dict(one.file_digests).get(url, "") for one in contents}:
                    statement = "DELETE FROM file_texts WHERE digest = ?"
                    deleted += db.execute(statement, [digest]).rowcount
                if rows:
                    db.execute("UPDATE files SET body = '' WHERE url = ?", [url])
                    append_events(self._connection, "update", sorted({one for one, _ in rows}))
            if deleted:
                self._connection.delete_indexed_words()
        return deleted

    def missing_file_texts(self) -> Mapping[tuple[str, str], set[str]]:
        """Return the digests of attachments whose text was extracted but is missing.

        The keys are pairs of a source's id and the attachment's address. A rebuilt store has no
        texts.
        """
        found: dict[tuple[str, str], set[str]] = {}
        for source, text in self._ask(WITH_FILE_TEXTS):
            for url, digest in content_of(text).file_digests:
                found.setdefault((source, url), set()).add(digest)
        known = self.file_texts({one for digests in found.values() for one in digests})
        return {key: left for key, digests in found.items() if (left := digests - known.keys())}

    def restore_file_texts(self, url: str, texts: Mapping[str, FileText]) -> None:
        """Store the texts of all versions of an attachment by digest, oldest first."""
        with self._writing():
            for digest, text in texts.items():
                FileTable(self._connection).add_file_text(url, digest, text)
            rows = self._column("SELECT release FROM release_files WHERE url = ?", [url])
            append_events(self._connection, "update", rows)

    def attachments(self) -> Iterator[str]:
        """Yield the addresses of all attachments of releases."""
        yield from (url for (url,) in self._ask("SELECT DISTINCT url FROM release_files"))

    def is_attachment(self, url: str) -> bool:
        """Return whether releases have a file as an attachment, and not only as an image."""
        return bool(self._ask("SELECT 1 FROM release_files WHERE url = ? LIMIT 1", [url]))

    def file_digest(self, url: str) -> str:
        """Return the digest of a file whose text was extracted, or an empty string.

        A text whose extraction was interrupted does not count.
        """
        rows = self._ask(
            "SELECT f.body FROM files f LEFT JOIN file_texts t ON t.digest = f.body"
            f" WHERE f.url = ? AND coalesce(t.cut, '') NOT IN {INTERRUPTED_CUTS}",
            [url],
        )
        return str(rows[0][0]) if rows else ""

    def languages_of_file(self, url: str) -> Sequence[str]:
        """Return the languages of the releases that link to a file."""
        return self._column(
            "SELECT DISTINCT r.language FROM release_files l JOIN releases r"
            " ON r.number = l.release WHERE l.url = ? AND r.language <> '' ORDER BY 1 LIMIT 3",
            [url],
        )

    def files_to_recheck(
        self, source: str, *, now: dt.datetime, since: dt.datetime, limit: int
    ) -> Sequence[str]:
        """Return the addresses of attachments of recent releases that may have been replaced.

        Archived files of older releases are included once per MAX_RECHECK_AGE if their text was not
        extracted. Files are omitted if their records were removed from the archive, or if they were
        requested in the last day or ``since`` the start of the visit. The returned files are
        recorded as requested ``now``.
        """
        month_ago = (now - MAX_RECHECK_AGE).timestamp()
        before = min(now - RECHECK_INTERVAL, since).timestamp()
        rows = self._ask(
            "SELECT DISTINCT f.asked, f.url FROM files f JOIN release_files l ON l.url = f.url"
            " JOIN releases r ON r.number = l.release"
            " WHERE f.source = ? AND f.file <> '' AND f.asked < ?"
            " AND (r.first_seen > ? OR (f.body = '' AND f.asked < ?))"
            " ORDER BY f.asked, f.url LIMIT ?",
            [source, before, month_ago, month_ago, limit],
        )
        if rows:
            with self._writing() as db:
                db.executemany(
                    "UPDATE files SET asked = ? WHERE url = ?",
                    [(now.timestamp(), url) for _, url in rows],
                )
        return [url for _, url in rows]


def forget_file_texts(db: Database, release_id: str, digests: Iterable[str]) -> None:
    """Delete the texts of a release's files, except files that other releases link to."""
    number = "(SELECT number FROM releases WHERE id = ?)"
    db.execute(f"DELETE FROM release_files WHERE release = {number}", [release_id])
    for digest in digests:
        deleted = db.execute(
            "DELETE FROM file_texts WHERE digest = ? AND NOT EXISTS (SELECT 1 FROM files f"
            " JOIN release_files l ON l.url = f.url WHERE f.body = file_texts.digest)",
            [digest],
        )
        if deleted.rowcount:
            # If another release links to the file later, its text is read again.
            db.execute("UPDATE files SET body = '' WHERE body = ?", [digest])
