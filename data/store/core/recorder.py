"""Record a batch of drafts: match each draft, decide, write, and join stories."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from data.clock import zone_of
from data.identity.decision import (
    ENDS_EARLY,
    RESTLESS,
    SHARED_BODY,
    DraftDecision,
    decide,
    decide_reextraction,
    later_update,
)
from data.identity.matching import is_copy
from data.models import Content, Draft, FileText, Release, SeenDraft
from data.revisions.edits import (
    ends_early,
    fingerprint,
    is_text_replaced,
    is_worse,
    with_file_digests,
)
from data.revisions.settled_content import SettledContent, settled_content
from data.store.core.release_matcher import Match, ReadDraft, ReleaseMatcher, SimilarTexts
from data.store.core.release_writer import ReleaseWriter
from data.store.core.stories import StoryJoiner
from data.store.shared_sql.recording import PAGE_STATE_PREFIX, Tables
from data.store.shared_sql.rows import StoredRelease
from data.store.unit_of_work.outcome import JoinedStory, RecordOutcome
from data.text.words import word_hashes

MAX_COMPARED_RELEASES: Final = 200
"""Maximum number of a source's newest releases in which the text of a changed page is searched."""

MAX_EDITED_RELEASES: Final = 20
"""If more releases than this link to a file, its replacement is not an edit of them. Such a file
belongs to the site's layout, for example a contact sheet linked from every footer.
"""

MIN_BACKLOG_AGE: Final = dt.timedelta(days=30)
"""A release that is at least this old when first seen is backlog, not news."""

ANOTHER_VISIT: Final = dt.timedelta(minutes=10)
"""Minimum time between two captures of a page for the second to confirm the first."""

UNENDED_WAIT: Final = dt.timedelta(hours=6)
"""Minimum time between two captures of a shortened text if the page has no end marker.

This is also the default time after which a missing release is retracted. A server fault that always
truncates a page in the same place is often repaired by then."""

DraftLimit: TypeAlias = Callable[[str], AbstractContextManager[None]]
"""Context manager that limits the CPU time spent on a draft, given the draft's URL."""


class Recorder:
    """Records one batch of drafts without duplicates, within one transaction.

    ``tables`` contains the database methods for this batch.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._stories = StoryJoiner(tables)
        self._texts = SimilarTexts(tables)
        self._matcher = ReleaseMatcher(tables, self._texts)
        self._writer = ReleaseWriter(tables)

    def record_all(
        self, drafts: Sequence[SeenDraft], limit: DraftLimit = lambda _: nullcontext()
    ) -> Sequence[RecordOutcome]:
        """Decide about drafts in order, store the results, and return them.

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
        """Read the stored data that a batch of drafts needs, with one query per table."""
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
        owner = self._matcher.owner(read, owners)
        # A redacted release is never restored by a visit. Only the addresses of its page are
        # stored.
        is_redacted = owner is not None and owner.release.content.redacted
        is_seen = owner is not None and not owner.gone
        if owner and (is_redacted or (is_seen and is_copy(draft, owner.release, read.claimed))):
            decision = DraftDecision("unchanged", owner.release)
            outcome = self._outcome(read, decision, owner, labels={})
            outcome = replace(outcome, editions=(), skeleton=b"", capture=None)
            if is_redacted:
                outcome = replace(outcome, fingerprint=b"", claimed="")
            noted = self._writer.note_addresses(owner.number, outcome, is_published=False)
            self._tables.keep_answer(draft, None)
            return replace(outcome, noted=noted)
        settled = self._settle(draft, owner, seen) if draft.is_page and owner else None
        if settled:
            # While the page differs, its next response must not be a 304.
            validator = None if settled.differs else draft.validator
            draft = replace(draft, content=settled.content, validator=validator)
            read = ReadDraft(replace(read.found, draft=draft))
        match = (
            Match(owner, draft.reread) if owner else self._matcher.match(read, owners[read.keys[0]])
        )
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
        number, shown = self._writer.write(outcome, match.known, seen=seen, backlog=backlog)
        self._writer.note_capture(number, outcome, match.known)
        noted = self._writer.note_addresses(number, outcome, is_published=shown)
        self._tables.keep_answer(draft, number)
        joined = self._join(number, read, decision.release, match)
        self._stories.remember(number, draft.source, read.signature.body)
        if joined:
            decision = replace(decision, release=replace(decision.release, story=joined.story))
        return replace(outcome, decision=decision, noted=noted, joined=joined)

    def restore(self, outcome: RecordOutcome) -> None:
        """Write a recorded outcome to this store, without deciding again."""
        release = outcome.decision.release
        known = self._tables.release_with_id(release.id)
        number, shown = self._writer.write(outcome, known)
        self._writer.note_capture(number, outcome, known)
        self._writer.note_addresses(number, outcome, is_published=shown)
        if outcome.skeleton:
            self._tables.keep_skeleton(number, outcome.skeleton)
        self._texts.replace(number, known, release)
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
        number, _ = self._writer.write(outcome, known)
        self._writer.note_capture(number, outcome, known)
        joined = self._join(number, read, decision.release, Match(known, reread=True))
        self._tables.write()
        return replace(outcome, joined=joined)

    def record_file(
        self, url: str, digest: str, text: FileText, *, seen: dt.datetime
    ) -> Sequence[RecordOutcome]:
        """Store the text of an attachment, and return the outcome for each linked release.

        A new text that replaces an earlier text is an edit. If more than MAX_EDITED_RELEASES
        releases link to the file, only the newest of them get its text, and this is not an edit.
        The text is ignored if it is worse than the previous text, or if no release links to the
        file, for example because of a redaction in the meantime.
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
                DraftDecision(kind, release, ("attachments",) if is_edit else ()),
                old,
                fingerprint(content),
                addresses=(),
                capture=old.capture,
            )
            self._writer.write(outcome, known, seen=seen if is_edit else None)
            if is_edit:
                self._writer.note_capture(number, outcome, known)
            outcomes.append(outcome)
            if url not in known_digests:
                tables.match_again(number)
        tables.write()
        return outcomes

    def _settle(
        self, draft: Draft, owner: StoredRelease, seen: dt.datetime
    ) -> SettledContent | None:
        """Return a single page's content without its changing lines, and store their state.

        Returns None if the page has lost its text. (A scanned document never had any.)
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

    def _decide(self, read: ReadDraft, match: Match) -> DraftDecision:
        known = match.known
        if known is None:
            return DraftDecision("new", read.fresh)
        decision = decide(
            read.draft, known.release, read.seen, gone=known.gone, reread=match.reread
        )
        if "body" in decision.fields:
            # The text of another recent release of the source is not accepted as new content.
            words = read.signature.body.words.tobytes()
            bodies = self._tables.newest_bodies(
                known.release.source, without=known.number, limit=MAX_COMPARED_RELEASES
            )
            if any(word_hashes(body).tobytes() == words for body in bodies if body):
                return DraftDecision("unchanged", known.release, doubt=SHARED_BODY)
        return decision

    def _unless_cut(
        self, read: ReadDraft, known: Release, decision: DraftDecision
    ) -> DraftDecision:
        """Return the decision, or a rejection while a possibly truncated page is unconfirmed.

        Imported releases have no page.
        """
        is_page = decision.kind == "changed" and bool(read.draft.digest)
        may_be_cut = is_page and ends_early(known.content, read.draft.content)
        if not may_be_cut or self.is_confirmed(read, known):
            return decision
        return DraftDecision("unchanged", known, doubt=ENDS_EARLY)

    def is_confirmed(self, read: ReadDraft, known: Release) -> bool:
        """Return whether an earlier visit found the same text. If not, store the mark of the text.

        If the page has no end marker, the earlier visit must be at least UNENDED_WAIT ago. Marks
        from before the last accepted text don't count. Marks from this visit don't count either: a
        visit may find a release at two addresses, and an import may contain several captures of a
        release.
        """
        mark, seen = read.signature.fingerprint.hex(), read.seen
        before = self._tables.unconfirmed(known.id)
        if before is None or before[0] != mark or before[1] <= known.last_seen:
            self._tables.keep_unconfirmed(known.id, mark, seen)
            return False
        if not read.draft.has_end:
            return seen - before[1] >= UNENDED_WAIT
        return before[1] < read.since or seen - before[1] >= ANOTHER_VISIT

    def _outcome(
        self,
        read: ReadDraft,
        decision: DraftDecision,
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
            news=known is None
            and draft.position is None
            and decision.release.instant >= decision.release.first_seen - MIN_BACKLOG_AGE,
        )

    def _join(
        self, number: int, read: ReadDraft, release: Release, match: Match
    ) -> JoinedStory | None:
        """Add a text to the index of similar texts and join its release to a story."""
        text = read.signature.body
        near = self._texts.replace(number, match.known, release, text=text, near=match.near)
        # If the text is the same, the story stays the same unless the page links translations.
        return self._stories.join(
            number, release, text, near, keys=read.keys, editions=read.editions
        )
