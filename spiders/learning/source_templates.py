"""Reads the release pages of one source, and learns while it reads.

The first pages are read by detection. Once three of one layout agree on a template, and a page that
it was not learned from is read by it as by detection, later pages are read by it. Edited pages are
read both ways. What contradicts a title that detection is sure of, or the first page that it was
not learned from, is forgotten at once. What reads the newest stored pages much worse than detection
does is not even begun with. A page that a template does not fit is read by detection as
before. After three such pages in a row, of one visit or of several, the layout is given up. Where
theirs is not learned in the same visit, the next one looks at them again, to learn it from all of
them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import combinations, islice
from typing import Final, Protocol, TypeAlias

import msgspec

from data.dates.context import DateContext
from data.models import Release
from data.revisions.readings import TwoReadings, compare_readings
from spiders.items import ExtractedRelease, ListingItem
from spiders.learning.boilerplate import everywhere
from spiders.learning.induction import LEAST, induce, still_fits, without
from spiders.learning.sample import Sample
from spiders.learning.template import (
    MISFITS,
    Template,
    decode_template,
    encode_template,
    version_of,
)
from spiders.learning.template_reader import DECLARED, LEARNED, TemplateReader
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.sources.source_file import ReleaseRules

MOST_LESSONS: Final = 6
"""Pages that are kept in memory to learn from, the newest."""

MOST_BYTES: Final = 2_000_000
"""Bytes of a page that is learned from."""

MOST_TRIES: Final = 10
"""Sets of three pages in a row that teach nothing, after which a visit stops trying: some sites
have no layout to learn, and each try costs as much as reading several pages."""


SURE_TITLE: Final = 0.9
"""How sure detection is of a title that no template may contradict."""

KEPT_RULES: Final = (LEARNED, DECLARED)
"""How the rules begin by which a template reads a body."""


StoredPages: TypeAlias = Callable[[ReleaseRules], Iterable[tuple[Page, ListingItem, Release]]]
"""Gives the newest stored pages that are read by rules: each with what is said of it elsewhere, and
the release that was read from it."""


class TemplateStore(Protocol):
    """Where templates are kept: a part of data.store.protocol.Store."""

    def templates(self, source: str) -> tuple[str, ...]:
        """What was learned of a source's layouts, as JSON texts."""

    def keep_template(self, source: str, layout: str, template: str) -> None:
        """Keep what was learned of a layout."""

    def forget_template(self, source: str, layout: str) -> None:
        """Forget a layout."""


class SourceTemplates:
    """The templates of a source during one visit.

    ``source`` is its id and ``declared`` are all the rules of its file; what was learned with
    others is forgotten. What is learned is tried on ``stored`` pages first.
    """

    def __init__(
        self,
        source: str,
        declared: Iterable[ReleaseRules],
        shelf: TemplateStore,
        stored: StoredPages = lambda _rules: (),
    ) -> None:
        self._source = source
        self._shelf = shelf
        self._stored = stored
        current = {version_of(rules) for rules in declared}
        kept = list(map(decode_template, shelf.templates(source)))
        known = [one for one in kept if one and one.version in current]
        self._readers = [TemplateReader(one) for one in known if not one.given_up]
        self._given_up = {one.layout: one for one in known if one.given_up}
        again = (one.misfits for one in self._given_up.values() if one.look_again)
        self.wanted = tuple(dict.fromkeys(url for urls in again for url in urls))
        """Pages that did not fit, to be looked at again whether they changed or not."""
        self._looked_again = False
        self._lessons: deque[Sample] = deque(maxlen=MOST_LESSONS)
        self._common: dict[str, frozenset[str]] = {}
        """By layout, the lines that all pages have from which it was learned in this visit."""
        self._trusted: set[str] = set()
        self._mended: list[ExtractedRelease] = []
        self._unsure: set[str] = set()
        self._changed: set[str] = set()
        self._tries = 0
        for one in kept:
            if one and one.version not in current:
                shelf.forget_template(source, one.layout)

    def read(
        self,
        page: Page,
        reading: DateContext,
        declared: ReleaseRules,
        listed: ListingItem | None,
        known: Release | None = None,
        *,
        edited: bool = False,
        anew: bool = False,
    ) -> ExtractedRelease:
        """What a release page says: by a template that fits it, else by detection.

        ``known`` is the release as stored, ``edited`` whether its page has changed since, and
        ``anew`` that it is the page that the stored version was read from. Such pages are read as
        they were read before, so that another way of reading never looks like an edit.
        """
        self._looked_again |= page.url in self.wanted
        learned_before = known is not None and known.content.body_rule.startswith(KEPT_RULES)
        if known is not None and (edited or anew) and not learned_before:
            return read_release(page, reading, declared, listed)
        found, by = self._templated(page, reading, declared, listed)
        if found is not None and by is not None and not edited:
            trusted = by.template.layout in self._trusted
            if trusted or (known and learned_before and still_fits(found.content, known.content)):
                self._fitted(by)
                return found
        detected = read_release(page, reading, declared, listed)
        if found is not None and by is not None:
            if self._holds(by, found, detected):
                self._fitted(by)
                return found
            if by.template.fitted <= LEAST:
                # It was right on the pages that it was learned from only.
                self._drop(by)
        self._misfitted(page.url, declared)
        if known and edited:
            self._unsure.add(page.url)
        hopeless = self._tries >= MOST_TRIES
        if hopeless or len(page.body) > MOST_BYTES or not detected.content.body_text:
            return detected
        if detected.content.language and not reading.languages:
            reading = replace(reading, languages=(detected.content.language,))
        self._lessons.append(Sample(page, detected, reading, listed))
        learned = self._study(declared, reading)
        return (learned.read(page, reading, listed) if learned else None) or detected

    @property
    def is_empty(self) -> bool:
        """Whether no layout of the source is known."""
        return not (self._readers or self._given_up)

    def unsure(self, url: str) -> bool:
        """Whether an edited page was read otherwise than before: it may be mended in this visit."""
        return url in self._unsure

    def mended(self) -> tuple[ExtractedRelease, ...]:
        """Pages that were read by detection before and read otherwise since; each is given once."""
        found, self._mended = tuple(self._mended), []
        return found

    def finish(self) -> None:
        """Keep the evidence of this visit."""
        for layout, given_up in list(self._given_up.items()):
            if not (self._looked_again and given_up.misfits[-1] in self.wanted):
                continue
            if len(given_up.misfits) >= MOST_LESSONS:
                self._forget(given_up)
            else:
                self._given_up[layout] = msgspec.structs.replace(given_up, look_again=False)
                self._changed.add(layout)
        for template in (*(one.template for one in self._readers), *self._given_up.values()):
            if template.layout in self._changed:
                self._keep(template)
        self._changed.clear()

    def _of(self, declared: ReleaseRules) -> list[TemplateReader]:
        wanted = version_of(declared)
        return [reader for reader in self._readers if reader.template.version == wanted]

    def _templated(
        self, page: Page, reading: DateContext, declared: ReleaseRules, listed: ListingItem | None
    ) -> tuple[ExtractedRelease | None, TemplateReader | None]:
        for reader in self._of(declared):
            found = reader.read(page, reading, listed)
            if found is not None:
                return found, reader
        return None, None

    def _fitted(self, reader: TemplateReader) -> None:
        """Count a page that was read by a template."""
        template = reader.template
        reader.template = msgspec.structs.replace(
            template, pages=template.pages + 1, fitted=template.fitted + 1, misfits=()
        )
        self._trusted.add(template.layout)
        self._changed.add(template.layout)

    def _drop(self, reader: TemplateReader) -> None:
        """Forget a template at once."""
        self._readers.remove(reader)
        self._changed.discard(reader.template.layout)
        self._shelf.forget_template(self._source, reader.template.layout)

    def _holds(
        self, reader: TemplateReader, found: ExtractedRelease, detected: ExtractedRelease
    ) -> bool:
        """Whether a page has the layout by which it was ``found``, whatever detection makes of it.

        Of what detection reads more, lines that other pages of the layout have too say nothing.
        """
        sure = detected.confidence["title"] >= SURE_TITLE
        own = without(detected.content, self._common.get(reader.template.layout, frozenset()))
        return any(still_fits(found.content, one, sure=sure) for one in (detected.content, own))

    def _misfitted(self, url: str, declared: ReleaseRules) -> None:
        """Count a page that no template fits; where it is one too many, give up those of its kind.

        What failed once is compared with detection until it is right again.
        """
        self._trusted.clear()
        for reader in self._of(declared):
            reader.template = missed(reader.template, url)
            self._changed.add(reader.template.layout)
            if reader.template.given_up:
                self._readers.remove(reader)
                self._given_up[reader.template.layout] = reader.template
        wanted = version_of(declared)
        for layout, template in self._given_up.items():
            if template.version == wanted and len(template.misfits) < MOST_LESSONS:
                self._given_up[layout] = missed(template, url)
                self._changed.add(layout)

    def _study(self, declared: ReleaseRules, reading: DateContext) -> TemplateReader | None:
        """Learn from the newest lesson with others of its layout."""
        newest = self._lessons[-1]
        others = [one for one in self._lessons if one.page.url != newest.page.url]
        others.sort(key=lambda one: one.layout != newest.layout)
        for chosen in self._threes(others, newest):
            template = induce(self._source, declared, chosen, reading.now)
            if template is None:
                continue
            reader = TemplateReader(template)
            if self._spoils(reader, declared, reading):
                # Each try reads many pages: the next visit learns from others.
                self._tries = MOST_TRIES
                return None
            for old in [one for one in self._readers if one.template.layout == template.layout]:
                self._readers.remove(old)
            self._readers.insert(0, reader)
            self._common[template.layout] = everywhere(chosen)
            self._tries = 0
            for gone in [one for one in self._given_up.values() if one.version == template.version]:
                self._forget(gone)
            self._keep(template)
            self._mend(reader, newest)
            return reader
        return None

    def _spoils(self, reader: TemplateReader, declared: ReleaseRules, reading: DateContext) -> bool:
        """Whether many stored pages are read worse by a new template than by detection."""
        pairs = []
        for page, listed, release in self._stored(declared):
            if page.url in reader.template.urls:
                continue
            found = reader.read(page, reading, listed)
            if found:
                detected = read_release(page, reading, declared, listed).content
                pairs.append(TwoReadings(page.url, detected, found.content, release.content))
        return compare_readings(pairs).is_mass_change

    def _threes(self, others: list[Sample], newest: Sample) -> Iterator[tuple[Sample, ...]]:
        """Sets of three lessons, the newest first: one page that was misread spoils not all."""
        pairs = combinations(others, LEAST - 1)
        for pair in islice(pairs, max(0, MOST_TRIES - self._tries)):
            self._tries += 1
            yield (newest, *pair)

    def _mend(self, reader: TemplateReader, newest: Sample) -> None:
        """Read again what detection read before the template was known, and drop those lessons."""
        rest = []
        for lesson in self._lessons:
            read = reader.read(lesson.page, lesson.reading, lesson.listed)
            if read is None or not self._holds(reader, read, lesson.read):
                rest.append(lesson)
            elif lesson is not newest:
                self._mended.append(read)
        self._lessons = deque(rest, maxlen=MOST_LESSONS)

    def _keep(self, template: Template) -> None:
        self._shelf.keep_template(self._source, template.layout, encode_template(template))

    def _forget(self, template: Template) -> None:
        """Forget a layout that was given up."""
        del self._given_up[template.layout]
        self._changed.discard(template.layout)
        self._shelf.forget_template(self._source, template.layout)


def missed(template: Template, url: str) -> Template:
    """A template with one page more that did not fit."""
    if url in template.misfits:
        return template
    misfits = (*template.misfits, url)
    pages, again = template.pages + 1, len(misfits) >= MISFITS
    return msgspec.structs.replace(template, pages=pages, misfits=misfits, look_again=again)
