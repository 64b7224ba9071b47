"""What people are shown of another way of reading: fields gained, lost and changed, by example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from data.revisions.readings import Example
from data.wording import counted
from spiders.archived.drift import Drift, ListingDrift

WHAT = {"file": "its file, which changed", "program": "this version of Communique"}


def drift_lines(drifts: Sequence[Drift]) -> Iterator[str]:
    """The lines that tell of all that is read otherwise."""
    for drift in drifts:
        what = WHAT[drift.cause]
        if drift.pages_of == "nothing":
            yield f"  {what}: no page of it is stored that could be compared"
            continue
        which = "stored page" if drift.pages_of == "archive" else "sample page"
        same = "" if drift.differs else ", and all are read as before"
        yield f"  {what}: compared on {counted(drift.releases.pages, which)}{same}"
        for one in drift.releases.fields:
            counts = (("gained", one.gained), ("lost", one.lost), ("changed", one.changed))
            said = ", ".join(f"{how} on {count}" for how, count in counts if count)
            yield f"    {one.field}: {said}" + (f" ({one.harmed} worse)" if one.harmed else "")
            yield from _examples(one.examples)
        if drift.listing and drift.listing.differs:
            yield f"    listing: {_listed(drift.listing)}"
            yield from _examples(drift.listing.examples)


def _listed(one: ListingDrift) -> str:
    counts = (
        (one.gained, "more"),
        (one.lost, "not found any more"),
        (one.redated, "with another date or none"),
    )
    said = ", ".join(f"{count} {what}" for count, what in counts if count)
    return f"{counted(one.before, 'release')} before, {one.after} now: {said}"


def _examples(examples: Sequence[Example]) -> Iterator[str]:
    for one in examples:
        yield f"      {one.url}"
        yield f"        before: {one.before or 'nothing'}"
        yield f"        now:    {one.after or 'nothing'}"
