"""Record a batch of drafts: match each draft, decide, write, and join stories."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, Literal, TypeAlias

import msgspec

from data.clock import zone_of
from data.identity.decision import (
    ENDS_EARLY,
    RESTLESS,
    SHARED_BODY,
    Decision,
    decide,
    decide_reextraction,
    later_update,
)
from data.identity.matching import (
    claims,
    is_copy,
    is_document,
    moved,
)
from data.models import Content, Draft, FileText, Release, SeenDraft
from data.revisions.edits import fingerprint, is_text_replaced, is_worse, with_file_digests
from data.revisions.settled_content import SettledContent, settled_content
from data.revisions.stored_difference import encode_difference
from data.store.core.candidates import (
    ReadDraft,
    SimilarReleases,
    bands_of,
    find_candidates,
)
from data.store.core.stories import StoryJoiner
from data.store.core.unconfirmed import confirm, may_be_cut
from data.store.shared_sql.database.rows import AddressOwner, StoredRelease
from data.store.shared_sql.tables import Tables
from data.store.shared_sql.visits import PAGE_STATE_PREFIX
from data.store.unit_of_work.outcome import JoinedStory, RecordOutcome
from data.text.similarity import TextSignature, signature
from data.text.urls import canonical_url
from data.text.words import word_hashes

NEAREST: Final = 20
"""Maximum number of a source's releases with which a draft at a new address is compared."""

MAX_COMPARED_RELEASES: Final = 200
"""Maximum number of a source's newest releases with which a changed text is compared."""

MAX_COMPARED_CHARACTERS: Final = 100_000
"""Maximum total number of characters of two versions that are compared while a release is
recorded."""

MAX_EDITED_RELEASES: Final = 20
"""Maximum number of releases that link to a file whose replacement is an edit. A file with more
links, such as a contact sheet in every footer, is part of the site's frame."""

OLD: Final = dt.timedelta(days=30)
"""A release that is at least this old when it is first seen does not count as news."""

DraftLimit: TypeAlias = Callable[[str], AbstractContextManager[None]]
"""Function that limits the CPU time spent on a draft. Its argument is the draft's URL."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Match:
    """The stored release that matches a draft, if there is one.

    ``reread`` is explained in data.identity.decision. ``near`` contains releases with similar
    texts, if such releases were searched.
    """

    known: StoredRelease | None
    reread: bool
    near: SimilarReleases | None = None


class Recorder:
    """Records one batch of drafts without duplicates, within one transaction.

    ``tables`` are the database's methods for this batch.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._stories = StoryJoiner(tables)

    def record_all(
        self, drafts: Sequence[SeenDraft], limit: DraftLimit = lambda _: nullcontext()
    ) -> Sequence[RecordOutcome]:
        """Decide about drafts in their order, store the results, and return them.

        `Store.record_all` explains the arguments.
        """
        files = {one.url for found in drafts for one in found.draft.content.attachments}
        digests = self._tables.file_digests(files) if files else ()
        read = []
        for one in drafts:
            with limit(one.draft.url):
                read.append(ReadDraft(one, digests))
        self._read_ahead(read)
        outcomes = []
        for draft in read:
            with limit(draft.draft.url):
                outcomes.append(self.record(draft))
        self._tables.write()
        return outcomes

    def _read_ahead(self, drafts: Sequence[ReadDraft]) -> None:
        """Read the stored data about a batch of drafts, with one query per table."""
        tables = self._tables
        addresses = {address for one in drafts for address in one.addresses}
        tables.read_owners(addresses)
        tables.read_links(addresses)
        fresh: list[ReadDraft] = []
        known: set[int] = set()
        for one in drafts:
            owners = [tables.address_owner(one.draft.source, key) for key in one.keys]
            seen = {owner.number for owner in owners if owner and owner.kind == "seen"}
            known |= seen
            if not seen:
                fresh.append(one)
        if known:
            tables.read_releases(known)
        if fresh:
            prints = {(one.draft.source, one.signature.fingerprint) for one in fresh}
            tables.read_fingerprints(prints)
            tables.read_bands([band for one in fresh for band in one.bands])

    def record(self, read: ReadDraft) -> RecordOutcome:
        """Decide about a draft and store the result with `Tables.write`."""
        draft, seen = read.draft, read.seen
        owners = {key: self._tables.address_owner(draft.source, key) for key in read.keys}
        owner = self._owner(read, owners)
        # A redacted release is never restored by a visit. Only the addresses of its page are
        # stored.
        is_redacted = owner is not None and owner.release.content.redacted
        is_seen = owner is not None and not owner.gone
        if owner and (is_redacted or (is_seen and is_copy(draft, owner.release, read.claimed))):
            decision = Decision("unchanged", owner.release)
            outcome = self._outcome(read, decision, owner, labels={})
            outcome = replace(outcome, editions=(), skeleton=b"", capture=None)
            if is_redacted:
                outcome = replace(outcome, fingerprint=b"", claimed="")
            noted = self._note_addresses(owner.number, outcome, is_published=False)
            self._tables.keep_answer(draft, None)
            return replace(outcome, noted=noted)
        settled = self._settle(draft, owner, seen) if draft.is_page and owner else None
        if settled:
            # While the page differs, its next response must not be a 304.
            validator = None if settled.differs else draft.validator
            draft = replace(draft, content=settled.content, validator=validator)
            read = ReadDraft(replace(read.found, draft=draft))
        match = Match(owner, draft.reread) if owner else self._match(read, owners[read.keys[0]])
        decision = self._decide(read, match)
        known = match.known.release if match.known else None
        if settled:
            is_restless = settled.is_restless and decision.kind == "unchanged"
            doubt = decision.doubt or (RESTLESS if is_restless else None)
            decision = replace(decision, waits=settled.waits, doubt=doubt)
        elif known:
            decision = self._unless_cut(read, known, decision)
        outcome = self._outcome(read, decision, match.known, labels=read.labels)
        if match.known and decision.doubt:
            # A possibly truncated page is due again at the next visit.
            if decision.doubt != ENDS_EARLY:
                self._tables.mark_checked(match.known.number, seen)
            return outcome
        backlog = draft.imported if match.known else not outcome.news
        number, shown = self._write(outcome, match.known, seen=seen, backlog=backlog)
        self._note_capture(number, outcome, match.known)
        noted = self._note_addresses(number, outcome, is_published=shown)
        self._tables.keep_answer(draft, number)
        joined = self._join(number, read, decision.release, match)
        self._stories.remember(number, draft.source, read.signature.body)
        if joined:
            decision = replace(decision, release=replace(decision.release, story=joined.story))
        return replace(outcome, decision=decision, noted=noted, joined=joined)

    def restore(self, outcome: RecordOutcome) -> None:
        """Repeat the writes of a recorded outcome without deciding again."""
        release = outcome.decision.release
        known = self._tables.release_with_id(release.id)
        number, shown = self._write(outcome, known)
        self._note_capture(number, outcome, known)
        self._note_addresses(number, outcome, is_published=shown)
        if outcome.skeleton:
            self._tables.keep_skeleton(number, outcome.skeleton)
        if not known or _copied_from(release) != _copied_from(known.release):
            text = signature(release.content.body_text)
            near = self._find_anew(known, text, release)
            self.enter_text(number, text, release.instant, near.hot)
        if outcome.joined:
            self._stories.grow(outcome.joined)
        self._tables.write()

    def record_reextraction(
        self,
        release_id: str,
        draft: Draft,
        at: dt.datetime,
        labels: Mapping[str, str],
        before: Content | None = None,
    ) -> RecordOutcome | None:
        """Store a release as re-extracted with other rules from an archived response.

        Returns None if the release is unknown.
        """
        read = ReadDraft(SeenDraft(replace(draft, canonical=None), at, at, labels=labels))
        known = self._tables.release_with_id(release_id)
        if known is None or known.release.content.redacted:
            return None
        decision = decide_reextraction(draft, known.release, before)
        outcome = replace(
            self._outcome(read, decision, known, labels=labels),
            addresses=(),
            editions=(),
            read_at=at,
        )
        if decision.release == known.release:
            return outcome
        number, _ = self._write(outcome, known)
        self._note_capture(number, outcome, known)
        joined = self._join(number, read, decision.release, Match(known, reread=True))
        self._tables.write()
        return replace(outcome, joined=joined)

    def record_file(
        self, url: str, digest: str, text: FileText, *, seen: dt.datetime
    ) -> Sequence[RecordOutcome]:
        """Store the text of an attachment, and return the outcome for each linked release.

        If another text replaces the previous one, this is an edit. If more than MAX_EDITED_RELEASES
        releases link to the file, only the newest of them get its text, without an edit. A text
        that is worse than the previous one is ignored. So is the text of a file to which no release
        links, for example because the release was redacted while the file was requested.
        """
        tables = self._tables
        linked = tables.linked_releases(url)
        if not linked:
            return ()
        (before,) = [one for _, one in tables.file_digests([url])] or [""]
        previous = tables.file_text(before) if before else None
        if is_worse(previous, text):
            return ()
        tables.add_file_text(url, digest, text)
        outcomes: list[RecordOutcome] = []
        for number in linked[-MAX_EDITED_RELEASES:]:
            known = tables.stored_release(number)
            old = known.release
            known_digests = dict(old.content.file_digests)
            if old.content.redacted:
                continue
            if known_digests.get(url) == digest:
                # A rebuilt store has the digest, but not the text for the search index.
                tables.mark_updated(number)
                continue
            is_edit = (
                len(linked) <= MAX_EDITED_RELEASES
                and url in known_digests
                and is_text_replaced(previous, text)
            )
            content = with_file_digests(old.content, known_digests.items(), [(url, digest)])
            release = replace(old, content=content)
            if is_edit:
                updated = later_update(old.updated, seen)
                release = replace(release, updated=updated, revision=old.revision + 1, reread=0)
            kind: Literal["changed", "unchanged"] = "changed" if is_edit else "unchanged"
            # The page of the release is the same, and so is its archive record.
            outcome = RecordOutcome(
                Decision(kind, release, ("attachments",) if is_edit else ()),
                old,
                fingerprint(content),
                addresses=(),
                capture=old.capture,
            )
            self._write(outcome, known, seen=seen if is_edit else None)
            if is_edit:
                self._note_capture(number, outcome, known)
            outcomes.append(outcome)
            if url not in known_digests:
                tables.match_again(number)
        tables.write()
        return outcomes

    def find_candidates(
        self, text: TextSignature, order: dt.datetime, bands: Sequence[int] | None = None
    ) -> SimilarReleases:
        """Return releases whose texts may be similar; see data.store.core.candidates."""
        return find_candidates(self._tables, text, order, bands)

    def enter_text(
        self, number: int, text: TextSignature, order: dt.datetime, hot: frozenset[int]
    ) -> None:
        """Add a text to the index of similar texts, under all its marks except the ``hot`` ones.

        A mark is a MinHash band or an anchor of the text. The buckets of ``hot`` marks are full.
        """
        self._tables.add_bands(number, bands_of(text, order, hot), len(text.anchors))

    def _settle(
        self, draft: Draft, owner: StoredRelease, seen: dt.datetime
    ) -> SettledContent | None:
        """Return the content of a single page without its noise, and store the state of the noise.

        Returns None if the page has no text any more. A scanned document never had any.
        """
        known = owner.release
        if known.content.body_text and not draft.content.body_text:
            return None
        subject = PAGE_STATE_PREFIX + known.id
        last = self._tables.unconfirmed(subject)
        day = seen.astimezone(zone_of(draft.zone)).date()
        settled = settled_content(known.content, draft.content, last[0] if last else None, day)
        self._tables.keep_unconfirmed(subject, settled.state, seen)
        return settled

    # Match.

    def _owner(
        self,
        read: ReadDraft,
        owners: Mapping[str, AddressOwner | None],
    ) -> StoredRelease | None:
        """Return the stored release to which an address of the draft belongs, or None."""
        for owner in owners.values():
            if owner and owner.kind == "seen":
                return self._tables.stored_release(owner.number)
        draft, claimed = read.draft, read.claimed
        owner = self._tables.address_owner(draft.source, claimed) if claimed else None
        if owner and owner.kind != "disputed":
            found = self._tables.stored_release(owner.number)
            if claims(draft, read.signature, found.release, claimed=owner.kind == "claimed"):
                return found
        return None

    def _match(
        self,
        read: ReadDraft,
        owner: AddressOwner | None,
    ) -> Match:
        """Return the release that matches a draft at a new address, by canonical link or text.

        ``owner`` is the release to which the draft's own address belongs.
        """
        if copied := self._copied(read, owner):
            return Match(copied, copied.release.first_seen >= read.since)
        near = self.find_candidates(read.signature.body, read.fresh.instant, read.bands)
        return Match(self._moved(read, near), read.draft.reread, near)

    def _copied(self, read: ReadDraft, owner: AddressOwner | None) -> StoredRelease | None:
        """Return the release whose page declares the draft's address as canonical, or None.

        An address at which a release was actually seen does not count.
        """
        if owner is None or owner.kind != "claimed":
            return None
        found = self._tables.stored_release(owner.number)
        is_it = claims(read.draft, read.signature, found.release, claimed=False)
        return found if is_it else None

    def _moved(self, read: ReadDraft, near: SimilarReleases) -> StoredRelease | None:
        """Return the release that matches a draft at a new address by its text, or None."""
        draft, print_ = read.draft, read.signature.fingerprint
        if not draft.content.body_text and not is_document(draft):
            return None
        day = draft.content.published.day.isoformat() if draft.content.published else ""
        # If a notice is repeated word for word, prefer the release of the same day.
        alike = [*self._tables.with_fingerprint(draft.source, print_, day, limit=NEAREST)]
        if near.nearest and draft.content.body_text:
            of_day = self._tables.of_day(draft.source, day, near.nearest)
            alike += [number for number in near.nearest if number in of_day]
        if not alike:
            return None
        some = map(self._tables.stored_release, islice(dict.fromkeys(alike), NEAREST))
        candidates = {stored.release.id: stored for stored in some}
        found = moved(
            draft,
            read.signature,
            [one.candidate for one in candidates.values()],
            read.since,
        )
        return candidates[found.id] if found else None

    # Decide.

    def _decide(self, read: ReadDraft, match: Match) -> Decision:
        known = match.known
        if known is None:
            return Decision("new", read.fresh)
        decision = decide(
            read.draft, known.release, read.seen, gone=known.gone, reread=match.reread
        )
        if "body" in decision.fields and self._is_shared(known, read.signature.body):
            return Decision("unchanged", known.release, doubt=SHARED_BODY)
        return decision

    def _unless_cut(self, read: ReadDraft, known: Release, decision: Decision) -> Decision:
        """Return the decision, or a doubt while no visit has confirmed that the page is whole."""
        draft = read.draft
        if not may_be_cut(draft, known, decision):
            return decision
        mark, has_end = read.signature.fingerprint.hex(), draft.has_end
        seen, since = read.seen, read.since
        if confirm(self._tables, known, mark, has_end=has_end, seen=seen, since=since):
            return decision
        return Decision("unchanged", known, doubt=ENDS_EARLY)

    def _is_shared(self, known: StoredRelease, text: TextSignature) -> bool:
        """Return whether another recent release of the same source has this text.

        The caller then rejects the text as new content of ``known``.
        """
        words = text.words.tobytes()
        bodies = self._tables.newest_bodies(
            known.release.source, without=known.number, limit=MAX_COMPARED_RELEASES
        )
        return any(word_hashes(body).tobytes() == words for body in bodies if body)

    # Write.

    def _outcome(
        self,
        read: ReadDraft,
        decision: Decision,
        known: StoredRelease | None,
        *,
        labels: Mapping[str, str],
    ) -> RecordOutcome:
        draft = read.draft
        return RecordOutcome(
            decision,
            known.release if known else None,
            read.signature.fingerprint,
            addresses=tuple(dict.fromkeys((*draft.aliases, draft.url))),
            claimed=draft.canonical or "" if read.claimed else "",
            editions=read.editions,
            skeleton=draft.skeleton,
            # A topic without a label gets its slug.
            labels={topic: labels.get(topic, topic) for topic in decision.release.content.topics},
            capture=draft.capture,
            # Releases from before the first visit and imported releases have a position.
            news=known is None and draft.position is None and not _is_old(decision.release),
        )

    def _write(
        self,
        outcome: RecordOutcome,
        known: StoredRelease | None,
        *,
        seen: dt.datetime | None = None,
        backlog: bool = False,
    ) -> tuple[int, bool]:
        """Write a release and all data that depends on it.

        Returns the number of the release, and whether readers see a difference. ``seen`` is the
        time for alerts, or None if no alert is sent.
        """
        release, tables = outcome.decision.release, self._tables
        old = known.release if known else None
        shown = old is None or _shown(release) != _shown(old)
        if known is None or old is None:
            number = tables.insert_release(release, outcome.fingerprint)
        else:
            number = known.number
            revised = release.revision > old.revision
            if revised:
                tables.add_revision(known)
            is_same = (release.content, release.digest) == (old.content, old.digest)
            fingerprint = None if is_same else outcome.fingerprint
            at = (outcome.read_at or release.updated) if revised else None
            met = outcome.read_at is None
            tables.update_release(number, release, fingerprint, revised=at, met=met, shown=shown)
            if revised and release.reread:
                tables.note_reading(number, release)
            if release.revision > 1 and release.content != old.content:
                steps = steps_between(old, release) if revised else ""
                tables.keep_difference(number, release.revision, steps)
        files = release.content.attachments
        if files != (old.content.attachments if old else ()):
            tables.link_files(number, (one.url for one in files), is_new=old is None)
        if old is None or _filed(release) != _filed(old):
            tables.file_under_topics(old, release)
            tables.file_under_section(old, release)
            tables.label_topics(outcome.labels)
        if shown:
            tables.mark_dirty(number, old, release, seen=seen, backlog=backlog)
        if outcome.news:
            tables.note_news(number, release)
        return number, shown

    def _note_capture(
        self, number: int, outcome: RecordOutcome, known: StoredRelease | None
    ) -> None:
        """Store the archive record that showed a release, for a new version or as the last one."""
        revision = outcome.decision.release.revision
        if known is None or revision > known.release.revision:
            forget = outcome.read_at is None
            self._tables.keep_version_capture(number, revision, outcome.capture, forget=forget)
        elif outcome.read_at is None:
            self._tables.keep_last_capture(number, outcome.capture)

    def _note_addresses(self, number: int, outcome: RecordOutcome, *, is_published: bool) -> bool:
        """Store the addresses of a release and return whether any of them is new.

        A new address is an event, because readers see it. If ``is_published`` is set, the release
        already has an event.
        """
        release, tables = outcome.decision.release, self._tables
        source = release.source
        urls = {canonical_url(url): url for url in outcome.addresses}
        noted = tables.add_addresses(source, number, urls)
        if noted and not is_published:
            tables.mark_updated(number)
        if outcome.claimed and (key := canonical_url(outcome.claimed)) not in urls:
            noted |= tables.claim_address(source, number, key, outcome.claimed)
        if outcome.editions:
            noted |= tables.add_translation_links(source, number, outcome.editions)
        if noted and not is_published:
            tables.forget(number, release.source, release.day)
        return noted

    # Join.

    def _join(
        self, number: int, read: ReadDraft, release: Release, match: Match
    ) -> JoinedStory | None:
        """Add a text to the index of similar texts and join its release to a story."""
        text = read.signature.body
        known, near = match.known.release if match.known else None, None
        if known is None or _copied_from(release) != _copied_from(known):
            near = self._find_anew(match.known, text, release, match.near)
            self.enter_text(number, text, release.instant, near.hot)
        # Otherwise the story stays the same unless the page links translations.
        return self._stories.join(
            number, release, text, near, keys=read.keys, editions=read.editions
        )

    def _find_anew(
        self,
        known: StoredRelease | None,
        text: TextSignature,
        release: Release,
        near: SimilarReleases | None = None,
    ) -> SimilarReleases:
        """Return releases with texts similar to a new or changed text.

        The earlier text of the release is removed from the index of similar texts.
        """
        if known:
            before = signature(known.release.content.body_text)
            self._tables.remove_bands(known.number, bands_of(before, known.release.instant))
        return near or self.find_candidates(text, release.instant)


def steps_between(old: Release, new: Release) -> str:
    """Return the encoded difference between two versions, or "" if their texts are long.

    Differences between long texts are computed later, because other writers wait for the current
    transaction.
    """
    lengths = (len(one.content.title) + len(one.content.body_text) for one in (old, new))
    if sum(lengths) > MAX_COMPARED_CHARACTERS:
        return ""
    return encode_difference(old.content, new.content)


def _is_old(release: Release) -> bool:
    """Return whether a release was published long before it was first seen."""
    return release.instant < release.first_seen - OLD


def _shown(release: Release) -> bytes:
    """Encode all properties of a release that readers see.

    If a visit changes only other properties, the release is not published again.
    """
    return _encode(
        (
            *(release.url, release.content, release.updated, release.retracted),
            *(release.story, release.order),
        )
    )


def _filed(release: Release) -> tuple[tuple[str, ...], str | None, dt.datetime]:
    """Return the topics, section and order of a release, which determine its position in feeds."""
    return release.content.topics, release.content.section, release.order


def _copied_from(release: Release) -> tuple[str, dt.datetime]:
    """Return the text and time that are used to find copies of a release."""
    return release.content.body_text, release.instant
