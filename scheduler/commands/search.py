"""communique search: releases by their words."""

from __future__ import annotations

import datetime as dt

import click

from data.interchange.release_fields import release_fields
from data.search.passages import passage
from data.search.query import Query
from data.store.protocol import Store
from scheduler.cli import as_json, print_json, say, with_home
from scheduler.commands.export import day
from scheduler.home import Home

FOUND, MOST = 20, 1000
"""Releases that are shown where nothing is said, and at the most."""

LEFT_OUT = ("body_html", "body_text", "images", "attachments", "provenance", "aliases")
"""What a list of hits leaves to `communique show`."""


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--source", default=None, metavar="ID", help="Only the releases of this source.")
@click.option("--topic", default=None, metavar="SLUG", help="Only those of this topic.")
@click.option(
    "--since",
    type=day,
    metavar="DAY",
    default=None,
    help="Only those published on this day or later.",
)
@click.option(
    "--until",
    type=day,
    metavar="DAY",
    default=None,
    help="Only those published on this day or before.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, MOST),
    metavar="N",
    default=FOUND,
    help=f"So many at the most, {MOST} or fewer ({FOUND}).",
)
@as_json
@with_home
def search(
    home: Home,
    *,
    query: tuple[str, ...],
    source: str | None,
    topic: str | None,
    since: dt.date | None,
    until: dt.date | None,
    limit: int,
    as_json: bool,
) -> int:
    """Search releases, best first: words, "a phrase", a beginning*, and -none of these.

    Of very many matches, the newest are ranked. A beginning has three letters
    or more. In scripts without spaces, every run of letters is a phrase. Write -- before a query
    that begins with a minus.
    """
    asked = Query(
        " ".join(query),
        source,
        topic,
        since,
        until,
    )
    store = home.store()
    store.update_search_index()
    found = store.search(asked, limit=limit)
    why = "" if found else nothing(asked, store)
    store.close()
    if as_json:
        hits = []
        for one in found:
            fields = release_fields(one)
            for name in LEFT_OUT:
                del fields[name]
            hits.append({**fields, "passage": passage(one.content, asked)})
        print_json({"releases": hits})
    else:
        for one in found:
            day = one.published.iso[:10] or "no date   "
            say(f"{day} {one.source} {one.id[:8]} {one.content.title}")
            say(f"    {passage(one.content, asked)}")
        if not found:
            say(f"nothing was found{why}")
    return 0


def nothing(asked: Query, store: Store) -> str:
    """Why a query can't find anything, where that is plain."""
    if asked.is_empty:
        return ": the query has no word that must be there"
    if asked.source and asked.source not in store.sources():
        if now := store.source_moves().get(asked.source):
            return f": {asked.source!r} is called {now!r} now"
        return f": there is no source {asked.source!r} (`communique sources list`)"
    if asked.topic and asked.topic not in store.topics():
        return f": no release has the topic {asked.topic!r}"
    return ""
