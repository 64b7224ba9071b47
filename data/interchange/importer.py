"""Import of releases from lines of JSON. They are processed like collected releases."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import IO, Final, NamedTuple
from urllib.parse import urlsplit

from data.clock import utc_now
from data.dates.context import DateContext
from data.errors import RefusedValue
from data.identity.decision import DraftDecision, yet_to_come
from data.interchange.lines import MAX_LINE_BYTES, Imported, LineError, read_line
from data.models import SeenDraft, Source
from data.store.core.store import Store
from data.text.masking import MASK
from data.text.sanitize import MAX_CHARACTERS
from data.topics.taxonomy import Taxonomy, with_topics

UNDATED: Final = (
    "it has no usable date, so it is stored without one and left out of current feeds; add"
    " `published` to the line"
)

CUT: Final = f"its text is longer than {MAX_CHARACTERS:,} characters; the rest is not stored"

OTHER_ID: Final = (
    f"its address contains a masked secret ({MASK}), so the release gets another id; use"
    " the full address in the line to keep the id"
)

BATCH_SIZE: Final = 200
"""Number of releases per transaction. It is small so that other writers wait for less than a
second."""


def bounded_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file. A line that is too long is cut just above the limit."""
    while line := file.readline(MAX_LINE_BYTES + 1):
        yield line
        while len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE_BYTES + 1)


@dataclass(frozen=True, slots=True)
class Remark:
    """A problem with a line, and the line's number from 1."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Importation:
    """Result of an import. ``stories`` is the number of stories with imported releases.

    ``rejected`` lists lines that were not imported. ``doubtful`` lists lines whose text was cut,
    and new releases whose id changed or whose date is missing, impossible or in the future.
    """

    read: int
    new: int
    changed: int
    unchanged: int
    rejected: tuple[Remark, ...]
    doubtful: tuple[Remark, ...]
    stories: int


class ReadLine(NamedTuple):
    """A valid line: its number, its content, and the draft to store."""

    number: int
    imported: Imported
    seen: SeenDraft


@dataclass
class Importer:
    """Imports lines for one source. ``topics`` are added to all releases.

    ``front`` contains addresses of the site that are not releases.
    """

    store: Store
    taxonomy: Taxonomy
    source: Source
    context: DateContext
    topics: tuple[str, ...] = ()
    front: tuple[str, ...] = ()
    _registered: bool = False
    _counts: Counter[str] = field(default_factory=Counter)
    _rejected: list[Remark] = field(default_factory=list)
    _doubtful: list[Remark] = field(default_factory=list)
    _stories: set[str] = field(default_factory=set)

    def import_lines(
        self, lines: Iterable[bytes], on_progress: Callable[[int], None] | None = None
    ) -> Importation:
        """Import all lines. Invalid lines are recorded and skipped.

        ``on_progress`` is called after each transaction with the number of bytes read. Raises
        StoreError if the store fails; lines that were committed before are kept.
        """
        numbered = ((number, line) for number, line in enumerate(lines, start=1))
        while batch := tuple(islice(numbered, BATCH_SIZE)):
            if read := [one for one in map(self._read, batch) if one]:
                self._record(read)
            if on_progress:
                on_progress(sum(len(line) for _, line in batch))
        return Importation(
            read=self._counts.total() + len(self._rejected),
            new=self._counts["new"],
            changed=self._counts["changed"],
            unchanged=self._counts["unchanged"],
            rejected=tuple(sorted(self._rejected, key=lambda one: one.line)),
            doubtful=tuple(self._doubtful),
            stories=sum(1 for story in self._stories if self.store.story(story)),
        )

    def _read(self, numbered: tuple[int, bytes]) -> ReadLine | None:
        """Return the draft of a line, or None if the line is empty or invalid."""
        number, line = numbered
        if not line.strip():
            return None
        try:
            imported = read_line(line, self.source.id, self.context, self.taxonomy)
        except LineError as error:
            self._rejected.append(Remark(number, str(error)))
            return None
        # Imported releases are old: if the date is missing, they must not count as news.
        draft = replace(imported.draft, position=number, imported=True)
        draft, labels = with_topics(draft, self.topics, self.taxonomy, imported.topics)
        seen = SeenDraft(draft, utc_now(), self.context.now, self.front, labels)
        return ReadLine(number, imported, seen)

    def _record(self, lines: Sequence[ReadLine]) -> None:
        """Store lines in one transaction.

        If the store refuses a line, store each line separately.
        """
        try:
            with self.store.transaction(parts=False):
                # The source is created with the first valid line, so that an invalid file creates
                # no source.
                if not self._registered:
                    self.store.register(self._source_at(lines[0].seen.draft.url))
                verdicts = self.store.record_all([one.seen for one in lines])
        except RefusedValue as error:
            if len(lines) == 1:
                self._rejected.append(Remark(lines[0].number, str(error)))
                return
            for one in lines:
                self._record([one])
            return
        self._registered = True
        for one, verdict in zip(lines, verdicts, strict=True):
            self._count(one.number, one.imported, verdict)

    def _source_at(self, url: str) -> Source:
        """Return the source. A source without an address gets the site of the release at ``url``.

        Feeds contain this address.
        """
        if self.source.url:
            return self.source
        parts = urlsplit(url)
        return replace(self.source, url=f"{parts.scheme}://{parts.netloc}/")

    def _count(self, number: int, imported: Imported, verdict: DraftDecision) -> None:
        if verdict.doubt:
            self._rejected.append(Remark(number, verdict.doubt))
            return
        self._counts[verdict.kind] += 1
        if imported.is_cut:
            self._doubtful.append(Remark(number, CUT))
        if verdict.kind == "new":
            if imported.has_other_id:
                self._doubtful.append(Remark(number, OTHER_ID))
            undated = verdict.release.published.precision == "none" and not imported.undated
            if doubt := UNDATED if undated else yet_to_come(verdict.release):
                self._doubtful.append(Remark(number, doubt))
        if verdict.release.story:
            self._stories.add(verdict.release.story)
