"""Group releases into stories: copies of a release at other institutions, and translations."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from data.models import Release
from data.store.core.release_matcher import SimilarReleases
from data.store.shared_sql.recording import Tables
from data.store.shared_sql.rows import StoredMember, StoredText
from data.store.unit_of_work.outcome import JoinedStory
from data.stories.copies import MIN_SHINGLES, Likeness, belongs_to_story, likeness
from data.stories.translations import commonness, translation_pairs
from data.text.similarity import TextSignature, signature

MAX_COMPARED_COPIES: Final = 20
"""Maximum number of likely copies of a release whose full texts are compared."""

MAX_CACHED_BODIES: Final = 10_000
"""Maximum number of cached bodies, of 3 to 6 KB each. A small cache is enough, because copies
usually appear within hours."""

MAX_SAMPLED_RELEASES: Final = 300
"""Maximum number of a source's newest releases used to find its common words."""

MAX_COMPARED_PER_DAY: Final = 60
"""Maximum number of releases of one day that are compared with each other."""

MAX_STORY_MEMBERS: Final = 200
"""Maximum number of releases in a story. Further copies are not added, because the page of each
release lists all releases of its story."""

MAX_COPIES_PER_SOURCE: Final = 10
"""Maximum number of releases per source in a story. Further copies are not added."""


class StoryJoiner:
    """Joins releases into stories within a transaction, using a database's methods."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def join(
        self,
        number: int,
        release: Release,
        text: TextSignature,
        near: SimilarReleases | None,
        *,
        keys: Sequence[str],
        editions: Sequence[str],
    ) -> JoinedStory | None:
        """Join a release to its story, if any, and return the additions to the story.

        If ``near`` is None, the text was compared earlier, and only translations are searched.
        ``keys`` are the canonical addresses of its page, and ``editions`` the addresses of its
        translations.
        """
        kin = self.copies(release, text, near) if near else []
        if editions or near:
            kin += self._translations(number, release, keys, editions)
        if all(one.story and one.story == release.story for one in kin):
            return None
        return self._join(number, release, kin)

    def copies(
        self, release: Release, text: TextSignature, near: SimilarReleases
    ) -> list[StoredMember]:
        """Return copies of a release at other sources, at most one per story."""
        if not near.nearest or len(text.words) < MIN_SHINGLES:
            return []
        alike = self._alike(release.source, text, near)
        if not alike:
            return []
        found = {one.number: one for one in self._tables.story_members(list(alike))}
        same_text: list[StoredMember] = []
        held: list[StoredMember] = []
        known: set[str] = set()
        for number, how in alike.items():
            other = found[number]
            if other.story in known or not self._is_of(text, other, how):
                continue
            if other.story and self._is_full(other.story, release.source):
                continue
            (same_text if how is Likeness.SAME else held).append(other)
            if other.story:
                known.add(other.story)
        # A text that contains others, or is part of several, joins one story without merging
        # stories.
        return same_text or held[:1]

    def remember(self, number: int, source: str, text: TextSignature) -> StoredText:
        """Cache the text of a release, because copies usually appear within hours."""
        known = self._tables.texts
        text.forget_words()
        stored = known[number] = StoredText(number, source, text)
        if len(known) > MAX_CACHED_BODIES:
            del known[next(iter(known))]
        return stored

    def translations(self) -> Iterator[Sequence[tuple[str, str]]]:
        """Yield the ids of pairs of releases that are translations without links to each other.

        The pairs of each source and day are yielded together. At least one release of each pair is
        not in the search index yet. Translations are searched after a visit, when all its releases
        are stored. The other release may be any release of the same days.
        """
        days: defaultdict[str, list[str]] = defaultdict(list)
        for source, day in self._tables.queued_days():
            days[source].append(day)
        for source, some in days.items():
            newest = self._tables.stored_translations(source, None, limit=MAX_SAMPLED_RELEASES)
            background = commonness(newest)
            for day in some:
                found = self._tables.stored_translations(source, day, limit=MAX_COMPARED_PER_DAY)
                if any(one.language not in background for one in found):
                    background = commonness([*newest, *found])
                pairs = translation_pairs(found, background)
                yield [(self._id(left.number), self._id(right.number)) for left, right in pairs]

    def join_two(self, left_id: str, right_id: str) -> JoinedStory | None:
        """Join two releases into one story.

        Returns None if the story would contain two releases of one source in the same language.
        """
        left, right = self._tables.numbers_of([left_id, right_id])
        one, other = (self._tables.story_members([number])[0] for number in (left, right))
        if one.story and one.story == other.story:
            return None
        languages = self._tables.languages_in_story((left, right))
        if len(set(languages)) < len(languages):
            return None
        return self._join(left, self._tables.stored_release(left).release, [other])

    def grow(self, joined: JoinedStory) -> None:
        """Add other stories, and releases without a story, to a story."""
        alone = self._tables.numbers_of(joined.alone)
        self._tables.join_stories(joined.story, joined.merged, alone)

    def _alike(
        self, source: str, text: TextSignature, near: SimilarReleases
    ) -> dict[int, Likeness]:
        """Return the most similar releases of other sources, with the kind of similarity."""
        texts = map(self._text, near.nearest)
        others = (one for one in texts if one.source != source)
        found = {
            one.number: likeness(text, one.signature) for one in islice(others, MAX_COMPARED_COPIES)
        }
        return {number: how for number, how in found.items() if how is not Likeness.NONE}

    def _is_of(self, text: TextSignature, found: StoredMember, how: Likeness) -> bool:
        """Return whether a text similar to ``found`` also belongs to the story of ``found``.

        The text must be similar to the first release of the story, so that a story does not drift
        through copies of copies.
        """
        if found.story is None:
            return True
        first = self._tables.first_of_story(found.story)
        return first == found.number or belongs_to_story(text, self._text(first).signature, how)

    def _is_full(self, story: str, source: str) -> bool:
        """Return whether a story has its maximum of releases, in total or from one source."""
        members, of_source = self._tables.story_size(story, source)
        return members >= MAX_STORY_MEMBERS or of_source >= MAX_COPIES_PER_SOURCE

    def _text(self, number: int) -> StoredText:
        """Return the prepared body of a release. Recent bodies are cached."""
        known = self._tables.texts.get(number)
        if known is None:
            source, body = self._tables.stored_text(number)
            known = self.remember(number, source, signature(body))
        return known

    def _translations(
        self, number: int, release: Release, keys: Sequence[str], editions: Sequence[str]
    ) -> list[StoredMember]:
        """Return the releases linked as translations: its page links to theirs, or theirs to it."""
        found = self._tables.translations_of(release.source, keys, editions)
        if not found:
            return []
        others = sorted(set(found) - {number})
        language = release.content.language or ""
        return list(self._tables.story_members(others, without_language=language))

    def _id(self, number: int) -> str:
        return self._tables.story_members([number])[0].id

    def _join(self, number: int, release: Release, kin: Iterable[StoredMember]) -> JoinedStory:
        """Join a release and related releases to the story of the release published first."""
        own = StoredMember(
            number,
            release.id,
            release.story,
            release.instant.timestamp(),
            release.first_seen.timestamp(),
        )
        everyone = sorted(
            {one.id: one for one in (*kin, own)}.values(),
            key=lambda one: (one.instant, one.first_seen, one.id),
        )
        story = next((one.story for one in everyone if one.story), everyone[0].id)
        merged = sorted({one.story for one in everyone if one.story and one.story != story})
        alone = [one.id for one in everyone if not one.story]
        joined = JoinedStory(story, tuple(merged), tuple(alone))
        self.grow(joined)
        return joined
