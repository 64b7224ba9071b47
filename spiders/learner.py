"""Reads the release pages of one source, and learns while it reads.

The first pages are read by detection. Once three of one layout agree on a template, later pages are
read by it. A page that it does not fit is read by detection as before; after three such pages the
layouts that are not met any more are forgotten, and new ones learned from what is met.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import combinations, islice
from typing import Final, Protocol

import msgspec

from data.models import Release
from data.reading import Reading
from spiders.learning import LEAST, holds, learn
from spiders.locating import Lesson
from spiders.page import Page
from spiders.pages import ListingItem, ReleasePage
from spiders.release_page import read_release
from spiders.source import ReleaseRules
from spiders.template import decode_template, encode_template, reader_of
from spiders.templated import DECLARED, LEARNED, TemplateReader

MISFITS: Final = 3
"""Pages among the last RECENT that fit no template, after which layouts are forgotten that were not
met since the first of them."""

RECENT: Final = 10
MOST_LESSONS: Final = 6
"""Pages that are kept in memory to learn from, the newest."""

MOST_BYTES: Final = 2_000_000
"""Bytes of a page that is learned from."""

MOST_TRIES: Final = 10
"""Sets of three pages in a row that teach nothing, after which a visit stops trying: some sites
have no layout to learn, and each try costs as much as reading several pages."""


KEPT_RULES: Final = (LEARNED, DECLARED)
"""How the rules begin by which a template reads a body."""


class Shelf(Protocol):
    """Where templates are kept: a part of data.store.Store."""

    def templates(self, source: str) -> tuple[str, ...]:
        """What was learned of a source's layouts, as JSON texts."""

    def keep_template(self, source: str, layout: str, template: str) -> None:
        """Keep what was learned of a layout."""

    def forget_template(self, source: str, layout: str) -> None:
        """Forget a layout."""


class Learner:
    """The templates of a source during one visit.

    ``source`` is its id and ``declared`` are all the rules of its file; what was learned with
    others is forgotten.
    """

    def __init__(self, source: str, declared: Iterable[ReleaseRules], shelf: Shelf) -> None:
        self._source = source
        self._shelf = shelf
        current = {reader_of(rules) for rules in declared}
        kept = list(map(decode_template, shelf.templates(source)))
        self._readers = [TemplateReader(one) for one in kept if one and one.reader in current]
        self._lessons: deque[Lesson] = deque(maxlen=MOST_LESSONS)
        self._met: deque[str] = deque(maxlen=RECENT)
        self._trusted: set[str] = set()
        self._mended: list[ReleasePage] = []
        self._unsure: set[str] = set()
        self._changed: set[str] = set()
        self._tries = 0
        for one in kept:
            if one and one.reader not in current:
                shelf.forget_template(source, one.layout)

    def read(
        self,
        page: Page,
        reading: Reading,
        declared: ReleaseRules,
        hint: ListingItem | None,
        known: Release | None = None,
        *,
        edited: bool = False,
    ) -> ReleasePage:
        """What a release page says: by a template that fits it, else by detection.

        ``known`` is the release as stored, ``edited`` whether its page has changed since. An edited
        page is read as it was read before, so that another way of reading never looks like an edit.
        """
        learned_before = known is not None and known.content.body_rule.startswith(KEPT_RULES)
        if known is not None and edited and not learned_before:
            return read_release(page, reading, declared, hint)
        found, by = self._templated(page, reading, declared, hint)
        if found is not None and by is not None:
            trusted = by.template.layout in self._trusted
            if trusted or (known and learned_before and holds(found.content, known.content)):
                self._note(by, fits=True)
                return found
        detected = read_release(page, reading, declared, hint)
        if found is not None and by is not None:
            fits = holds(found.content, detected.content)
            self._note(by, fits=fits)
            if fits:
                return found
        elif self._of(declared):
            self._note(None, fits=False)
        if known and edited:
            self._unsure.add(page.url)
        hopeless = self._tries >= MOST_TRIES
        if hopeless or len(page.body) > MOST_BYTES or not detected.content.body_text:
            return detected
        self._lessons.append(Lesson(page, detected, reading, hint))
        learned = self._study(declared, reading.now)
        return (learned.read(page, reading, hint) if learned else None) or detected

    def unsure(self, url: str) -> bool:
        """Whether an edited page was read otherwise than before: it may be mended in this visit."""
        return url in self._unsure

    def mended(self) -> tuple[ReleasePage, ...]:
        """Pages that were read by detection before and read otherwise since; each is given once."""
        found, self._mended = tuple(self._mended), []
        return found

    def finish(self) -> None:
        """Keep the evidence of this visit."""
        for reader in self._readers:
            if reader.template.layout in self._changed:
                self._keep(reader)
        self._changed.clear()

    def _of(self, declared: ReleaseRules) -> list[TemplateReader]:
        wanted = reader_of(declared)
        return [reader for reader in self._readers if reader.template.reader == wanted]

    def _templated(
        self, page: Page, reading: Reading, declared: ReleaseRules, hint: ListingItem | None
    ) -> tuple[ReleasePage | None, TemplateReader | None]:
        for reader in self._of(declared):
            found = reader.read(page, reading, hint)
            if found is not None:
                return found, reader
        return None, None

    def _note(self, reader: TemplateReader | None, *, fits: bool) -> None:
        """Count a page as evidence; where it is one too many that does not fit, forget."""
        self._met.append(reader.template.layout if reader and fits else "")
        for one in [reader] if reader else self._readers:
            template = one.template
            one.template = msgspec.structs.replace(
                template, pages=template.pages + 1, fitted=template.fitted + fits
            )
            self._changed.add(template.layout)
        if reader and fits:
            self._trusted.add(reader.template.layout)
        else:
            # What failed once is compared with detection until it is right again.
            self._trusted.clear()
        if self._met.count("") >= MISFITS:
            since = list(self._met)[self._met.index("") :]
            for one in [*self._readers]:
                if one.template.layout not in since:
                    self._forget(one)
            self._met.clear()

    def _study(self, declared: ReleaseRules, now: dt.datetime) -> TemplateReader | None:
        """Learn from the newest lesson with others of its layout."""
        newest = self._lessons[-1]
        others = [one for one in self._lessons if one.page.url != newest.page.url]
        others.sort(key=lambda one: one.layout != newest.layout)
        for chosen in self._threes(others, newest):
            template = learn(self._source, declared, chosen, now)
            if template is None:
                continue
            for old in [one for one in self._readers if one.template.layout == template.layout]:
                self._readers.remove(old)
            reader = TemplateReader(template)
            self._readers.insert(0, reader)
            self._trusted.add(template.layout)
            self._tries = 0
            self._keep(reader)
            self._mend(reader, newest)
            return reader
        return None

    def _threes(self, others: list[Lesson], newest: Lesson) -> Iterator[tuple[Lesson, ...]]:
        """Sets of three lessons, the newest first: one page that was misread spoils not all."""
        pairs = combinations(others, LEAST - 1)
        for pair in islice(pairs, max(0, MOST_TRIES - self._tries)):
            self._tries += 1
            yield (newest, *pair)

    def _mend(self, reader: TemplateReader, newest: Lesson) -> None:
        """Read again what detection read before the template was known, and drop those lessons."""
        rest = []
        for lesson in self._lessons:
            read = reader.read(lesson.page, lesson.reading, lesson.hint)
            if read is None:
                rest.append(lesson)
            elif lesson is not newest:
                self._mended.append(read)
        self._lessons = deque(rest, maxlen=MOST_LESSONS)

    def _keep(self, reader: TemplateReader) -> None:
        template = reader.template
        self._shelf.keep_template(self._source, template.layout, encode_template(template))

    def _forget(self, reader: TemplateReader) -> None:
        self._readers.remove(reader)
        self._changed.discard(reader.template.layout)
        self._shelf.forget_template(self._source, reader.template.layout)
