"""What one visit sees on the pages of releases: which can't be read, and what they lack.

A page that is read is compared with the release as it is stored, and a new one with the last
releases of its source.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from data.identity.decision import LISTING_RULE
from data.models import Content, Draft, PageFacts, Release, Run, RunError, Streak, VisitFacts
from data.text.garbled import is_garbled
from data.text.redaction import redacted
from data.text.urls import canonical_url
from spiders.crawl.facts.past_releases import PastReleases

ALIKE: Final = 3
"""Releases with one title, or one text, from which on that says something."""

LEAST_TEXT: Final = 200
"""Characters of a stored text from which on half of it is less."""

SHARE: Final = 0.3
"""Part of the pages of stored releases, below which what they lack may be how they were read."""

LESS: Final = 0.6
"""Part of a stored text below which its page has lost much of it."""

MORE: Final = 1.5
"""Times a stored text that a page shows where it has got back what it had lost."""

ACCEPTED: Final = dt.timedelta(days=14)
"""After so long texts are taken for what they are."""

NONE: Final = frozenset(["http:404", "http:410", "soft-404", "media-type", "redirect", "empty"])
"""Kinds of errors by which a page is no release: a listing may name one for good."""

MOST_EXCUSED: Final = 20


class ComparedPages:
    """What the pages of one visit lack, of new releases or of those that are stored.

    They lack something where half of them do, or where so ``many`` and a SHARE of them do.
    """

    def __init__(self, many: int | None = None) -> None:
        self._many = many
        self.read = 0
        self.confirmed = 0
        """Pages of which the server says that they are as they were."""
        self._thin = self._undated = self._whole = self._garbled = 0
        self._known_date = 0
        """Pages without a date of their own, read as if a listing gave the one that is known."""
        self._titles: Counter[str] = Counter()
        self._texts: Counter[int] = Counter()

    def add(
        self, content: Content, *, least_text: float, dated: bool, title: str, stored: int = 0
    ) -> None:
        """Take in a page that ought to have so much text, a date, and another title than this.

        ``stored`` are the characters of the text that it had when it was read last.
        """
        self.read += 1
        text = content.body_text
        self._whole += len(text) > MORE * stored
        self._thin += len(text) < least_text and not content.attachments
        date = content.published
        self._undated += dated and date is None
        self._known_date += dated and date is not None and date.rule == f"{LISTING_RULE}:known"
        self._garbled += is_garbled(f"{content.title}\n{text}")
        self._titles[content.title] += content.title != title
        self._texts[hash(text)] += len(text) >= LEAST_TEXT

    def leave_out(self, titles: Iterable[str]) -> None:
        """Say nothing of pages with titles that are theirs."""
        for title in titles:
            self._titles.pop(title, None)

    def after(
        self, before: PageFacts, last_titles: Sequence[str], at: dt.datetime, *, dateless: bool
    ) -> PageFacts:
        """The facts of the visit; new pages of several visits add up, stored ones are the same.

        ``dateless`` is whether the listing states no days any more.
        """
        if not self.read:
            return PageFacts() if before.refused and self.confirmed else before
        add = self._many is None
        titles = alike(self._titles, last_titles)
        undated = self._undated + self._known_date * dateless
        return PageFacts(
            self._thin_after(before, at, add=add),
            before.undated.go_on(self._most(undated), at, add=add),
            before.same_title.go_on(self._most(titles), at),
            before.same_text.go_on(self._most(alike(self._texts)), at),
            before.garbled.go_on(self._most(self._garbled), at, add=add),
        )

    def _thin_after(self, before: PageFacts, at: dt.datetime, *, add: bool) -> Streak:
        """The thin pages. Stored ones that were taken for edits stay thin until they show more."""
        thin, count = before.thin, self._most(self._thin)
        lasts = thin.since is not None and at - thin.since < ACCEPTED
        if not (count or add or self._whole or before.refused) and lasts:
            return thin.go_on(thin.count, at)
        return thin.go_on(count, at, add=add)

    def _most(self, count: int) -> int:
        many = self._many is not None and count >= max(self._many, SHARE * self.read)
        return count if many or count * 2 >= self.read else 0


def alike(counted: Counter[Any], last: Sequence[str] = ()) -> int:
    """How many have the same, with those of the ``last`` ones; 0 where they are few."""
    if not counted:
        return 0
    ((what, count),) = counted.most_common(1)
    return count if count and count + sum(one == what for one in last) >= ALIKE else 0


class ReleaseFacts:
    """The pages of releases that one visit asks for.

    ``past`` gives what is usual of the source, as it was before the visit; ``known`` the stored
    release at an address.
    """

    def __init__(
        self, past: Callable[[], PastReleases], known: Callable[[str], Release | None]
    ) -> None:
        self._past = past
        self._known = known
        self._usual: PastReleases | None = None
        self._asked: dict[str, bool] = {}
        self._answered: set[str] = set()
        self._of_new, self._of_known = ComparedPages(), ComparedPages(many=ALIKE)

    def asked(self, url: str, *, known: bool) -> None:
        """Note that a release is asked for, which the store has or not."""
        self._asked.setdefault(key_of(url), known)

    def confirmed(self, url: str) -> None:
        """Note that a page is as it was."""
        self._answered.add(key_of(url))
        self._of_known.confirmed += 1

    def gone(self, url: str) -> None:
        """Note that the page of a stored release is gone."""
        self._answered.add(key_of(url))

    def drafted(self, draft: Draft) -> None:
        """Take in a release as its page shows it, before it is recorded."""
        if self._usual is None:
            self._usual = self._past()
        urls = dict.fromkeys((draft.url, *draft.aliases))
        self._answered.update(map(key_of, urls))
        known = next(filter(None, map(self._known, urls)), None)
        if known is None:
            usual = self._usual
            self._of_new.add(
                draft.content, least_text=usual.least_text, dated=usual.dated, title=""
            )
            return
        if known.digest and known.digest == draft.digest:
            self._of_known.confirmed += 1
            return
        stored = len(known.content.body_text)
        self._of_known.add(
            draft.content,
            least_text=LESS * stored if stored >= LEAST_TEXT else 0.0,
            dated=has_own_date(known),
            title=known.content.title,
            stored=stored,
        )

    def finish(
        self, before: VisitFacts, run: Run, at: dt.datetime, *, listed: Iterable[str] = ()
    ) -> VisitFacts:
        """The facts of a visit of which the last answer came, after those of the visit before.

        New releases whose titles are ``listed`` among others are called so by their publisher,
        however many have one title. What the listing showed in this visit is among ``before``.
        """
        self._of_new.leave_out(listed)
        usual = self._usual or PastReleases()
        dateless = bool(before.dateless.count)
        new = self._of_new.after(before.new, usual.titles, at, dateless=dateless)
        known = self._of_known.after(before.known, (), at, dateless=dateless)
        if self._of_known.read:
            known = msgspec.structs.replace(known, refused=known.most > run.changed)
        if not (usual.legible or before.new.garbled.count or before.known.garbled.count):
            new = msgspec.structs.replace(new, garbled=Streak())
            known = msgspec.structs.replace(known, garbled=Streak())
        if not usual.titled:
            new = msgspec.structs.replace(new, same_title=Streak())
        return self._unread(
            msgspec.structs.replace(before, new=new, known=known), failures(run.errors), at
        )

    def _unread(
        self, before: VisitFacts, failed: Mapping[str, RunError], at: dt.datetime
    ) -> VisitFacts:
        """The facts of releases that are listed and can't be read.

        Few that fail while others are read are excused, as a listing may name what is no release;
        where most of all that were asked for fail, those that are known count too.
        """
        missing = [key for key in self._asked if key in failed and key not in self._answered]
        if not self._asked:
            return before
        new = [key for key in missing if not self._asked[key]]
        excused = before.excused
        if self._of_new.read and len(new) <= self._of_new.read:
            excused = tuple(dict.fromkeys((*excused, *new)))[-MOST_EXCUSED:]
        told = [key for key in new if key not in excused]
        if len(told) == 1 and failed[told[0]].kind in NONE:
            told = []
        missing = [key for key in missing if key not in excused]
        if len(missing) > 1 and len(missing) * 2 > len(self._asked):
            told = missing
        why = failed[told[0]] if told else None
        return msgspec.structs.replace(
            before,
            unread=before.unread.go_on(len(told), at),
            unread_kind=why.kind if why else "",
            unread_why=f"{why.message} ({why.url})" if why else "",
            excused=excused,
        )


def key_of(url: str) -> str:
    """By what a page is known, as errors tell of it: without what is secret in its address."""
    return canonical_url(redacted(url))


def has_own_date(release: Release) -> bool:
    """Whether the date of a release was read off its page."""
    published = release.published
    return published.precision != "none" and not published.rule.startswith(LISTING_RULE)


def failures(errors: Sequence[RunError]) -> Mapping[str, RunError]:
    """The errors of a run by their page, the first of each."""
    found: dict[str, RunError] = {}
    for error in errors:
        found.setdefault(key_of(error.url), error)
    return found
