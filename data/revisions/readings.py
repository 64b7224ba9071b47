"""What differs between two readings of the same pages, and whether the second one is worse.

One reading is that of the feeds, the other by other rules: of a source file, of a template, of our
own code. Whether a page gained or was harmed can only be told beside the other pages: a line that
goes from all of them was none of their texts, and one that comes to all of them is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

import msgspec

from data.models import Content, Published
from data.revisions.fields import FIELDS
from data.text.words import tokens

RELEASE: Final = "release"
"""What is gained or lost where a page turns into a release, or is none any more."""

SHARE: Final = 0.2
"""The share of pages that are harmed from which a change is a mass change."""

LEAST: Final = 2
"""Pages that are harmed at the least in a mass change, unless there are fewer."""

WORDS: Final = 0.1
"""The share of the words of a text that may go, or come from what all pages say, without harm."""

SHARED: Final = 3
"""Pages from which on a line may be one that all pages say; half of them must, too."""

EXAMPLES: Final = 3
"""Pages of a field that are told."""

SHOWN: Final = 120
"""Characters of a value that are told."""

Words: TypeAlias = tuple[str, ...]
How: TypeAlias = Literal["gained", "lost", "changed"]


@dataclass(frozen=True, slots=True)
class TwoReadings:
    """What one page says by two readings; None where it is no release by one.

    ``shown`` is what the feeds say, where that is not the first reading.
    """

    url: str
    before: Content | None
    after: Content | None
    shown: Content | None = None


class Example(msgspec.Struct, frozen=True):
    """A page of which a field is read otherwise, and both values, cut; of a text what differs."""

    url: str
    before: str
    after: str


class FieldDrift(msgspec.Struct, frozen=True):
    """On how many pages a field is gained, lost and changed, and on how many that does harm."""

    field: str
    gained: int
    lost: int
    changed: int
    harmed: int
    examples: Sequence[Example] = ()


class PagesDrift(msgspec.Struct, frozen=True):
    """What became of ``pages``, of which ``harmed`` are worse off; only fields that differ."""

    pages: int
    harmed: int
    fields: Sequence[FieldDrift] = ()

    @property
    def is_mass_change(self) -> bool:
        """Whether so many pages are harmed that a person has to look."""
        return is_many(self.harmed, self.pages)


def is_many(harmed: int, of: int) -> bool:
    """Whether so many of some things are harmed that it is a mass change."""
    return harmed > 0 and harmed >= SHARE * of and harmed >= min(LEAST, of)


def compare_readings(pages: Sequence[TwoReadings]) -> PagesDrift:
    """What differs between two readings of pages; those that are no release by both don't count."""
    known = [page for page in pages if page.before or page.after]
    both = [
        (page.url, page.before, page.after, page.shown or page.before)
        for page in known
        if page.before and page.after
    ]
    shared = SharedText((before, after) for _, before, after, _ in both)
    shared_with_feeds = SharedText((shown, after) for _, _, after, shown in both)
    told: dict[str, list[tuple[How, bool, Example]]] = {}
    harmed = set()
    for page in known:
        if page.before and page.after:
            continue
        lost = page.after is None
        before, after = (one.title if one else "" for one in (page.before, page.after))
        example = Example(page.url, before[:SHOWN], after[:SHOWN])
        told.setdefault(RELEASE, []).append(("lost" if lost else "gained", lost, example))
        harmed |= {page.url} if lost else set()
    for url, old, new, shown in both:
        for name, how in _differing(old, new):
            # What is worse than before may be what the feeds say all the time.
            harm = _does_harm(name, old, new, shared) and (
                shown is old or _does_harm(name, shown, new, shared_with_feeds)
            )
            example = Example(url, *_shown(name, old, new))
            told.setdefault(name, []).append((how, harm, example))
            harmed |= {url} if harm else set()
    order = (RELEASE, *FIELDS)
    fields = [_field(name, told[name]) for name in order if name in told]
    return PagesDrift(len(known), len(harmed), fields)


def _field(name: str, told: Sequence[tuple[How, bool, Example]]) -> FieldDrift:
    counts = Counter(how for how, _, _ in told)
    # What does harm is what a person has to see.
    first = sorted(told, key=lambda one: not one[1])[:EXAMPLES]
    return FieldDrift(
        name,
        gained=counts["gained"],
        lost=counts["lost"],
        changed=counts["changed"],
        harmed=sum(harm for _, harm, _ in told),
        examples=[example for _, _, example in first],
    )


class SharedText:
    """What comes to the texts of many pages, or goes from them: it was written for none of them."""

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
        least = max(SHARED, count / 2)
        self.gone, self.come, self.cut = (
            frozenset(one for one, pages in counter.items() if pages >= least)
            for counter in (gone, come, cut)
        )


@lru_cache(maxsize=8)
def lines_of(text: str) -> Mapping[Words, str]:
    """The lines of a text by their words.

    The lines of recent texts are cached, since each text is compared several times.
    """
    found = {tuple(tokens(line)): line for line in dict.fromkeys(text.split("\n"))}
    found.pop((), None)
    return MappingProxyType(found)


def cut_off(long: Sequence[str], short: Sequence[str]) -> Words:
    """The words at one end of a title that another one lacks; none where more differs."""
    rest = len(long) - len(short)
    if not short or rest <= 0:
        return ()
    if list(long[: len(short)]) == list(short):
        return tuple(long[len(short) :])
    return tuple(long[:rest]) if list(long[rest:]) == list(short) else ()


def _differing(old: Content, new: Content) -> Iterator[tuple[str, How]]:
    """The fields that differ, and how."""
    for name in FIELDS:
        before, after = _value(old, name), _value(new, name)
        if name == "published" and before and after and same_time(before, after):
            continue
        if before != after and (before or after):
            yield name, "gained" if not before else "changed" if after else "lost"


def _value(content: Content, name: str) -> Any:
    """A field of a content; None where no date is known."""
    value = getattr(content, FIELDS[name])
    return value if name != "published" or is_dated(value) else None


def _does_harm(name: str, old: Content, new: Content, shared: SharedText) -> bool:
    """Whether a page is worse off for what differs in one field."""
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
    """Whether a date is another one, and not merely known more or less exactly."""
    if before.day != after.day:
        return True
    return before.at != after.at and "day" not in (before.precision, after.precision)


def _text_is_harmed(before: str, after: str, shared: SharedText) -> bool:
    """Whether a text lost words of its own, or took in what all pages say."""
    own = "\n".join(line for words, line in lines_of(before).items() if words not in shared.gone)
    mine, theirs = Counter(tokens(own)), Counter(tokens(after))
    lost = (mine - theirs).total()
    if lost > WORDS * mine.total():
        return True
    taken = sum(len(words) for words in lines_of(after).keys() & shared.come)
    return taken > WORDS * theirs.total()


def is_dated(date: Published | None) -> bool:
    """Whether a date is known of a release."""
    return date is not None and date.precision != "none"


def same_time(left: Published, right: Published) -> bool:
    """Whether two dates say the same, as exactly as they are known."""
    if left.precision != right.precision:
        return False
    return left.at == right.at if left.precision == "second" else left.day == right.day


def _shown(name: str, old: Content, new: Content) -> tuple[str, str]:
    """Both values of a field, for people."""
    if name == "body":
        before, after = lines_of(old.body_text), lines_of(new.body_text)
        return _first_beside(before, after), _first_beside(after, before)
    return _as_text(getattr(old, FIELDS[name])), _as_text(getattr(new, FIELDS[name]))


def _first_beside(lines: Mapping[Words, str], others: Mapping[Words, str]) -> str:
    """The first line of a text that another one lacks."""
    return next((line for words, line in lines.items() if words not in others), "")[:SHOWN]


def _as_text(value: Any) -> str:
    return _whole_text(value)[:SHOWN]


def _whole_text(value: Any) -> str:
    if isinstance(value, Published):
        return value.iso if is_dated(value) else ""
    if isinstance(value, tuple):
        return ", ".join(one if isinstance(one, str) else one.url for one in value)
    return value or ""
