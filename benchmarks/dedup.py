"""Measure the accuracy and speed of finding copies of releases, compared with datasketch.

    python benchmarks/dedup.py [--texts N] [--curve N …] [--shared SHARED]

The texts come from benchmarks/families.py. The truth is the Jaccard similarity of word triples of
all pairs in a family, computed by code that is independent of ours. Pairs from different families
that our code joins are checked in the same way.

Our code does the same as `Store.record_all`: compute MinHash values, look up the table of bands in
SQLite, compare full texts, and add the text. Without the store, the table is a dict. Of a commit,
the time that a store without stories needs for the same releases is not counted. datasketch
(MinHashLSH, threshold 0.7) looks up and adds the same word triples in memory, without comparing
texts. Times are CPU time, so that other work on the machine does not count. `--curve` prints the
cost of one text in stores of growing size, with releases in the order of publication.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from itertools import chain, combinations, islice
from pathlib import Path

from datasketch import MinHash, MinHashLSH
from families import (  # type: ignore[import-not-found]  # beside this script
    Text,
    distinct,
    seeds,
    texts,
    true_triples,
)

from data.identity.decision import DraftDecision
from data.models import Content, Draft, Published, Release, SeenDraft
from data.store.core.recorder import DraftLimit, Recorder
from data.store.core.release_matcher import (
    NO_CANDIDATES,
    ReleaseMatcher,
    SimilarReleases,
    SimilarTexts,
)
from data.store.core.stories import StoryJoiner
from data.store.shared_sql.recording import Tables
from data.store.shared_sql.rows import StoredMember
from data.store.sqlite.store import SqliteStore, SqliteTables
from data.stories.copies import MAX_ANCHOR_RELEASES, MAX_BAND_RELEASES, is_worth_comparing, likeness
from data.text.similarity import TextSignature, signature
from data.text.words import tokens
from scheduler.children.page_limit import collect_garbage_rarely

NOON = dt.datetime(2010, 3, 2, 12, tzinfo=dt.UTC)
BATCH = 200
LEAST_SHINGLES, WHOLE, SAME, SURELY = 20, 0.9, 0.7, 0.8
SURE, LIKE, HELD = "Jaccard 0.8 and more", "Jaccard 0.7 to 0.8", "held within a longer text"
TARGETS = {SURE: 0.995, LIKE: 0.98, HELD: 0.0}
PRECISION = 0.97
PER_DAY = 274
"""Texts of one day: a million in ten years."""

BESIDE = Path(__file__).resolve().parents[2] / "shared"


class TimedJoiner(StoryJoiner):
    """What joins stories, with a clock."""

    seconds = 0.0

    def copies(
        self, release: Release, text: TextSignature, near: SimilarReleases
    ) -> list[StoredMember]:
        """Find copies, timed."""
        started = time.process_time()
        found = super().copies(release, text, near)
        self.seconds += time.process_time() - started
        return found


class TimedTexts(SimilarTexts):
    """The index of similar texts, with a clock."""

    def __init__(self, tables: Tables, clock: TimedJoiner) -> None:
        super().__init__(tables)
        self._clock = clock

    def find(
        self, text: TextSignature, order: dt.datetime, bands_of_text: Sequence[int] | None = None
    ) -> SimilarReleases:
        """Find similar texts, timed."""
        _ = text.marks  # Counted in `stored`, with the sketch.
        started = time.process_time()
        found = super().find(text, order, bands_of_text)
        self._clock.seconds += time.process_time() - started
        return found

    def enter(
        self, number: int, text: TextSignature, order: dt.datetime, hot: frozenset[int]
    ) -> None:
        """Enter a text, timed."""
        started = time.process_time()
        super().enter(number, text, order, hot)
        self._clock.seconds += time.process_time() - started


class BareTexts(SimilarTexts):
    """An index without texts."""

    def find(
        self,
        text: TextSignature,  # noqa: ARG002 - the index's verb
        order: dt.datetime,  # noqa: ARG002
        bands_of_text: Sequence[int] | None = None,  # noqa: ARG002
    ) -> SimilarReleases:
        """Find none."""
        return NO_CANDIDATES

    def enter(
        self, number: int, text: TextSignature, order: dt.datetime, hot: frozenset[int]
    ) -> None:
        """Enter nothing."""


class TimedRecorder(Recorder):
    """The recorder, with a clock on what finds and keeps stories."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self._stories = self.clock = TimedJoiner(tables)
        self._texts = TimedTexts(tables, self.clock)
        self._matcher = ReleaseMatcher(tables, self._texts)


class BareRecorder(Recorder):
    """The recorder without stories: what it spends on a release is not theirs."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables)
        self._texts = BareTexts(tables)
        self._matcher = ReleaseMatcher(tables, self._texts)


class TimedTables(SqliteTables):
    """Tables with a clock on reading bands and on writing rows."""

    seconds = 0.0

    def read_bands(self, bands: Collection[int]) -> None:
        """Read bands, timed."""
        started = time.process_time()
        super().read_bands(bands)
        self.seconds += time.process_time() - started

    def write(self) -> None:
        """Write all rows, timed."""
        started = time.process_time()
        super().write()
        self.seconds += time.process_time() - started


class BareTables(TimedTables):
    """Tables without bands."""

    def read_bands(self, bands: Collection[int]) -> None:
        """Read nothing."""


class BareStore(SqliteStore):
    """The store without stories. ``written`` are the seconds that rows took."""

    recorder: type[Recorder] = BareRecorder
    tables: type[TimedTables] = BareTables

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.seconds = self.written = 0.0

    def record_all(
        self, drafts: Sequence[SeenDraft], limit: DraftLimit = lambda _: nullcontext()
    ) -> Sequence[DraftDecision]:
        """Record drafts, timed."""
        tables = self.tables(self._connection)
        recorder = self.recorder(tables)
        with self._writing():
            outcomes = recorder.record_all(drafts, limit)
        self.written += tables.seconds
        if isinstance(recorder, TimedRecorder):
            self.seconds += recorder.clock.seconds
        return [one.decision for one in outcomes]


class TimedStore(BareStore):
    """The store with stories. ``seconds`` are those that finding and keeping stories took."""

    recorder = TimedRecorder
    tables = TimedTables


def draft_of(one: Text, at: dt.datetime) -> Draft:
    """A release of a source of its own."""
    source = f"s{one.number}"
    published = Published(at.replace(microsecond=0), "second", "UTC", "", "json-ld")
    content = Content(f"Release {one.number}", published, "en", body_text=one.text)
    return Draft(source, f"https://{source}.example/{one.number}", content)


def stored(store: TimedStore, some: list[Text], bare: BareStore | None = None) -> float:
    """Seconds that the sketches, the band table and its part of the commits take for some texts."""
    before = store.seconds
    commits = committed(store, some) - (committed(bare, some) if bare else 0.0)
    started = time.process_time()
    for one in some:
        _ = signature(one.text).marks
    return store.seconds - before + commits + time.process_time() - started


def committed(store: BareStore, some: list[Text]) -> float:
    """Record some texts; seconds that their rows and the commits take."""
    seconds = -store.written
    for place in range(0, len(some), BATCH):
        with store.transaction(parts=False):
            batch = some[place : place + BATCH]
            times = [NOON + dt.timedelta(days=one.number / PER_DAY) for one in batch]
            store.record_all(
                [SeenDraft(draft_of(one, at), at, at) for one, at in zip(batch, times, strict=True)]
            )
            started = time.process_time()
        seconds += time.process_time() - started
    return seconds + store.written


def in_memory(some: list[Text]) -> float:
    """Seconds of the same work with the table in a dict."""
    table: dict[int, list[int]] = {}
    kept: list[TextSignature] = []
    started = time.process_time()
    for number, one in enumerate(some):
        own = signature(one.text)
        bands, anchors = own.bands, own.anchors
        sure = set(chain.from_iterable(table.get(mark, ()) for mark in bands))
        shared = Counter(chain.from_iterable(table.get(mark, ()) for mark in anchors))
        for other, count in shared.items():
            if is_worth_comparing(count, min(len(anchors), len(kept[other].anchors))):
                sure.add(other)
        for other in sure:
            likeness(own, kept[other])
        for marks, most in ((bands, MAX_BAND_RELEASES), (anchors, MAX_ANCHOR_RELEASES)):
            for mark in marks:
                if len(bucket := table.setdefault(mark, [])) < most:
                    bucket.append(number)
        own.forget_words()
        kept.append(own)
    return time.process_time() - started


def with_datasketch(some: list[Text]) -> float:
    """Seconds of datasketch in memory, over the same words."""
    table = MinHashLSH(threshold=0.7, num_perm=128)
    started = time.process_time()
    for one in some:
        words = [word.encode() for word in tokens(one.text)]
        hashed = MinHash(128)
        hashed.update_batch({b" ".join(t) for t in zip(words, words[1:], words[2:], strict=False)})
        table.query(hashed)
        table.insert(one.number, hashed)
    return time.process_time() - started


def quality(store: TimedStore, made: list[Text]) -> bool:
    """Print recall and precision of the stories in the store; whether they reach their targets."""
    stories = {int(release.source[1:]): release.story for release in store.by_first_seen()}
    families: dict[int, list[Text]] = defaultdict(list)
    joined: dict[str, list[Text]] = defaultdict(list)
    for one in made:
        families[one.family].append(one)
        if story := stories[one.number]:
            joined[story].append(one)
    found: dict[str, list[bool]] = {kind: [] for kind in TARGETS}
    for family in families.values():
        for left, right in combinations(family, 2):
            story = stories[left.number]
            if kind := kind_of(left, right):
                found[kind].append(story is not None and story == stories[right.number])
    right_pairs = [
        left.family == right.family or _alike(left.text, right.text)
        for members in joined.values()
        for left, right in combinations(members, 2)
    ]
    good = True
    for kind, least in TARGETS.items():
        recall = sum(found[kind]) / max(len(found[kind]), 1)
        good = good and recall >= least
        print(f"recall, {kind}: {recall:.4f} of {len(found[kind]):,} pairs (target {least})")
    precision = sum(right_pairs) / max(len(right_pairs), 1)
    pairs = len(right_pairs)
    print(f"precision: {precision:.4f} of {pairs:,} pairs in one story (target {PRECISION})")
    return good and precision >= PRECISION


def kind_of(left: Text, right: Text) -> str | None:
    """Which recall a pair of one family counts for, or None."""
    a, b = true_triples(left.text), true_triples(right.text)
    least, shared = min(len(a), len(b)), len(a & b)
    if least < LEAST_SHINGLES:
        return None
    similar = shared / len(a | b)
    if left.holds or right.holds:
        return HELD if shared >= WHOLE * least and similar < SAME else None
    if similar >= SURELY:
        return SURE
    return LIKE if similar >= SAME else None


def _alike(left: str, right: str) -> bool:
    a, b = true_triples(left), true_triples(right)
    shared = len(a & b)
    return shared >= 0.7 * len(a | b) or shared >= 0.85 * min(len(a), len(b))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--curve", type=int, nargs="*", default=[])
    parser.add_argument("--shared", type=Path, default=BESIDE)
    given = parser.parse_args()
    if not given.shared.is_dir():
        sys.exit(f"no texts in {given.shared}; give the folder that holds corpora/dev/neardup")
    # As a crawl does; without it, the time of either goes up with all that was made before.
    collect_garbage_rarely()
    real = distinct(seeds(given.shared))
    with tempfile.TemporaryDirectory() as folder:
        store = TimedStore(Path(folder) / "communique.db")
        made = list(texts(real, given.texts))
        words = sum(len(one.text.split()) for one in made) / len(made)
        print(f"{len(made):,} texts of {words:.0f} words")
        some = made[:5000]
        memory = in_memory(some) / len(some)
        rival = with_datasketch(some) / len(some)
        ours = stored(store, made, BareStore(Path(folder) / "bare.db")) / len(made)
        print(f"datasketch in memory: {1 / rival:,.0f} texts a second")
        print(f"ours in memory: {1 / memory:,.0f}, ratio {rival / memory:.1f} (target 5)")
        print(f"ours in the store: {1 / ours:,.0f}, ratio {rival / ours:.1f} (target 3)")
        good = quality(store, made)
        store.close()
    if given.curve:
        curve(real, given.curve)
    if not good:
        sys.exit("recall or precision is below its target")


def curve(real: list[str], sizes: list[int]) -> None:
    """Print what one text costs in stores of growing size."""
    window = 5000
    with tempfile.TemporaryDirectory() as folder:
        store = TimedStore(Path(folder) / "communique.db")
        made = texts(real, max(sizes) + window)
        number = 0
        first = 0.0
        for size in sorted(sizes):
            while number < size:
                some = list(islice(made, BATCH))
                stored(store, some)
                number += len(some)
            cost = stored(store, list(islice(made, window))) / window
            number += window
            first = first or cost
            print(
                f"at {size:>9,} texts: {cost * 1e6:.0f} us a text, {cost / first:.2f} of the first",
                flush=True,
            )
        store.close()


if __name__ == "__main__":
    main()
