"""Distinguish edits of releases from changes caused by a new site design.

If a change comes only from a new design or a different extraction, the stored content is updated
without a new revision, because readers see no edit. In these cases, a removed or added line comes
from the design:

- The line is not part of a release's text: a label, a byline, a date line, topics, buttons, a
  caption (see `design_changes`).
- The line was removed, but the page still shows it. So only the extraction lost it.
- The page was redesigned (its markup is very different), and several releases of the visit lost or
  gained the same line, or most redesigned pages show it.
- The line was added, and its page shows it in a header, a footer or a similar frame.
- The line was added to most releases of the visit, at least two.
- The page was redesigned, and all its lines remain, though in a different order.
- The page was redesigned, and no line of its stored text was the release's own text.

Moved links come from the design if the page was rebuilt, or if the linked site has new addresses.

A title change comes from the design if the site's name, a date or a byline was added or removed at
either end. The shorter title is then kept. All other changes are edits, even in the same visit.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import numpy as np

from data.dates.context import DateContext
from data.identity.decision import KEPT_RULE
from data.models import Content, Draft, Release
from data.revisions.alignment import aligned
from data.revisions.edits import named_files, significant_changes
from data.text.words import tokens, word_hashes
from spiders.crawl.drafts.design_changes import LineKinds, LinkMoves
from spiders.crawl.drafts.page_sketch import Shown, is_rebuilt
from spiders.page.phrases import comparison_key

MIN_SHARED_CHANGES: Final = 3
"""Minimum number of releases with the same change for it to come from the site's design."""

MIN_SITE_LINE_SHARE: Final = 0.75
"""Minimum share of a visit's stored releases that must gain the same line for the line to count as
part of the site.
"""
MIN_SITE_LINE_PAGES: Final = 2
"""Minimum number of a visit's stored releases that must gain the same line for the line to count as
part of the site.
"""

MIN_FRAME_LETTERS: Final = 4
"""Minimum length, in letters, of a line that is searched for in a page's frames (header, footer and
the like).
"""

MAX_FRAME_TEXT_LINES: Final = 50
"""Maximum number of lines of the stored text that are searched for in a page's frame."""

MIN_SHARED_CHANGE_SHARE: Final = 0.25
"""Minimum share of the releases on redesigned pages with the same change for it to come from the
site's design."""

MAX_COMPARED_LINES: Final = 4_000
"""Maximum number of body lines that are compared line by line. Limits CPU time."""

MAX_STEPS: Final = 500_000
"""Maximum number of steps in a word-by-word comparison of two bodies."""

MAX_LINE: Final = 20_000
"""Maximum length of a line that is normalized before comparison, in characters."""


MIN_LINE_LETTERS: Final = 12
"""Minimum length, in letters, of a body line that is searched for elsewhere on the page."""

MAX_REBUILT_PAGES: Final = 200
"""Maximum number of redesigned pages per visit whose lines are counted. Limits memory use."""

DIGIT_RUN: Final = re.compile(r"\d+")

Words = tuple[str, ...]
Passages = list[tuple[list[str], list[str]]]


@dataclass(frozen=True, slots=True)
class Note:
    """A changed release: its stored version (``known``) and its page (``shown``).

    - ``rebuilt``: whether the design of the page changed
    - ``keys``: keys of the removed and added lines and files, for comparison with other releases
    - ``around``: the text of the page's frames (header, footer and the like), without frames that
      contain the stored text
    """

    known: Release
    shown: Shown
    rebuilt: bool
    keys: frozenset[Hashable]
    around: str = ""


class LayoutChange:
    """Separates edits from layout changes among the changed releases of one visit.

    ``skeleton`` returns the stored sketch of a release's page (see `page_sketch.skeleton_of`).
    """

    def __init__(self, context: DateContext, skeleton: Callable[[str], bytes]) -> None:
        self._context = context
        self._skeleton = skeleton
        self._notes: dict[str, Note] = {}
        self._met: defaultdict[Hashable, set[str]] = defaultdict(set)
        self._link_moves = LinkMoves()
        self._rebuilt: set[str] = set()
        self._pages: set[str] = set()
        self._lines: Counter[str] = Counter()
        self._known: set[str] = set()
        self._came: defaultdict[str, set[str]] = defaultdict(set)

    def unchanged(self, url: str) -> None:
        """Count the release at ``url``, whose page has not changed since it was stored."""
        self._known.add(url)

    def note(self, draft: Draft, known: Release | None, shown: Shown) -> None:
        """Add a draft, so that the visit's other drafts are compared with it.

        ``known`` is the stored release, and ``shown`` the content of the whole page.
        """
        before = self._notes.pop(draft.url, None)
        for key in before.keys if before else ():
            self._met[key].discard(draft.url)
        rebuilt = known is not None and is_rebuilt(self._skeleton(known.id), draft.skeleton)
        if rebuilt and draft.url not in self._pages and len(self._pages) < MAX_REBUILT_PAGES:
            self._pages.add(draft.url)
            self._lines.update(shown.lines)
        if known is None:
            return
        self._known.add(draft.url)
        if not significant_changes(known.content, draft.content):
            return
        differing = passages(known.content.body_text, draft.content.body_text)
        if len(self._came) < MAX_COMPARED_LINES:
            for _, came in differing:
                for line in came:
                    self._came[_masked(line)].add(draft.url)
        keys = frozenset(_keys(known.content, draft.content, differing) if rebuilt else ())
        self._link_moves.note(draft.url, known.content, draft.content)
        self._notes[draft.url] = Note(known, shown, rebuilt, keys, _around(known.content, shown))
        if rebuilt:
            self._rebuilt.add(draft.url)
        for key in keys:
            self._met[key].add(draft.url)

    def split(self, draft: Draft) -> tuple[Draft | None, Draft | None]:
        """Split a draft into a draft with its layout changes and a draft with its edit.

        Each is None if there is no such change. Layout changes are recorded as a re-extraction of
        the release.
        """
        note = self._notes.pop(draft.url, None)
        if note is None:
            return None, draft
        old = note.known.content
        new, edited = self._settle(note, replace(draft.content, published=old.published))
        reread = new
        if "title" in edited:
            reread = replace(reread, title=old.title, title_rule=old.title_rule)
        if not edited.isdisjoint(("body", "links")):
            reread = replace(reread, body_text=old.body_text, body_html=old.body_html)
        if "attachments" in edited:
            reread = replace(reread, attachments=old.attachments)
        published = draft.content.published
        edit = replace(draft, content=replace(new, published=published)) if edited else None
        if edit and not significant_changes(old, reread):
            return None, edit
        return replace(draft, content=replace(reread, published=published), reread=True), edit

    def _settle(self, note: Note, new: Content) -> tuple[Content, frozenset[str]]:
        """Return the content to store, and the names of the edited fields.

        ``note`` is the changed release, and ``new`` its new content.
        """
        old = note.known.content
        kinds = LineKinds((old, new), self._context)
        changed = significant_changes(old, new)
        edited = set(changed)
        rest = self._rest_of_title(note, new, kinds)
        if rest is not None:
            edited.discard("title")
            if rest and len(old.title) < len(new.title):
                new = replace(new, title=old.title, title_rule=KEPT_RULE)
        differing = passages(old.body_text, new.body_text) if "body" in changed else []
        if "body" in changed and self._is_same_text(note, differing, kinds):
            edited.discard("body")
            lost = any(_stands(line, note.shown) for gone, _ in differing for line in gone)
            gained = any(self._is_of_site(line, note) for _, came in differing for line in came)
            if (lost or gained) and self._had_text(note, kinds):
                # The earlier extraction was better: it had lines that the page still shows, or no
                # page frame.
                new = replace(new, body_text=old.body_text, body_html=old.body_html)
        # A new design often comes with new addresses.
        if note.rebuilt or self._link_moves.are_new_addresses(old, new):
            edited.discard("links")
        if "attachments" in changed:
            before, after = named_files(old), named_files(new)
            if all(self._shared(("file", name), note) for name in before.keys() ^ after.keys()):
                edited.discard("attachments")
            elif (
                before.keys() - after.keys() <= note.shown.files
                and not after.keys() - before.keys()
            ):
                edited.discard("attachments")
                new = replace(new, attachments=old.attachments)
        return new, frozenset(edited)

    def _is_same_text(self, note: Note, differing: Passages, kinds: LineKinds) -> bool:
        """Whether two bodies differ only in lines that are not part of the release's text."""
        if note.rebuilt and not self._had_text(note, kinds):
            return True
        gone: list[str] = []
        came: list[str] = []
        for before, after in differing:
            left = [one for one in before if not self._is_of_design("gone", one, note, kinds)]
            right = [one for one in after if not self._is_of_design("came", one, note, kinds)]
            old, new = "\n".join(left), "\n".join(right)
            if old != new and not np.array_equal(word_hashes(old), word_hashes(new)):
                gone += left
                came += right
        moved = Counter(map(_key, gone)) == Counter(map(_key, came))
        return moved and (note.rebuilt or not gone)

    def _had_text(self, note: Note, kinds: LineKinds) -> bool:
        """Whether any line of the stored body is the release's own text."""
        lines = islice(_lines(note.known.content.body_text), MAX_COMPARED_LINES)
        if not note.rebuilt:
            return any(True for _ in lines)
        return any(
            not (kinds.is_beside(one) or kinds.is_label(one) or self._is_common(one))
            for one in lines
        )

    def _is_of_design(self, side: str, line: str, note: Note, kinds: LineKinds) -> bool:
        if kinds.is_beside(line) or (note.rebuilt and kinds.is_label(line)):
            return True
        if side == "gone" and _stands(line, note.shown):
            return True
        if side == "came" and self._is_of_site(line, note):
            return True
        return self._shared((side, _masked(line)), note) or (note.rebuilt and self._is_common(line))

    def _is_of_site(self, line: str, note: Note) -> bool:
        """Whether an added line is part of the site's layout.

        Such a line is in a frame of the page, or was added to most pages of the visit.
        """
        pages = len(self._came[_masked(line)])
        if pages >= max(MIN_SITE_LINE_PAGES, MIN_SITE_LINE_SHARE * len(self._known)):
            return True
        key = comparison_key(line)
        return len(key) >= MIN_FRAME_LETTERS and key in note.around

    def _is_common(self, line: str) -> bool:
        """Whether most redesigned pages of the visit show a line."""
        return self._lines[comparison_key(line)] >= max(MIN_SHARED_CHANGES, len(self._pages) / 2)

    def _shared(self, key: Hashable, note: Note) -> bool:
        """Whether a release's page was redesigned, and several releases have the change ``key``."""
        least = max(MIN_SHARED_CHANGES, MIN_SHARED_CHANGE_SHARE * len(self._rebuilt))
        return note.rebuilt and len(self._met[key]) >= least

    def _rest_of_title(self, note: Note, new: Content, kinds: LineKinds) -> Words | None:
        """Return the words that only the longer of two titles of a release has, or None.

        Returns None if these words are part of the release's own title.
        """
        rest = rest_of(tokens(note.known.content.title), tokens(new.title))
        if not rest:
            return rest
        text = " ".join(rest)
        beside = kinds.is_named(text)
        if note.rebuilt and not beside:
            beside = kinds.is_beside(text) or kinds.is_label(text)
        return rest if beside or self._shared(("title", _masked(text)), note) else None


def _around(known: Content, shown: Shown) -> str:
    own = map(comparison_key, islice(_lines(known.body_text), MAX_FRAME_TEXT_LINES))
    texts = [text for text in own if len(text) >= MIN_LINE_LETTERS]
    return "\n".join(one for one in shown.frames if not any(text in one for text in texts))


def rest_of(old: list[str], new: list[str]) -> Words | None:
    """Return the words of the longer title before or after the shorter one, or None.

    Returns None if the longer title neither begins nor ends with the shorter one.
    """
    short, long = sorted((old, new), key=len)
    if not short:
        return None
    if long[: len(short)] == short:
        return tuple(long[len(short) :])
    if long[-len(short) :] == short:
        return tuple(long[: -len(short)])
    return None


def passages(old: str, new: str) -> Passages:
    """Compare two bodies by their words.

    Returns pairs: the removed lines, and the lines that replace them. Bodies of more than
    `MAX_COMPARED_LINES` lines are returned as one pair.
    """
    if (
        max(sum(map(bool, map(str.strip, text.split("\n")))) for text in (old, new))
        > MAX_COMPARED_LINES
    ):
        # Return each text as one line, because comparing so many lines would take too long.
        return [([old], [new])]
    before, after = (
        [(line, key) for line in text.split("\n") if (key := _key(line))] for text in (old, new)
    )
    left, right = ([key for _, key in lines] for lines in (before, after))
    return [
        ([line for line, _ in before[block.old]], [line for line, _ in after[block.new]])
        for block in aligned(left, right, steps=MAX_STEPS)
        if not block.is_same
    ]


def _keys(old: Content, new: Content, differing: Passages) -> Iterator[Hashable]:
    """Yield the comparison keys of the lines and files that a release lost or gained."""
    for gone, came in differing:
        yield from (("gone", _masked(line)) for line in gone)
        yield from (("came", _masked(line)) for line in came)
    for name in named_files(old).keys() ^ named_files(new).keys():
        yield "file", name
    if rest := rest_of(tokens(old.title), tokens(new.title)):
        yield "title", _masked(" ".join(rest))


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a text that contain words."""
    return filter(_key, text.split("\n"))


def _key(line: str) -> str:
    """Return the normalized words of a line, or "" for a line without words.

    Lines with the same words have the same key. Text after MAX_LINE characters is not normalized.
    """
    return " ".join(tokens(line[:MAX_LINE])) + line[MAX_LINE:]


def _masked(line: str) -> str:
    """Replace all numbers in a line with 0, for comparison with lines of other releases."""
    return DIGIT_RUN.sub("0", _key(line))


def _stands(line: str, shown: Shown) -> bool:
    key = comparison_key(line)
    return len(key) >= MIN_LINE_LETTERS and key in shown.lines
