"""What is told of a drafted source: a table for people, plain values for programs."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from data.store.public_view import without_secrets
from data.text.clean import clean_line
from data.text.redaction import redacted, redacted_toml
from data.text.source_secrets import Secrets
from data.wording import counted
from scheduler.cli import say
from spiders.discovery.explore import Explored
from spiders.discovery.proposal import SURE, Guess
from spiders.extract.page_values import listing_values, release_values
from spiders.items import Listing

ITEMS = 5
"""Releases of the listing that are shown."""

WIDTH = 110
"""Columns of a table in a pipe."""


def source_values(found: Explored) -> dict[str, Any]:
    """What was found as plain values, without the secrets of its addresses."""
    proposed = found.proposed
    proposal, certainty = proposed.proposal, proposed.certainty
    values: dict[str, Any] = {
        "id": proposal.id,
        "name": _guess(proposal.name),
        "url": redacted(proposal.url),
        "timezone": _guess(proposal.timezone),
        "certainty": {
            "value": certainty.value,
            "enough": certainty.enough,
            "reasons": list(certainty.reasons),
        },
        "feed": proposal.feed and redacted(proposal.feed),
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
        "toml": redacted_toml(proposal.toml),
    }
    shown: dict[str, Any] = without_secrets(values, secrets_of(found))
    return shown


def secrets_of(found: Explored) -> Secrets:
    """The secrets of the addresses that the source file would contain."""
    proposal = found.proposed.proposal
    return Secrets((found.site.page.url, proposal.url, proposal.feed or ""))


def _guess(guess: Guess) -> dict[str, Any]:
    return {"value": guess.value, "confidence": guess.confidence, "rule": guess.rule}


def show(found: Explored) -> None:
    """Print what would be collected, what is unsure, and the file, without secrets of addresses."""
    secrets = secrets_of(found)
    found = without_secrets(found, secrets)
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    proposed = found.proposed
    proposal = proposed.proposal
    console.print(_fields(found))
    items = Table("published", "title", "address", box=None, pad_edge=False)
    for item in proposed.listing.items[:ITEMS]:
        published = item.published.iso if item.published else ""
        items.add_row(Text(published), Text(clean_line(item.title)), Text(item.url))
    if proposed.listing.items:
        console.print()
        console.print(items)
    for note in found.notes:
        say(f"note: {note}", err=True)
    if proposed.certainty.hopeless:
        return  # what was read of it is that of something else
    for doubt in proposed.doubts:
        say(f"check {doubt}", err=True)
    say("", f"# sources/{proposal.id}.toml", *redacted_toml(proposal.toml).split("\n"))
    if secrets:
        say("note: the secrets of addresses are hidden here; --save writes them", err=True)


def _fields(found: Explored) -> Table:
    """The table of what would be collected, and how sure that is."""
    proposed = found.proposed
    proposal, listing = proposed.proposal, proposed.listing
    table = Table("field", "value", "sure", "rule", box=None, pad_edge=False)
    certainty = proposed.certainty
    why = "; ".join(certainty.reasons) or "its page, its rows and the releases that were read"
    _row(table, "source", redacted(proposal.url), certainty.value, why)
    for name, guess in (("name", proposal.name), ("timezone", proposal.timezone)):
        _row(table, name, guess.value, guess.confidence, guess.rule)
    days = sorted(item.published.iso for item in listing.items if item.published)
    span = f", {days[-1][:10]} back to {days[0][:10]}" if days else ", without dates"
    said = f"{counted(len(listing.items), 'release')}{span if listing.items else ''}"
    _row(table, "listing", said, None, _found_by(listing.rule))
    _row(table, "next page", _older(listing), None, "")
    for field in () if certainty.hopeless else proposed.fields:
        if not (field.value or field.advice):
            continue
        rule = f"{field.rule} ({field.found} of {field.of})" if field.found else field.rule
        _row(table, field.name, field.value, field.confidence if field.found else None, rule)
    for offer in found.offers:
        used = "used: " if offer.place.url == proposal.feed else ""
        _row(table, offer.place.kind, redacted(offer.place.url), None, f"{used}{offer.verdict}")
    return table


def _older(listing: Listing) -> str:
    """Where a listing leads to older releases."""
    if listing.next:
        return listing.next
    periods = [one.period for one in listing.archives if one.period]
    if periods:
        return f"archives from {periods[0]} back to {periods[-1]}"
    return listing.archives[0].url if listing.archives else "none"


def _found_by(rule: str) -> str:
    """How the releases of a listing were found, in plain words."""
    kind, _, what = rule.partition(":")
    if kind == "region":
        return f"links that look alike{', each with its date' * (what != 'undated')}"
    return {"xml": f"the entries of {what}", "json": "the entries of JSON"}.get(kind, rule)


def _row(table: Table, name: str, value: str, confidence: float | None, rule: str) -> None:
    doubt = "" if confidence is None or confidence >= SURE else " ?"
    sure = "" if confidence is None else f"{confidence:.0%}{doubt}"
    # Text, not markup: a site's words are not ours to interpret.
    short = value if len(value) <= WIDTH else f"{value[:WIDTH]}…"
    table.add_row(Text(name), Text(short), Text(sure), Text(rule))
