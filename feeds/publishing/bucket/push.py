"""Brings a bucket up to date with HOME/site, file by file, so that no older file replaces a newer.

A publication first takes a number in the manifest, then writes what changed, then says there that
all of it is in place. Each object is written over the one that is known to lie there, and names the
number: who is refused looks at it, and gives up where a later publication wrote it. While one is
under way, which it shows every few seconds, others wait; who shows nothing is overtaken. Files come
before those that name them, so that whoever begins at a feed finds all that it leads to; what is
gone goes last, and the other way round.

A request that was on its way when another publisher began may still arrive, if what lies there is
as it was; none lives longer than its signature. Until then all tags are looked at again, and what
is not ours is replaced.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import msgspec

from data.archive.log.checkpoint import parse_checkpoint
from data.archive.log.notes import InvalidNote
from data.bucket.answers import BucketError, Replaced
from data.bucket.bucket import Bucket
from data.clock import utc_now
from data.files import read_regular
from data.store.api_protocol import ApiStore
from feeds.http_headers import cache_control_of, content_type_of, page_after
from feeds.publishing.bucket.changed_files import CHECKPOINT, changed, files_in, parts_of
from feeds.publishing.bucket.manifest import FILE, Manifest, Read, read_manifest, replace_manifest
from feeds.publishing.bucket.pushed_files import UNKNOWN, Pushed, PushedFiles
from feeds.urls import FileStamp

AT_ONCE: Final = 16
"""Requests under way at the same time."""

TRIES: Final = 5
"""How often one object is written anew that others write too."""

SIGN: Final = 5.0
"""Seconds between two signs that a publication is under way."""

SILENCE: Final = 30.0
"""Seconds after which a publication that showed none counts as given up."""

WAITING: Final = 120.0
"""Seconds for which the publication of another is waited for."""

LOOK: Final = 0.5
"""Seconds between two looks at it."""

SETTLED: Final = 16 * 60.0
"""Seconds after which no request of another publisher can arrive any more: a signature of AWS holds
for 15 minutes, the clocks of two machines apart."""

PUBLICATION, DIGEST = "communique-publication", "communique-sha256"
"""What an object says besides: the number of the publication that wrote it, and its digest."""

AHEAD: Final = (
    "the site there was published from a store that this one is no continuation of: it was put "
    "back from an older copy, or is another one. Put the newest copy back, or publish to another "
    "place; where this one shall take its place, delete all that lies there"
)
OCCUPIED: Final = (
    "something lies there that no publication wrote, and would be deleted; name a prefix below "
    "which there is nothing, as in s3://bucket/site"
)
CROWDED: Final = (
    "another installation publishes there; this is tried again, and where the two are not to share "
    "a site, give each a prefix of its own"
)

LOG, GROWING = "log/", ("log/", "witness/")
"""Folders in which nothing is ever gone: another machine may sign what is not here."""

log = logging.getLogger(__name__)


class Superseded(BucketError):
    """Another installation has begun to publish to the same bucket."""

    def __init__(self, bucket: str) -> None:
        super().__init__(bucket, "another installation has begun to publish there")


@dataclass(frozen=True, slots=True)
class Push:
    """What one publication did to a bucket: files written, and deleted."""

    number: int
    written: int = 0
    deleted: int = 0


class SiteBucket:
    """The site in a bucket, as one HOME publishes it; one process at a time, in a ``with`` block.

    ``kept`` is what the HOME knows of it. Raises BucketError, StoreError and OSError.
    """

    def __init__(self, bucket: Bucket, folder: Path, kept: PushedFiles) -> None:
        self._bucket = bucket
        self._folder = folder
        self._kept = kept
        self._read: Read | None = None
        self._change = (0, 0)
        # The manifest is replaced by whoever holds it.
        self._turn = threading.Lock()
        self._ended = threading.Event()
        self._signs: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def begin(self, store: ApiStore) -> bool:
        """Look who published last, before anything is rendered; wait for who is at it.

        True where that was not this HOME, or nothing was pushed since: its folder may lack what
        others published, so that everything has to be rendered. The number of the publication is
        taken at once then.
        """
        self._end()
        seen: Read | None = None
        began = since = time.monotonic()
        while time.monotonic() - began < WAITING:
            self._read = read_manifest(self._bucket)
            self._change = store.last_logged_change()
            if self._read is None:
                if self._is_begun():
                    continue
            elif self._goes_on(store, self._read.manifest):
                return self._kept.is_behind
            elif self._read.manifest.complete < self._read.manifest.number:
                if self._read != seen:
                    seen, since = self._read, time.monotonic()
                if time.monotonic() - since < SILENCE:
                    time.sleep(LOOK)
                    continue
            try:
                number = self._take_number()
            except Replaced:
                continue
            tags = {name: tag for name, tag, _ in self._bucket.tags() if name != FILE}
            self._kept.begin(tags, number, time.time() + SETTLED)
            return True
        raise BucketError(self._bucket.place, CROWDED)

    def _goes_on(self, store: ApiStore, manifest: Manifest) -> bool:
        """Whether the publication before was this HOME's; one that was given up goes on.

        Raises BucketError where it was made from a store that this one is no continuation of.
        """
        if store.logged_changes(manifest.change, limit=1) is None:
            raise BucketError(self._bucket.place, AHEAD)
        if not self._is_ours(manifest):
            return False
        if manifest.complete < manifest.number:
            self._begin_signs()
        return True

    def _is_begun(self) -> bool:
        """Whether somebody has begun to publish since there was no manifest.

        Raises BucketError where something lies there that nobody published.
        """
        if not any(self._bucket.tags()):
            return False
        if read_manifest(self._bucket) is None:
            raise BucketError(self._bucket.place, OCCUPIED)
        return True

    def _is_ours(self, manifest: Manifest) -> bool:
        kept = self._kept
        return (manifest.publisher, manifest.number) == (kept.publisher, kept.number)

    def _take_number(self) -> int:
        """Begin a publication after the one whose manifest was read. Raises Replaced."""
        old = self._read.manifest if self._read else None
        number = old.number + 1 if old else 1
        complete = old.complete if old else 0
        self._replace(Manifest(number, complete, self._change, self._kept.publisher, utc_now()))
        self._begin_signs()
        return number

    def _replace(self, manifest: Manifest) -> None:
        with self._turn:
            self._read = replace_manifest(self._bucket, self._read, manifest)

    def _begin_signs(self) -> None:
        self._ended.clear()
        self._signs = threading.Thread(target=self._show_signs, daemon=True)
        self._signs.start()

    def _show_signs(self) -> None:
        """Show that the publication is under way, until it ends or another has begun."""
        while not self._ended.wait(SIGN):
            with self._turn, suppress(BucketError):
                if self._ended.is_set():
                    return
                old = self._present
                manifest = msgspec.structs.replace(old.manifest, at=utc_now())
                try:
                    self._read = replace_manifest(self._bucket, old, manifest)
                except Replaced:
                    # Whoever publishes finds out by itself.
                    return

    def _end(self) -> None:
        self._ended.set()
        if self._signs:
            self._signs.join()
            self._signs = None

    def push(self, *, deletes: bool = True) -> Push:
        """Write what the folder has, and delete what it has not, where it ``deletes``. After begin.

        Killed at any point, the next one goes on. Raises Superseded where another publisher began
        meanwhile.
        """
        self._kept.note_rendered()
        present = dict(files_in(self._folder))
        known = self._kept.files()
        if settling := self._kept.settled_at:
            known = self._looked_at(known)
        wanted = changed(present, known)
        if CHECKPOINT in wanted and self._has_longer_log():
            wanted = [name for name in wanted if not name.startswith(LOG)]
        # A log only grows: what is of it and not here, another machine signs.
        gone = [name for name in known if name not in present and not name.startswith(GROWING)]
        gone = gone if deletes else []
        manifest = self._present.manifest
        if wanted or gone or manifest.complete < manifest.number:
            try:
                if manifest.complete == manifest.number:
                    self._kept.note_number(self._take_number())
                self._write(wanted, present, known)
                self._delete(gone)
                self._end()
                manifest = self._present.manifest
                done = msgspec.structs.replace(manifest, complete=manifest.number, at=utc_now())
                self._replace(done)
            except Replaced as error:
                raise Superseded(self._bucket.place) from error
        if settling and time.time() > settling:
            self._kept.note_settled()
        return Push(self._present.manifest.number, len(wanted), len(gone))

    @property
    def _present(self) -> Read:
        if self._read is None:
            raise ValueError("begin comes before push")
        return self._read

    def _has_longer_log(self) -> bool:
        """Whether the log in the bucket goes on beyond the one that is published here."""
        found = self._bucket.read(CHECKPOINT)
        if found is None:
            return False
        try:
            there = parse_checkpoint(found.body)
            here = parse_checkpoint(read_regular(self._folder / CHECKPOINT))
        except InvalidNote:
            return False
        if there.size <= here.size:
            return False
        log.warning("%s has a longer log than HOME/site/log; it stays there", self._bucket.place)
        return True

    def _looked_at(self, known: Mapping[str, Pushed]) -> dict[str, Pushed]:
        """What is known, corrected by what lies in the bucket."""
        tags = {name: tag for name, tag, _ in self._bucket.tags() if name != FILE}
        found = {
            name: known[name] if name in known and known[name].tag == tag else Pushed(tag, UNKNOWN)
            for name, tag in tags.items()
        }
        others = {name: one for name, one in found.items() if known.get(name) != one}
        self._kept.note(others, [name for name in known if name not in found])
        return found

    def _write(
        self,
        wanted: Collection[str],
        present: Mapping[str, FileStamp],
        known: Mapping[str, Pushed],
    ) -> None:
        number = self._present.manifest.number
        with ThreadPoolExecutor(AT_ONCE, "push") as pool:

            def write(name: str) -> tuple[str, Pushed | None]:
                return name, self._write_one(name, present, known.get(name), number)

            for some in parts_of(wanted):
                self._go_on()
                written = {name: one for name, one in pool.map(write, some) if one}
                self._kept.note(written)

    def _write_one(
        self, name: str, present: Mapping[str, FileStamp], known: Pushed | None, number: int
    ) -> Pushed | None:
        try:
            body = (self._folder / name).read_bytes()
        except FileNotFoundError:
            # Somebody took it away; the next publication brings it back, or deletes it.
            return None
        stamp = present[name]
        over = known.tag if known else None
        # Where only its headers change, it is written whole all the same.
        has_news = known is None or known.stamp != stamp
        if has_news and over and over.strip('"') == md5_of(body):
            return Pushed(over, stamp)
        digest = hashlib.sha256(body).hexdigest()
        followed = (after := page_after(name)) is not None and after in present
        headers = {
            "Content-Type": content_type_of(f"/{name}", name),
            "Cache-Control": cache_control_of(f"/{name}", name, followed=followed),
            PUBLICATION: str(number),
            DIGEST: digest,
        }
        for _ in range(TRIES):
            try:
                return Pushed(self._bucket.write(name, body, over=over, headers=headers), stamp)
            except Replaced:
                found = self._bucket.look(name)
            if found is None:
                over = None
                continue
            if publication_of(found.headers) > number:
                raise Superseded(self._bucket.place)
            if publication_of(found.headers) == number and found.headers.get(DIGEST) == digest:
                # The answer to our own request was lost.
                return Pushed(found.tag, stamp)
            over = found.tag
        raise BucketError(self._bucket.place, CROWDED)

    def _delete(self, gone: Collection[str]) -> None:
        with ThreadPoolExecutor(AT_ONCE, "push") as pool:
            for some in parts_of(gone, backwards=True):
                self._go_on()
                list(pool.map(lambda name: self._bucket.delete([name]), some))
                self._kept.note({}, some)

    def _go_on(self) -> None:
        """Look whether this is still the publication that began last. Raises Superseded."""
        with self._turn:
            if read_manifest(self._bucket, self._present) != self._present:
                raise Superseded(self._bucket.place)


def md5_of(body: bytes) -> str:
    """The tag that S3 gives an object, where it is encrypted by no key of its owner's."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def publication_of(headers: Mapping[str, str]) -> int:
    """The number of the publication that wrote an object, or 0 where it names none."""
    said = headers.get(PUBLICATION, "")
    return int(said) if said.isdecimal() else 0
