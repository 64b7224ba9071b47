"""How the effect of changed extraction rules is shown: fields gained, lost and changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from data.revisions.extraction_drift import Example
from data.wording import counted
from spiders.archived.drift import Drift, ListingDrift

CAUSES = {"file": "changed source file", "program": "this version of Communique"}
"""Names of the causes of a drift."""


def drift_lines(drifts: Sequence[Drift]) -> Iterator[str]:
    """Describe drifts, with examples, in indented lines."""
    for drift in drifts:
        cause = CAUSES[drift.cause]
        if drift.pages_of == "nothing":
            yield f"  {cause}: no stored page to compare"
            continue
        which = "stored page" if drift.pages_of == "archive" else "sample page"
        same = "" if drift.differs else ", no difference"
        yield f"  {cause}: compared on {counted(drift.releases.pages, which)}{same}"
        for one in drift.releases.fields:
            counts = (("gained", one.gained), ("lost", one.lost), ("changed", one.changed))
            parts = ", ".join(f"{how} on {count}" for how, count in counts if count)
            yield f"    {one.field}: {parts}" + (f" ({one.harmed} worse)" if one.harmed else "")
            yield from _examples(one.examples)
        if drift.listing and drift.listing.differs:
            yield f"    listing: {_listing_line(drift.listing)}"
            yield from _examples(drift.listing.examples)


def _listing_line(one: ListingDrift) -> str:
    counts = (
        (one.gained, "more"),
        (one.lost, "no longer found"),
        (one.redated, "with another date or none"),
    )
    parts = ", ".join(f"{count} {what}" for count, what in counts if count)
    return f"{counted(one.before, 'release')} before, {one.after} now: {parts}"


def _examples(examples: Sequence[Example]) -> Iterator[str]:
    for one in examples:
        yield f"      {one.url}"
        yield f"        before: {one.before or 'nothing'}"
        yield f"        now:    {one.after or 'nothing'}"
