"""Extract the release pages of one source, and learn templates for them during the visit.

- The first pages are extracted by detection. Three pages of one layout can give a template.
- A new template is not used if it extracts the newest stored pages much worse than detection.
- A template is used alone once it agrees with detection on a page it was not learned from.
- Edited pages are extracted by both template and detection.
- A template that contradicts detection on the first new page is deleted immediately.
- A page that no template matches is extracted by detection.
- After three such pages in a row, in one or several visits, the layout is abandoned.
- The next visit extracts these pages again to learn their layout, unless it was learned before.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import combinations, islice
from typing import Final, TypeAlias

import msgspec

from data.dates.context import DateContext
from data.models import Release
from data.revisions.extraction_drift import TwoReadings, compare_readings
from data.store.core.store import Store
from spiders.items import ExtractedRelease, ListingItem
from spiders.learning.induction import MIN_TEMPLATE_PAGES, induce, still_fits, without
from spiders.learning.samples import Sample, everywhere
from spiders.learning.template import (
    DECLARED,
    LEARNED,
    MAX_MISFITS,
    Template,
    TemplateReader,
    decode_template,
    encode_template,
    version_of,
)
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.sources.source_file import ReleaseRules

MAX_LESSONS: Final = 6
"""Maximum number of sample pages (the newest) kept in memory for learning."""

MAX_BYTES: Final = 2_000_000
"""Maximum size in bytes of a page that is used for learning."""

MAX_TRIES: Final = 10
"""Maximum number of failed attempts per visit to learn a template. Some sites have no common
layout, and each attempt takes as long as extracting several pages."""


MIN_SURE_TITLE_CONFIDENCE: Final = 0.9
"""Minimum confidence (0 to 1) in a detected title that a template must not contradict."""

KEPT_RULES: Final = (LEARNED, DECLARED)
"""Prefixes of the rule names of bodies extracted by a template or a declared selector."""


StoredPages: TypeAlias = Callable[[ReleaseRules], Iterable[tuple[Page, ListingItem, Release]]]
"""Function that returns the newest stored pages that given rules apply to, each with its listing
item and its stored release."""


class SourceTemplates:
    """The templates of a source during one visit.

    ``source`` is the source's id. ``declared`` contains all rules of its file; templates learned
    with other rules are deleted. ``store`` contains the templates, and is changed only if ``keeps``
    is true. New templates are first tested on the ``stored`` pages.
    """

    def __init__(
        self,
        source: str,
        declared: Iterable[ReleaseRules],
        store: Store,
        stored: StoredPages = lambda _rules: (),
        *,
        keeps: bool = True,
    ) -> None:
        self._source = source
        self._store = store
        self._keeps = keeps
        self._stored = stored
        current = {version_of(rules) for rules in declared}
        kept = list(map(decode_template, store.templates(source)))
        known = [one for one in kept if one and one.version in current]
        self._readers = [TemplateReader(one) for one in known if not one.is_abandoned]
        self._abandoned = {one.layout: one for one in known if one.is_abandoned}
        again = (one.misfits for one in self._abandoned.values() if one.look_again)
        self.wanted = tuple(dict.fromkeys(url for urls in again for url in urls))
        """Pages that no template matched. They are extracted again even if unchanged."""
        self._looked_again = False
        self._lessons: deque[Sample] = deque(maxlen=MAX_LESSONS)
        self._common: dict[str, frozenset[str]] = {}
        """For each layout learned in this visit, the lines on all its sample pages."""
        self._trusted: set[str] = set()
        self._improved: list[ExtractedRelease] = []
        self._uncertain: set[str] = set()
        self._changed: set[str] = set()
        self._tries = 0
        for one in kept:
            if one and one.version not in current:
                self._delete(one.layout)

    def read(
        self,
        page: Page,
        context: DateContext,
        declared: ReleaseRules,
        listed: ListingItem | None,
        known: Release | None = None,
        *,
        edited: bool = False,
        reextract: bool = False,
    ) -> ExtractedRelease:
        """Extract the release from a page with a matching template, or else by detection.

        ``known`` is the stored release. ``edited`` is true if the page has changed since it was
        stored, and ``reextract`` if the stored version was extracted from the same page. If
        detection extracted the stored version, detection is used again, so that a new method never
        looks like an edit.
        """
        self._looked_again |= page.url in self.wanted
        learned_before = known is not None and known.content.body_rule.startswith(KEPT_RULES)
        if known is not None and (edited or reextract) and not learned_before:
            return read_release(page, context, declared, listed)
        reads = ((reader.read(page, context, listed), reader) for reader in self._of(declared))
        found, by = next((one for one in reads if one[0] is not None), (None, None))
        if found is not None and by is not None and not edited:
            trusted = by.template.layout in self._trusted
            if trusted or (known and learned_before and still_fits(found.content, known.content)):
                self._fitted(by)
                return found
        detected = read_release(page, context, declared, listed)
        if found is not None and by is not None:
            if self._holds(by, found, detected):
                self._fitted(by)
                return found
            if by.template.fitted <= MIN_TEMPLATE_PAGES:
                # The template matched only the pages from which it was learned.
                self._readers.remove(by)
                self._changed.discard(by.template.layout)
                self._delete(by.template.layout)
        self._misfitted(page.url, declared)
        if known and edited:
            self._uncertain.add(page.url)
        hopeless = self._tries >= MAX_TRIES
        if hopeless or len(page.body) > MAX_BYTES or not detected.content.body_text:
            return detected
        if detected.content.language and not context.languages:
            context = replace(context, languages=(detected.content.language,))
        self._lessons.append(Sample(page, detected, context, listed))
        learned = self._study(declared, context)
        return (learned.read(page, context, listed) if learned else None) or detected

    @property
    def is_empty(self) -> bool:
        """Whether no layout of the source is known, not even an abandoned one."""
        return not (self._readers or self._abandoned)

    def is_uncertain(self, url: str) -> bool:
        """Whether the edited page at ``url`` was extracted by a different method than before.

        Its extraction may still be corrected during this visit.
        """
        return url in self._uncertain

    def improved(self) -> tuple[ExtractedRelease, ...]:
        """Return the new extractions of pages that were extracted again with a learned template.

        Each is returned only once.
        """
        found, self._improved = tuple(self._improved), []
        return found

    def finish(self) -> None:
        """At the end of a visit, store the templates that changed, with their page counts."""
        for layout, template in list(self._abandoned.items()):
            if not (self._looked_again and template.misfits[-1] in self.wanted):
                continue
            if len(template.misfits) >= MAX_LESSONS:
                self._forget(template)
            else:
                self._abandoned[layout] = msgspec.structs.replace(template, look_again=False)
                self._changed.add(layout)
        for template in (*(one.template for one in self._readers), *self._abandoned.values()):
            if template.layout in self._changed:
                self._keep(template)
        self._changed.clear()

    def _of(self, declared: ReleaseRules) -> list[TemplateReader]:
        wanted = version_of(declared)
        return [reader for reader in self._readers if reader.template.version == wanted]

    def _fitted(self, reader: TemplateReader) -> None:
        """Count a page that the template matched, and trust the template."""
        template = reader.template
        reader.template = msgspec.structs.replace(
            template, pages=template.pages + 1, fitted=template.fitted + 1, misfits=()
        )
        self._trusted.add(template.layout)
        self._changed.add(template.layout)

    def _holds(
        self, reader: TemplateReader, found: ExtractedRelease, detected: ExtractedRelease
    ) -> bool:
        """Whether a page still has the layout of a template, compared with detection.

        ``found`` is the template's extraction. Lines that only detection extracts are ignored if
        all pages of the layout have them.
        """
        sure = detected.confidence["title"] >= MIN_SURE_TITLE_CONFIDENCE
        own = without(detected.content, self._common.get(reader.template.layout, frozenset()))
        return any(still_fits(found.content, one, sure=sure) for one in (detected.content, own))

    def _misfitted(self, url: str, declared: ReleaseRules) -> None:
        """Count a page that no template matches, and abandon templates with too many such pages.

        The other templates are checked by detection until they agree with it again.
        """
        self._trusted.clear()
        for reader in self._of(declared):
            reader.template = missed(reader.template, url)
            self._changed.add(reader.template.layout)
            if reader.template.is_abandoned:
                self._readers.remove(reader)
                self._abandoned[reader.template.layout] = reader.template
        wanted = version_of(declared)
        for layout, template in self._abandoned.items():
            if template.version == wanted and len(template.misfits) < MAX_LESSONS:
                self._abandoned[layout] = missed(template, url)
                self._changed.add(layout)

    def _study(self, declared: ReleaseRules, context: DateContext) -> TemplateReader | None:
        """Learn a template from the newest sample page and other sample pages, or return None.

        Sample pages with the same layout as the newest page are tried first.
        """
        newest = self._lessons[-1]
        others = [one for one in self._lessons if one.page.url != newest.page.url]
        others.sort(key=lambda one: one.layout != newest.layout)
        # Several sets are tried, so that a badly extracted page does not spoil all of them.
        pairs = combinations(others, MIN_TEMPLATE_PAGES - 1)
        for pair in islice(pairs, max(0, MAX_TRIES - self._tries)):
            self._tries += 1
            chosen = (newest, *pair)
            template = induce(self._source, declared, chosen, context.now)
            if template is None:
                continue
            reader = TemplateReader(template)
            if self._spoils(reader, declared, context):
                # Each attempt reads many pages, so learning stops until the next visit.
                self._tries = MAX_TRIES
                return None
            self._readers = [one for one in self._readers if one.template.layout != template.layout]
            self._readers.insert(0, reader)
            self._common[template.layout] = everywhere(chosen)
            self._tries = 0
            for gone in list(self._abandoned.values()):
                if gone.version == template.version:
                    self._forget(gone)
            self._keep(template)
            self._improve(reader, newest)
            return reader
        return None

    def _spoils(self, reader: TemplateReader, declared: ReleaseRules, context: DateContext) -> bool:
        """Whether a new template extracts many stored pages worse than detection."""
        pairs = []
        for page, listed, release in self._stored(declared):
            if page.url in reader.template.urls:
                continue
            found = reader.read(page, context, listed)
            if found:
                detected = read_release(page, context, declared, listed).content
                pairs.append(TwoReadings(page.url, detected, found.content, release.content))
        return compare_readings(pairs).is_mass_change

    def _improve(self, reader: TemplateReader, newest: Sample) -> None:
        """Extract the sample pages again with a new template, and drop those that it matches."""
        rest = []
        for lesson in self._lessons:
            read = reader.read(lesson.page, lesson.context, lesson.listed)
            if read is None or not self._holds(reader, read, lesson.read):
                rest.append(lesson)
            elif lesson is not newest:
                self._improved.append(read)
        self._lessons = deque(rest, maxlen=MAX_LESSONS)

    def _keep(self, template: Template) -> None:
        if self._keeps:
            self._store.keep_template(self._source, template.layout, encode_template(template))

    def _forget(self, template: Template) -> None:
        """Delete an abandoned template."""
        del self._abandoned[template.layout]
        self._changed.discard(template.layout)
        self._delete(template.layout)

    def _delete(self, layout: str) -> None:
        if self._keeps:
            self._store.forget_template(self._source, layout)


def missed(template: Template, url: str) -> Template:
    """Return a copy of a template with ``url`` added to the pages that it did not match."""
    if url in template.misfits:
        return template
    misfits = (*template.misfits, url)
    pages, again = template.pages + 1, len(misfits) >= MAX_MISFITS
    return msgspec.structs.replace(template, pages=pages, misfits=misfits, look_again=again)
