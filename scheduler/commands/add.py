"""communique add: look at a site, and write a source file for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from data.errors import CommuniqueError, SourceError
from data.wording import counted
from scheduler.cli import as_json, print_json, with_later_home
from scheduler.exploring import Explored, Explorer
from scheduler.home import Home
from scheduler.telling import telling
from spiders.extraction import listing_values, release_values
from spiders.golden import write_golden
from spiders.guess import SURE, Guess
from spiders.loader import LoadedSource, load_sources

ITEMS = 5
"""Releases of the listing that are shown."""

WIDTH = 110
"""Columns of a table in a pipe."""


class AlreadyThere(CommuniqueError):
    """A source of this HOME collects from the address already."""

    exit_code = 2

    def __init__(self, path: Path, url: str) -> None:
        super().__init__(f"{path} collects from {url} already; edit it, or remove it first")
        self.path = path
        self.url = url


@click.command()
@click.argument("page", metavar="URL")
@click.option("--url", default="", help="The address that a saved page came from.")
@click.option("--save", is_flag=True, help="Write the source file and a golden test of it.")
@as_json
@with_later_home
def add(home: Home, *, page: str, url: str, save: bool, as_json: bool) -> int:
    """Look at a press room, show what would be collected, and propose a source file.

    URL is the page that lists the releases, a feed, or the path of a saved page. With --save the
    file is written into HOME/sources, and the pages with what was read of them into HOME/captures.
    """
    if not page.strip():
        raise click.BadParameter("it is empty", param_hint="URL")
    loaded, broken = load_sources(home.sources)
    # A file that is there but can't be read is not to be overwritten either.
    taken = (*loaded, *(Path(error.path).stem for error in broken))
    with telling() as say:
        found = Explorer(home, taken, say).explore(page, url)
    written = write(home, found, loaded) if save else None
    if as_json:
        print_json(values(found) | {"saved": str(written) if written else None})
        return 0
    show(found)
    if written:
        click.echo(f"wrote {written}; collect it with: communique collect {written.stem}")
    else:
        click.echo("nothing was written; --save writes this file, and a golden test of it")
    return 0


def write(home: Home, found: Explored, loaded: Mapping[str, LoadedSource]) -> Path:
    """Write the source file and, where a release was read, its golden test.

    Raises AlreadyThere, SourceError and BadGolden.
    """
    proposal, site = found.proposed.proposal, found.site
    for source in loaded.values():
        if source.own and source.file.url == proposal.url:
            raise AlreadyThere(source.path, proposal.url)
    path = home.sources / f"{proposal.id}.toml"
    try:
        home.sources.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(proposal.toml)
    except FileExistsError as error:
        raise AlreadyThere(path, proposal.url) from error
    except OSError as error:
        raise SourceError(str(path), "file", f"it can't be written ({error})") from error
    if site.releases:
        release = site.releases[0][1]
        folder = home.captures / proposal.id
        write_golden(folder, found.proposed.file, site.listing_page, release, site.now)
    return path


def values(found: Explored) -> dict[str, Any]:
    """What was found as plain values."""
    proposed = found.proposed
    proposal = proposed.proposal
    return {
        "id": proposal.id,
        "name": _guess(proposal.name),
        "url": proposal.url,
        "timezone": _guess(proposal.timezone),
        "feed": proposal.feed,
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
        "toml": proposal.toml,
    }


def _guess(guess: Guess) -> dict[str, Any]:
    return {"value": guess.value, "confidence": guess.confidence, "rule": guess.rule}


def show(found: Explored) -> None:
    """Show a person what would be collected, what is unsure, and the file."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    proposed = found.proposed
    proposal = proposed.proposal
    table = Table("field", "value", "sure", "rule", box=None, pad_edge=False)
    for name, guess in (("name", proposal.name), ("timezone", proposal.timezone)):
        _row(table, name, guess.value, guess.confidence, guess.rule)
    listing = proposed.listing
    days = sorted(item.published.iso for item in listing.items if item.published)
    span = f", {days[-1][:10]} back to {days[0][:10]}" if days else ""
    said = f"{counted(len(listing.items), 'release')}{span}"
    _row(table, "listing", said, listing.confidence, listing.rule)
    _row(table, "next page", listing.next or "none", None, "")
    for field in proposed.fields:
        rule = f"{field.rule} ({field.found} of {field.of})" if field.found else field.rule
        _row(table, field.name, field.value, field.confidence if field.found else None, rule)
    for offer in found.offers:
        used = "used: " if offer.place.url == proposal.feed else ""
        _row(table, offer.place.kind, offer.place.url, None, f"{used}{offer.verdict}")
    console.print(table)
    items = Table("published", "title", "address", box=None, pad_edge=False)
    for item in listing.items[:ITEMS]:
        published = item.published.iso if item.published else ""
        items.add_row(Text(published), Text(item.title), Text(item.url))
    if listing.items:
        console.print()
        console.print(items)
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    for doubt in proposed.doubts:
        click.echo(f"check {doubt}", err=True)
    click.echo(f"\n# sources/{proposal.id}.toml\n{proposal.toml}")


def _row(table: Table, name: str, value: str, confidence: float | None, rule: str) -> None:
    doubt = "" if confidence is None or confidence >= SURE else " ?"
    sure = "" if confidence is None else f"{confidence:.0%}{doubt}"
    # Text, not markup: a site's words are not ours to interpret.
    short = value if len(value) <= WIDTH else f"{value[:WIDTH]}…"
    table.add_row(Text(name), Text(short), Text(sure), Text(rule))
