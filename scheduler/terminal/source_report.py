"""Reports about proposed sources and changed extraction, as readable text and as JSON values."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from data.revisions.extraction_drift import Example
from data.text.clean import clean_line
from data.text.masked_values import without_secrets
from data.text.masking import masked, masked_toml
from data.text.source_secrets import Secrets
from data.wording import counted
from scheduler.cli import say
from spiders.discovery.explore import Explored
from spiders.discovery.proposal import MIN_CONFIDENCE, Guess
from spiders.extract.page_values import listing_values, release_values
from spiders.items import Listing
from spiders.stored.drift import Drift, ListingDrift

MAX_ITEMS_SHOWN = 5
"""Maximum number of listed releases in the report about a proposed source."""

PIPE_COLUMNS = 110
"""Width of the table if the output is not a terminal, and maximum length of a value in the table,
in characters."""

DRIFT_CAUSE_NAMES = {"file": "changed source file", "program": "this version of Communique"}
"""Readable names for the causes of changed extraction."""


def source_values(found: Explored) -> dict[str, Any]:
    """Return the values of a proposed source for JSON, without the secrets in its addresses."""
    proposed = found.proposed
    proposal, certainty = proposed.proposal, proposed.certainty
    values: dict[str, Any] = {
        "id": proposal.id,
        "kind": proposal.kind,
        "name": _guess(proposal.name),
        "url": masked(proposal.url),
        "timezone": _guess(proposal.timezone),
        "certainty": {
            "value": certainty.value,
            "enough": certainty.enough,
            "reasons": list(certainty.reasons),
        },
        "feed": proposal.feed and masked(proposal.feed),
        "render": proposal.render,
        "offers": [
            {
                "url": offer.place.url,
                "kind": offer.place.kind,
                "items": len(offer.listing.items),
                "complete": offer.complete,
                "verdict": offer.verdict,
            }
            for offer in found.offers
        ],
        "tried": [
            {"url": one.link.url, "text": one.link.text, "promise": one.promise, "why": one.why}
            for one in found.tried
        ],
        "listing": listing_values(proposal.id, proposed.listing),
        "releases": [release_values(look.item.url, look.read) for look in proposed.looks],
        "fields": {
            field.name: {
                "value": field.value,
                "found": field.found,
                "of": field.of,
                "confidence": field.confidence,
                "rule": field.rule,
            }
            for field in proposed.fields
        },
        "doubts": list(proposed.doubts),
        "notes": list(found.notes),
        "toml": masked_toml(proposal.toml),
    }
    shown: dict[str, Any] = without_secrets(values, secrets_of(found))
    return shown


def secrets_of(found: Explored) -> Secrets:
    """Return the secrets in the addresses of a proposed source file."""
    proposal = found.proposed.proposal
    return Secrets((found.site.page.url, proposal.url, proposal.feed or ""))


def _guess(guess: Guess) -> dict[str, Any]:
    return {"value": guess.value, "confidence": guess.confidence, "rule": guess.rule}


def show(found: Explored) -> None:
    """Print the values, the uncertain points and the file of a proposed source, without secrets."""
    secrets = secrets_of(found)
    found = without_secrets(found, secrets)
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPE_COLUMNS)
    proposed = found.proposed
    proposal = proposed.proposal
    console.print(_fields(found))
    items = Table("published", "title", "address", box=None, pad_edge=False)
    for item in proposed.listing.items[:MAX_ITEMS_SHOWN]:
        published = item.published.iso if item.published else ""
        items.add_row(Text(published), Text(clean_line(item.title)), Text(item.url))
    if proposed.listing.items:
        console.print()
        console.print(items)
    for note in found.notes:
        say(f"note: {note}", err=True)
    if proposed.certainty.hopeless:
        return  # the other fields were not extracted from releases
    for doubt in proposed.doubts:
        say(f"check {doubt}", err=True)
    say("", f"# sources/{proposal.id}.toml", *masked_toml(proposal.toml).split("\n"))
    if secrets:
        say("note: secrets in addresses are hidden here; --save writes them", err=True)


def _fields(found: Explored) -> Table:
    """Return a table with the values of a proposed source, and their confidence."""
    proposed = found.proposed
    proposal, listing = proposed.proposal, proposed.listing
    table = Table("field", "value", "sure", "rule", box=None, pad_edge=False)
    certainty = proposed.certainty
    why = "; ".join(certainty.reasons) or "its page, its rows and sample releases"
    _row(table, "source", masked(proposal.url), certainty.value, why)
    for name, guess in (("name", proposal.name), ("timezone", proposal.timezone)):
        _row(table, name, guess.value, guess.confidence, guess.rule)
    days = sorted(item.published.iso for item in listing.items if item.published)
    span = f", {days[-1][:10]} back to {days[0][:10]}" if days else ", without dates"
    summary = f"{counted(len(listing.items), 'release')}{span if listing.items else ''}"
    if proposal.kind == "list":
        _row(table, "listing", summary, None, _listing_rule(listing.rule))
        _row(table, "next page", _older_page(listing), None, "")
    for field in () if certainty.hopeless else proposed.fields:
        if not (field.value or field.advice):
            continue
        rule = f"{field.rule} ({field.found} of {field.of})" if field.found else field.rule
        _row(table, field.name, field.value, field.confidence if field.found else None, rule)
    for offer in found.offers:
        used = "used: " if offer.place.url == proposal.feed else ""
        _row(table, offer.place.kind, masked(offer.place.url), None, f"{used}{offer.verdict}")
    return table


def _older_page(listing: Listing) -> str:
    """Return the address or archive pages through which older releases are found, or ``none``."""
    if listing.next:
        return listing.next
    periods = [one.period for one in listing.archives if one.period]
    if periods:
        return f"archives from {periods[0]} back to {periods[-1]}"
    return listing.archives[0].url if listing.archives else "none"


def _listing_rule(rule: str) -> str:
    """Return a readable text about the rule that found the releases of a listing."""
    kind, _, what = rule.partition(":")
    if kind == "region":
        return f"similar links{', each with a date' * (what != 'undated')}"
    return {"xml": f"entries of {what}", "json": "entries of JSON"}.get(kind, rule)


def _row(table: Table, name: str, value: str, confidence: float | None, rule: str) -> None:
    doubt = "" if confidence is None or confidence >= MIN_CONFIDENCE else " ?"
    sure = "" if confidence is None else f"{confidence:.0%}{doubt}"
    # Print text without markup, because texts of sites may contain brackets.
    short = value if len(value) <= PIPE_COLUMNS else f"{value[:PIPE_COLUMNS]}…"
    table.add_row(Text(name), Text(short), Text(sure), Text(rule))


def drift_lines(drifts: Sequence[Drift]) -> Iterator[str]:
    """Yield indented lines that describe changes in extraction, with examples."""
    for drift in drifts:
        cause = DRIFT_CAUSE_NAMES[drift.cause]
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
