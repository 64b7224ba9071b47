"""Compare two extractions of the same pages to decide whether the second extraction is worse.

The first extraction is published. The second uses different rules: a changed source file, template
or program. Pages must be judged together: a line that disappears from all pages, or appears on all
pages, is not part of their texts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import msgspec

from data.models import Content, Published
from data.text.words import tokens

RELEASE_FIELD: Final = "release"
"""Field name for pages that become a release, or are no longer a release."""

MIN_HARMED_SHARE: Final = 0.2
"""Minimum share of pages with a worse extraction in a mass change."""

MIN_HARMED_PAGES: Final = 2
"""Minimum number of pages with a worse extraction in a mass change, or all pages of a smaller
source."""

MAX_WORD_SHARE: Final = 0.1
"""Maximum share of a text's words that may be lost without harming the text. The same limit applies
to words from lines that many pages gain."""

MIN_SHARED_PAGES: Final = 3
"""Minimum number of pages that must gain or lose the same line for it to be shared. They must also
be at least half of all pages."""

MAX_EXAMPLES: Final = 3
"""Maximum number of example pages per field."""

MAX_VALUE_LENGTH: Final = 120
"""Maximum length in characters of a value in an example."""

Words: TypeAlias = tuple[str, ...]
How: TypeAlias = Literal["gained", "lost", "changed"]

FIELDS: Final[Mapping[str, str]] = {
    "title": "title",
    "published": "published",
    "language": "language",
    "section": "section",
    "topics": "topics",
    "publisher": "publisher",
    "author": "author",
    "summary": "summary",
    "body": "body_text",
    "images": "images",
    "attachments": "attachments",
}
"""Map from the names of compared fields to the attributes of Content."""


@dataclass(frozen=True, slots=True)
class TwoReadings:
    """Two extractions of one page. An extraction is None if it found no release.

    ``shown`` is the published content if it differs from the first extraction.
    """

    url: str
    before: Content | None
    after: Content | None
    shown: Content | None = None


class Example(msgspec.Struct, frozen=True):
    """A page on which a field differs, with both shortened values.

    For a text, the values are the first lines that differ.
    """

    url: str
    before: str
    after: str


class FieldDrift(msgspec.Struct, frozen=True):
    """Numbers of pages on which a field was gained, lost, changed and made worse (``harmed``)."""

    field: str
    gained: int
    lost: int
    changed: int
    harmed: int
    examples: Sequence[Example] = ()


class PagesDrift(msgspec.Struct, frozen=True):
    """Differences between two extractions of ``pages`` pages, of which ``harmed`` became worse.

    Only fields with differences are included.
    """

    pages: int
    harmed: int
    fields: Sequence[FieldDrift] = ()

    @property
    def is_mass_change(self) -> bool:
        """Return whether so many pages became worse that an operator must review the change."""
        return is_many(self.harmed, self.pages)


def is_many(harmed: int, of: int) -> bool:
    """Return whether ``harmed`` of ``of`` pages are enough for a mass change."""
    return harmed > 0 and harmed >= MIN_HARMED_SHARE * of and harmed >= min(MIN_HARMED_PAGES, of)


def compare_readings(pages: Sequence[TwoReadings]) -> PagesDrift:
    """Compare two extractions of the same pages.

    A page that is not a release in either extraction is ignored.
    """
    known = [page for page in pages if page.before or page.after]
    both = [
        (page.url, page.before, page.after, page.shown or page.before)
        for page in known
        if page.before and page.after
    ]
    shared = SharedText((before, after) for _, before, after, _ in both)
    shared_with_feeds = SharedText((shown, after) for _, _, after, shown in both)
    by_field: dict[str, list[tuple[How, bool, Example]]] = {}
    harmed = set()
    for page in known:
        if page.before and page.after:
            continue
        lost = page.after is None
        before, after = (one.title if one else "" for one in (page.before, page.after))
        example = Example(page.url, before[:MAX_VALUE_LENGTH], after[:MAX_VALUE_LENGTH])
        by_field.setdefault(RELEASE_FIELD, []).append(("lost" if lost else "gained", lost, example))
        harmed |= {page.url} if lost else set()
    for url, old, new, shown in both:
        for name, how in _differing(old, new):
            # The feeds may have published the worse value already.
            harm = _does_harm(name, old, new, shared) and (
                shown is old or _does_harm(name, shown, new, shared_with_feeds)
            )
            example = Example(url, *_shown(name, old, new))
            by_field.setdefault(name, []).append((how, harm, example))
            harmed |= {url} if harm else set()
    order = (RELEASE_FIELD, *FIELDS)
    fields = [_field(name, by_field[name]) for name in order if name in by_field]
    return PagesDrift(len(known), len(harmed), fields)


def _field(name: str, comparisons: Sequence[tuple[How, bool, Example]]) -> FieldDrift:
    counts = Counter(how for how, _, _ in comparisons)
    # Show harmful differences first.
    first = sorted(comparisons, key=lambda one: not one[1])[:MAX_EXAMPLES]
    return FieldDrift(
        name,
        gained=counts["gained"],
        lost=counts["lost"],
        changed=counts["changed"],
        harmed=sum(harm for _, harm, _ in comparisons),
        examples=[example for _, _, example in first],
    )


class SharedText:
    """Lines and parts of titles that many pages gain or lose. They belong to no page's text."""

    def __init__(self, pages: Iterable[tuple[Content, Content]]) -> None:
        gone, come, cut = Counter[Words](), Counter[Words](), Counter[Words]()
        count = 0
        for before, after in pages:
            count += 1
            old, new = lines_of(before.body_text), lines_of(after.body_text)
            gone.update(old.keys() - new.keys())
            come.update(new.keys() - old.keys())
            rest = cut_off(tokens(before.title), tokens(after.title))
            cut.update([rest] if rest else [])
        least = max(MIN_SHARED_PAGES, count / 2)
        self.gone, self.come, self.cut = (
            frozenset(one for one, pages in counter.items() if pages >= least)
            for counter in (gone, come, cut)
        )


@lru_cache(maxsize=8)
def lines_of(text: str) -> Mapping[Words, str]:
    """Map the words of each line in a text to the line.

    The results for recent texts are cached, because each text is compared several times.
    """
    found = {tuple(tokens(line)): line for line in dict.fromkeys(text.split("\n"))}
    found.pop((), None)
    return MappingProxyType(found)


def cut_off(long: Sequence[str], short: Sequence[str]) -> Words:
    """Return the words that the title ``long`` has in addition to ``short`` at one end.

    Returns () if the titles differ in another way.
    """
    rest = len(long) - len(short)
    if not short or rest <= 0:
        return ()
    if list(long[: len(short)]) == list(short):
        return tuple(long[len(short) :])
    return tuple(long[:rest]) if list(long[rest:]) == list(short) else ()


def _differing(old: Content, new: Content) -> Iterator[tuple[str, How]]:
    """Yield the names of the fields that differ, each with ``gained``, ``lost`` or ``changed``."""
    for name in FIELDS:
        before, after = _value(old, name), _value(new, name)
        if name == "published" and before and after and same_time(before, after):
            continue
        if before != after and (before or after):
            yield name, "gained" if not before else "changed" if after else "lost"


def _value(content: Content, name: str) -> Any:
    """Return the value of a field, or None for an unknown date."""
    value = getattr(content, FIELDS[name])
    return value if name != "published" or is_dated(value) else None


def _does_harm(name: str, old: Content, new: Content, shared: SharedText) -> bool:
    """Return whether the difference in one field makes the extraction of a page worse."""
    before, after = _value(old, name), _value(new, name)
    if not before or before == after:
        return False
    match name:
        case "title":
            was, now = tokens(before), tokens(after)
            return was != now and cut_off(was, now) not in shared.cut
        case "published":
            return after is None or _is_misdated(before, after)
        case "body":
            return not after or _text_is_harmed(before, after, shared)
        case _:
            return name == "attachments" and not after


def _is_misdated(before: Published, after: Published) -> bool:
    """Return whether two dates differ in more than their precision."""
    if before.day != after.day:
        return True
    return before.at != after.at and "day" not in (before.precision, after.precision)


def _text_is_harmed(before: str, after: str, shared: SharedText) -> bool:
    """Return whether a text lost words of its own, or gained lines that many pages gain."""
    own = "\n".join(line for words, line in lines_of(before).items() if words not in shared.gone)
    mine, theirs = Counter(tokens(own)), Counter(tokens(after))
    lost = (mine - theirs).total()
    if lost > MAX_WORD_SHARE * mine.total():
        return True
    taken = sum(len(words) for words in lines_of(after).keys() & shared.come)
    return taken > MAX_WORD_SHARE * theirs.total()


def is_dated(date: Published | None) -> bool:
    """Return whether the date of a release is known."""
    return date is not None and date.precision != "none"


def same_time(left: Published, right: Published) -> bool:
    """Return whether two dates are equal and have the same precision."""
    if left.precision != right.precision:
        return False
    return left.at == right.at if left.precision == "second" else left.day == right.day


def _shown(name: str, old: Content, new: Content) -> tuple[str, str]:
    """Return both values of a field as readable text."""
    if name == "body":
        before, after = lines_of(old.body_text), lines_of(new.body_text)
        return _first_beside(before, after), _first_beside(after, before)
    return _as_text(getattr(old, FIELDS[name])), _as_text(getattr(new, FIELDS[name]))


def _first_beside(lines: Mapping[Words, str], others: Mapping[Words, str]) -> str:
    """Return the first of ``lines`` that is not in ``others``, shortened, or "" if all are."""
    return next((line for words, line in lines.items() if words not in others), "")[
        :MAX_VALUE_LENGTH
    ]


def _as_text(value: Any) -> str:
    if isinstance(value, Published):
        value = value.iso if is_dated(value) else ""
    elif isinstance(value, tuple):
        value = ", ".join(one if isinstance(one, str) else one.url for one in value)
    return (value or "")[:MAX_VALUE_LENGTH]


class Differences(NamedTuple):
    """Names of the fields that differ between two extractions of a release."""

    gained: tuple[str, ...]
    lost: tuple[str, ...]
    changed: tuple[str, ...]


def field_differences(old: Content, new: Content, kept: Content) -> Differences:
    """Return the fields that the new extraction gained, lost or changed.

    A field is lost if ``kept``, the content to be stored, still has its old value.
    """
    gained, lost, changed = [], [], []
    for name, attribute in FIELDS.items():
        before, after = getattr(old, attribute), getattr(new, attribute)
        if name == "published":
            # A known date is kept, even if the new extraction has another date.
            if after and not is_dated(old.published):
                gained.append(name)
        elif before == after:
            continue
        elif not before:
            gained.append(name)
        elif getattr(kept, attribute) == before:
            lost.append(name)
        else:
            changed.append(name)
    return Differences(tuple(gained), tuple(lost), tuple(changed))
