"""Detect release pages that are garbled or incomplete.

The page of a stored release is compared with the stored content, and a new page with the source's
latest releases. A text decoded with a wrong character set is garbled: it contains U+FFFD, question
marks inside words, or pairs such as ``Ã¼`` for ``ü``.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from data.identity.decision import LISTING_RULE
from data.models import Content, Draft, PageFacts, Release, Run, RunError, Streak, VisitFacts
from data.text.clean import CONFUSED
from data.text.urls import public_url_key

MAX_COMPARED_RELEASES: Final = 50
"""Number of newest stored releases from which a source's usual properties are determined."""

MIN_COMPARED_RELEASES: Final = 5
"""Minimum number of stored releases for determining a source's usual properties."""

MIN_DATED_SHARE: Final = 0.9
"""Minimum share of releases with a date for the source's releases to count as usually dated."""

MIN_DISTINCT_TITLE_SHARE: Final = 0.7
"""Minimum share of distinct titles for the source's releases to count as usually having different
titles."""

USUAL_TEXT_SHARE: Final = 0.5
"""Minimum length of a new release's text, as a share of the source's shortest usual text. A shorter
text is probably incomplete ("thin").
"""

RELEASES_PER_EXCEPTION: Final = 20
"""When the shortest usual text is determined, one release per this many is ignored as an exception
with an even shorter text.
"""

MIN_SAME_VALUES: Final = 3
"""Minimum number of releases with the same title or text for a fault to be reported."""

MIN_COMPARED_CHARACTERS: Final = 200
"""Minimum length in characters of a text that is compared with other texts."""

MIN_FAULT_SHARE: Final = 0.3
"""Minimum share of a visit's stored pages with a fault for it to be reported."""

THIN_TEXT_SHARE: Final = 0.6
"""Minimum length of a stored release's new text, as a share of its stored text. A shorter text is
probably incomplete ("thin").
"""

RESTORED_TEXT_FACTOR: Final = 1.5
"""A stored text that was incomplete counts as restored if the new text is more than this many times
as long."""

ACCEPT_AFTER: Final = dt.timedelta(days=14)
"""Time after which shortened texts count as a change by the site, and no longer as incomplete."""

NOT_RELEASE_ERRORS: Final = frozenset(
    ["http:404", "http:410", "soft-404", "media-type", "redirect", "empty"]
)
"""Error kinds of pages that are not releases. A listing may link to such pages permanently."""

MAX_EXCUSED_PAGES: Final = 20
"""Maximum number of unreadable pages per source that are remembered and no longer reported."""

LOST_LETTERS: Final = re.compile(r"\ufffd|(?<=\w)\?+(?=\w)|\?{3,}")
"""Pattern of the characters that replace letters after decoding with a wrong character set."""

URL_WORD: Final = re.compile(r"(?<!\S)[^\s/=&@]*+[/=&@]\S*")
"""Pattern of a word that may contain question marks, such as a URL."""

MIN_LOST_LETTERS: Final = 5
"""Minimum number of lost letters in a garbled text. Fewer may come from a quotation."""

MAX_CHARACTERS_PER_LOSS: Final = 100
"""A text counts as garbled only if it has at least one lost letter per this many characters."""


@dataclass(frozen=True, slots=True)
class PastReleases:
    """The usual properties of a source's releases.

    - ``least_text``: length in characters below which a text is probably incomplete, or 0
    - ``dated``: whether releases usually have dates
    - ``titled``: whether releases usually have different titles
    - ``legible``: whether most texts are not garbled
    """

    least_text: float = 0.0
    dated: bool = False
    titled: bool = False
    legible: bool = True
    titles: tuple[str, ...] = ()
    """The titles of the newest releases, newest first."""


def past_releases(last: Sequence[Release]) -> PastReleases:
    """Determine the usual properties of a source's releases.

    ``last`` contains the newest releases, newest first. Returns default properties if there are too
    few releases.
    """
    if len(last) < MIN_COMPARED_RELEASES:
        return PastReleases()
    lengths = sorted(len(one.content.body_text) for one in last)
    usual = lengths[len(lengths) // RELEASES_PER_EXCEPTION]
    dated = sum(one.published.precision != "none" for one in last) >= MIN_DATED_SHARE * len(last)
    titles = [one.content.title for one in last]
    # The newest titles are left out, because they may already be wrong.
    older = Counter(titles[2:])
    titled = len(older) >= MIN_DISTINCT_TITLE_SHARE * older.total()
    legible = sum(is_garbled(one.content.body_text) for one in last) * 2 < len(last)
    return PastReleases(USUAL_TEXT_SHARE * usual, dated, titled, legible, tuple(titles[:2]))


class ComparedPages:
    """Counts faults on one visit's pages, either of new releases or of stored releases.

    A fault is reported if half of the pages have it. If ``many`` is given, it is also reported if
    at least ``many`` pages and a share of MIN_FAULT_SHARE have it.
    """

    def __init__(self, many: int | None = None) -> None:
        self._many = many
        self.read = 0
        self.confirmed = 0
        """Number of pages that the server reports as unchanged."""
        self._thin = self._undated = self._whole = self._garbled = 0
        self._known_date = 0
        """Number of pages without a date, for which the stored date was used."""
        self._titles: Counter[str] = Counter()
        self._texts: Counter[int] = Counter()

    def add(
        self, content: Content, *, least_text: float, dated: bool, title: str, stored: int = 0
    ) -> None:
        """Add a page, and compare it with its expected properties.

        ``least_text`` is the minimum length of the text in characters. ``dated`` is true if a date
        is expected. ``title`` is the stored title, which may occur on several pages. ``stored`` is
        the length of the stored text in characters.
        """
        self.read += 1
        text = content.body_text
        self._whole += len(text) > RESTORED_TEXT_FACTOR * stored
        self._thin += len(text) < least_text and not content.attachments
        date = content.published
        self._undated += dated and date is None
        self._known_date += dated and date is not None and date.rule == f"{LISTING_RULE}:known"
        self._garbled += is_garbled(f"{content.title}\n{text}")
        self._titles[content.title] += content.title != title
        self._texts[hash(text)] += len(text) >= MIN_COMPARED_CHARACTERS

    def leave_out(self, titles: Iterable[str]) -> None:
        """Ignore ``titles`` when shared titles are counted.

        The publisher gave several releases the same title, as the listing shows.
        """
        for title in titles:
            self._titles.pop(title, None)

    def after(
        self, before: PageFacts, last_titles: Sequence[str], at: dt.datetime, *, dateless: bool
    ) -> PageFacts:
        """Return the facts about pages after this visit.

        ``before`` contains the facts after the last visit, and ``last_titles`` the newest stored
        titles. Faults of new pages add up over visits. Faults of stored pages do not, because the
        same pages are requested again. ``dateless`` is true if the listing lost its dates.
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
        """Return the streak of visits with probably incomplete ("thin") pages.

        If a stored page's loss of text was recorded as an edit, the page stays thin until its text
        is restored.
        """
        thin, count = before.thin, self._most(self._thin)
        lasts = thin.since is not None and at - thin.since < ACCEPT_AFTER
        if not (count or add or self._whole or before.refused) and lasts:
            return thin.go_on(thin.count, at)
        return thin.go_on(count, at, add=add)

    def _most(self, count: int) -> int:
        many = self._many is not None and count >= max(self._many, MIN_FAULT_SHARE * self.read)
        return count if many or count * 2 >= self.read else 0


def alike(counted: Counter[Any], last: Sequence[str] = ()) -> int:
    """Return the number of occurrences of the most frequent value.

    Returns 0 if there are fewer than MIN_SAME_VALUES, including occurrences in ``last``.
    """
    if not counted:
        return 0
    ((what, count),) = counted.most_common(1)
    return count if count and count + sum(one == what for one in last) >= MIN_SAME_VALUES else 0


class ReleaseFacts:
    """Collects facts about the release pages that one visit requests.

    ``past`` returns the usual properties of the source's releases before the visit.
    """

    def __init__(self, past: Callable[[], PastReleases]) -> None:
        self._past = past
        self._usual: PastReleases | None = None
        self._requested: dict[str, bool] = {}
        self._answered: set[str] = set()
        self._of_new, self._of_known = ComparedPages(), ComparedPages(many=MIN_SAME_VALUES)

    def add_request(self, url: str, *, known: bool) -> None:
        """Record that a release is requested. ``known`` is true if it is already stored."""
        self._requested.setdefault(public_url_key(url), known)

    def confirmed(self, url: str) -> None:
        """Record that the page of a stored release is unchanged."""
        self._answered.add(public_url_key(url))
        self._of_known.confirmed += 1

    def gone(self, url: str) -> None:
        """Record that the page of a stored release is missing from the site."""
        self._answered.add(public_url_key(url))

    def add_draft(self, draft: Draft, known: Release | None) -> None:
        """Add a draft before it is recorded.

        ``known`` is the stored release at one of the draft's URLs, or None.
        """
        if self._usual is None:
            self._usual = self._past()
        self._answered.update(map(public_url_key, {draft.url, *draft.aliases}))
        if known is None:
            usual = self._usual
            least, dated = usual.least_text, usual.dated
            self._of_new.add(draft.content, least_text=least, dated=dated, title="")
            return
        if known.digest and known.digest == draft.digest:
            self._of_known.confirmed += 1
            return
        stored, published = len(known.content.body_text), known.published
        is_own = published.precision != "none" and not published.rule.startswith(LISTING_RULE)
        self._of_known.add(
            draft.content,
            least_text=THIN_TEXT_SHARE * stored if stored >= MIN_COMPARED_CHARACTERS else 0.0,
            dated=is_own,
            title=known.content.title,
            stored=stored,
        )

    def finish(
        self, before: VisitFacts, run: Run, at: dt.datetime, *, listed: Iterable[str] = ()
    ) -> VisitFacts:
        """Return the facts at the end of a visit, based on the facts ``before``.

        ``before`` already includes this visit's facts about the listing. ``listed`` contains titles
        on the listing, which several new releases may share, because the publisher chose them.
        """
        self._of_new.leave_out(listed)
        usual = self._usual or PastReleases()
        dateless = bool(before.dateless.count)
        new = self._of_new.after(before.new, usual.titles, at, dateless=dateless)
        known = self._of_known.after(before.known, (), at, dateless=dateless)
        if self._of_known.read:
            known = replace(known, refused=known.most > run.changed)
        if not (usual.legible or before.new.garbled.count or before.known.garbled.count):
            new = replace(new, garbled=Streak())
            known = replace(known, garbled=Streak())
        if not usual.titled:
            new = replace(new, same_title=Streak())
        # The first error of each page.
        failed = {public_url_key(error.url): error for error in reversed(run.errors)}
        return self._unread(replace(before, new=new, known=known), failed, at)

    def _unread(
        self, before: VisitFacts, failed: Mapping[str, RunError], at: dt.datetime
    ) -> VisitFacts:
        """Add the listed releases whose pages can't be read to the facts of the visit.

        If most pages are readable, a few failures are excused, because a listing may link to pages
        that are not releases. If most requested pages fail, failures of stored releases count, too.
        """
        missing = [key for key in self._requested if key in failed and key not in self._answered]
        if not self._requested:
            return before
        new = [key for key in missing if not self._requested[key]]
        excused = before.excused
        if self._of_new.read and len(new) <= self._of_new.read:
            excused = tuple(dict.fromkeys((*excused, *new)))[-MAX_EXCUSED_PAGES:]
        reported = [key for key in new if key not in excused]
        if len(reported) == 1 and failed[reported[0]].kind in NOT_RELEASE_ERRORS:
            reported = []
        missing = [key for key in missing if key not in excused]
        if len(missing) > 1 and len(missing) * 2 > len(self._requested):
            reported = missing
        why = failed[reported[0]] if reported else None
        return replace(
            before,
            unread=before.unread.go_on(len(reported), at),
            unread_kind=why.kind if why else "",
            unread_why=f"{why.message} ({why.url})" if why else "",
            excused=excused,
        )


def is_garbled(text: str) -> bool:
    """Whether a text lost more than a few letters because of a wrong character set.

    ftfy recognizes the letter pairs that result from a wrong character set.
    """
    lost = 0
    if "?" in text or "\ufffd" in text:
        words = URL_WORD.sub(" ", text) if "?" in text else text
        lost = sum(len(match[0]) for match in LOST_LETTERS.finditer(words))
    if not _is_much(lost, text) and not text.isascii() and CONFUSED.search(text):
        from ftfy.badness import badness  # noqa: PLC0415 - loads tables that few texts need

        lost = badness(text)
    return _is_much(lost, text)


def _is_much(lost: int, text: str) -> bool:
    return lost >= MIN_LOST_LETTERS and lost * MAX_CHARACTERS_PER_LOSS >= len(text)
