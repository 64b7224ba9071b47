"""Upload HOME/site to a bucket. An older file never replaces a newer file.

A publication first reserves a number in the manifest, then uploads the changed files. At the end,
it marks itself as complete in the manifest. An object is overwritten only if it has the known ETag.
Each object carries the number of its publication. If a write fails, the publisher reads the object,
and stops if a later publication wrote it. A running publication updates the manifest every few
seconds, and other publishers wait for it. If the updates stop, another publisher takes over. Linked
files are uploaded before the files that link to them, and deleted after them, so links always work.

A delayed request of an earlier publisher may still arrive until its signature expires. It
overwrites an object that has not changed since. So until then, each publication checks all ETags
again, and replaces objects of other publishers.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import msgspec

from data.archive.log.notes import InvalidNote, parse_checkpoint
from data.archive.upload import CHECKPOINT
from data.clock import utc_now
from data.files import read_regular
from data.network.bucket import Bucket, BucketError, Replaced
from data.store.core.store import Store
from feeds.http_headers import cache_control_of, content_type_of, page_after
from feeds.publishing.bucket_records import (
    MANIFEST_FILE,
    UNKNOWN_STAMP,
    BucketManifest,
    Pushed,
    PushedFiles,
    StoredManifest,
    changed,
    files_in,
    read_manifest,
    replace_manifest,
    upload_batches,
)
from feeds.urls import FileStamp

MAX_REQUESTS: Final = 16
"""Maximum number of concurrent requests to the bucket."""

MAX_ATTEMPTS: Final = 5
"""Maximum number of attempts to write an object that other publishers also write."""

HEARTBEAT_SECONDS: Final = 5.0
"""Seconds between two updates of the manifest by a running publication."""

ABANDONED_AFTER_SECONDS: Final = 30.0
"""Seconds without an update after which a publication counts as abandoned."""

MAX_WAIT_SECONDS: Final = 120.0
"""Maximum time in seconds to wait for the publication of another installation."""

CHECK_INTERVAL_SECONDS: Final = 0.5
"""Seconds between two checks of another installation's progress."""

SETTLED_AFTER_SECONDS: Final = 16 * 60.0
"""Seconds after which no delayed request of another publisher can arrive. AWS signatures are valid
for 15 minutes. One minute is added for differences between clocks."""

PUBLICATION, DIGEST = "communique-publication", "communique-sha256"
"""Metadata names of objects: number of the publication, and digest of the content."""

OTHER_STORE: Final = (
    "the site there was published from a newer or another store: this one may have been restored "
    "from an older copy. Restore the newest copy, or publish to another place; to replace the "
    "site, delete all objects there"
)
OCCUPIED_MESSAGE: Final = (
    "it contains objects that no publication wrote and that would be deleted; choose an empty "
    "prefix, such as s3://bucket/site"
)
CROWDED_MESSAGE: Final = (
    "another installation is publishing there; this will be tried again. If the two must not "
    "share a site, give each its own prefix"
)

LOG, APPEND_ONLY = "log/", ("log/", "witness/")
"""Folder prefixes in which nothing is ever deleted, because another machine may have signed files
that are missing on this machine."""

log = logging.getLogger(__name__)


class Superseded(BucketError):
    """Raised if another home directory has started to publish to the same bucket."""

    def __init__(self, bucket: str) -> None:
        super().__init__(bucket, "another installation started publishing to this bucket")


class SiteBucket:
    """The site in a bucket, as published from one home directory.

    This is a context manager for one process at a time. ``kept`` is the home directory's cache of
    the bucket's content. Methods raise BucketError, StoreError or OSError if the bucket, the store
    or a file fails.
    """

    def __init__(self, bucket: Bucket, folder: Path, kept: PushedFiles) -> None:
        self._bucket = bucket
        self._folder = folder
        self._kept = kept
        self._read: StoredManifest | None = None
        self._change = (0, 0)
        # This lock is held while the manifest is replaced.
        self._turn = threading.Lock()
        self._ended = threading.Event()
        self._heartbeat: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def begin(self, store: Store) -> bool:
        """Check who published last, and wait for a running publication. Call this before rendering.

        Returns True if everything must be rendered, because the folder may be older than the
        bucket. This is the case if another home directory published last, or if this one has not
        uploaded its last publication. Then the next publication number is reserved immediately.
        """
        self._end()
        seen: StoredManifest | None = None
        began = since = time.monotonic()
        while time.monotonic() - began < MAX_WAIT_SECONDS:
            self._read = read_manifest(self._bucket)
            self._change = store.last_release_event()
            if self._read is None:
                if self._is_begun():
                    continue
            elif self._resumes(store, self._read.manifest):
                return self._kept.is_behind
            elif self._read.manifest.complete < self._read.manifest.number:
                if self._read != seen:
                    seen, since = self._read, time.monotonic()
                if time.monotonic() - since < ABANDONED_AFTER_SECONDS:
                    time.sleep(CHECK_INTERVAL_SECONDS)
                    continue
            try:
                number = self._take_number()
            except Replaced:
                continue
            tags = {name: tag for name, tag, _ in self._bucket.tags() if name != MANIFEST_FILE}
            self._kept.begin(tags, number, time.time() + SETTLED_AFTER_SECONDS)
            return True
        raise BucketError(self._bucket.place, CROWDED_MESSAGE)

    def _resumes(self, store: Store, manifest: BucketManifest) -> bool:
        """Return whether this home directory published last, and resume an interrupted publication.

        Raises BucketError if the interrupted publication used a store with other changes.
        """
        if store.release_events(manifest.change, limit=1) is None:
            raise BucketError(self._bucket.place, OTHER_STORE)
        if not self._is_ours(manifest):
            return False
        if manifest.complete < manifest.number:
            self._start_heartbeat()
        return True

    def _is_begun(self) -> bool:
        """Return whether another publisher has just created the manifest.

        Raises BucketError if the bucket contains objects but no manifest.
        """
        if not any(self._bucket.tags()):
            return False
        if read_manifest(self._bucket) is None:
            raise BucketError(self._bucket.place, OCCUPIED_MESSAGE)
        return True

    def _is_ours(self, manifest: BucketManifest) -> bool:
        kept = self._kept
        return (manifest.publisher, manifest.number) == (kept.publisher, kept.number)

    def _take_number(self) -> int:
        """Write the next publication number to the manifest and return this number.

        Raises Replaced if another publisher changed the manifest.
        """
        old = self._read.manifest if self._read else None
        number = old.number + 1 if old else 1
        complete = old.complete if old else 0
        self._replace(
            BucketManifest(number, complete, self._change, self._kept.publisher, utc_now())
        )
        self._start_heartbeat()
        return number

    def _replace(self, manifest: BucketManifest) -> None:
        with self._turn:
            self._read = replace_manifest(self._bucket, self._read, manifest)

    def _start_heartbeat(self) -> None:
        self._ended.clear()
        self._heartbeat = threading.Thread(target=self._send_heartbeats, daemon=True)
        self._heartbeat.start()

    def _send_heartbeats(self) -> None:
        """Update the manifest periodically until the publication ends or another one starts."""
        while not self._ended.wait(HEARTBEAT_SECONDS):
            with self._turn, suppress(BucketError):
                if self._ended.is_set():
                    return
                old = self._present
                manifest = msgspec.structs.replace(old.manifest, at=utc_now())
                try:
                    self._read = replace_manifest(self._bucket, old, manifest)
                except Replaced:
                    # The publishing thread notices the later publication itself.
                    return

    def _end(self) -> None:
        self._ended.set()
        if self._heartbeat:
            self._heartbeat.join()
            self._heartbeat = None

    def push(self, *, deletes: bool = True) -> None:
        """Upload changed files. With ``deletes``, also delete removed files from the bucket.

        Call ``begin`` first. After a crash, the next call continues the upload. Raises Superseded
        if another publisher has started.
        """
        self._kept.keep("is_behind", "")  # the whole folder was rendered
        present = dict(files_in(self._folder))
        known = self._kept.files()
        if settling := self._kept.settled_at:
            known = self._verified(known)
        wanted = changed(present, known)
        if CHECKPOINT in wanted and self._has_longer_log():
            wanted = [name for name in wanted if not name.startswith(LOG)]
        # A log only grows. So log files that are missing on this machine were signed on another
        # one.
        gone = [name for name in known if name not in present and not name.startswith(APPEND_ONLY)]
        gone = gone if deletes else []
        manifest = self._present.manifest
        if wanted or gone or manifest.complete < manifest.number:
            try:
                if manifest.complete == manifest.number:
                    self._kept.keep("number", str(self._take_number()))
                self._write(wanted, present, known)
                self._delete(gone)
                self._end()
                manifest = self._present.manifest
                done = msgspec.structs.replace(manifest, complete=manifest.number, at=utc_now())
                self._replace(done)
            except Replaced as error:
                raise Superseded(self._bucket.place) from error
        if settling and time.time() > settling:
            # No delayed request of another publisher can still arrive.
            self._kept.keep("settled_at", "0")

    @property
    def _present(self) -> StoredManifest:
        if self._read is None:
            raise ValueError("call begin before push")
        return self._read

    def _has_longer_log(self) -> bool:
        """Return whether the log in the bucket has more leaves than the log in the folder."""
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
        log.warning(
            "the log in %s is not replaced, because it is longer than HOME/site/log",
            self._bucket.place,
        )
        return True

    def _verified(self, known: Mapping[str, Pushed]) -> dict[str, Pushed]:
        """Compare the known objects with the ETags in the bucket.

        Returns the known objects with corrected ETags.
        """
        tags = {name: tag for name, tag, _ in self._bucket.tags() if name != MANIFEST_FILE}
        found = {
            name: known[name]
            if name in known and known[name].tag == tag
            else Pushed(tag, UNKNOWN_STAMP)
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
        with ThreadPoolExecutor(MAX_REQUESTS, "push") as pool:

            def write(name: str) -> tuple[str, Pushed | None]:
                return name, self._write_one(name, present, known.get(name), number)

            for some in upload_batches(wanted):
                self._check_not_superseded()
                written = {name: one for name, one in pool.map(write, some) if one}
                self._kept.note(written)

    def _write_one(
        self, name: str, present: Mapping[str, FileStamp], known: Pushed | None, number: int
    ) -> Pushed | None:
        try:
            body = (self._folder / name).read_bytes()
        except FileNotFoundError:
            # The file has just been deleted; the next publication restores it, or deletes the
            # object.
            return None
        stamp = present[name]
        over = known.tag if known else None
        # If only headers changed, the whole object must be written.
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
        for _ in range(MAX_ATTEMPTS):
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
                # The response to our own request was lost.
                return Pushed(found.tag, stamp)
            over = found.tag
        raise BucketError(self._bucket.place, CROWDED_MESSAGE)

    def _delete(self, gone: Collection[str]) -> None:
        with ThreadPoolExecutor(MAX_REQUESTS, "push") as pool:
            for some in upload_batches(gone, backwards=True):
                self._check_not_superseded()
                list(pool.map(lambda name: self._bucket.delete([name]), some))
                self._kept.note({}, some)

    def _check_not_superseded(self) -> None:
        """Raise Superseded if another publication has started."""
        with self._turn:
            if read_manifest(self._bucket, self._present) != self._present:
                raise Superseded(self._bucket.place)


def md5_of(body: bytes) -> str:
    """Return the MD5 digest of a body.

    In S3, it is the ETag of an object, unless the object is encrypted with a customer key.
    """
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def publication_of(headers: Mapping[str, str]) -> int:
    """Return the number of the publication that wrote an object, or 0 if the header is missing."""
    header = headers.get(PUBLICATION, "")
    return int(header) if header.isdecimal() else 0
