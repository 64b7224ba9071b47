"""communique searches: manage saved searches."""

from __future__ import annotations

import click

from data.search.saved import load_searches, remove_search, save_search
from data.text.urls import site_address
from feeds.urls import SAVED_SEARCHES
from scheduler.cli import ListingGroup, as_json, complain, print_json, say, with_any_home, with_home
from scheduler.home.home import Home


@click.group(cls=ListingGroup)
def searches() -> None:
    """Manage saved searches. Without a subcommand, list them.

    Queries, feeds and watches use a saved search as saved:NAME.
    """


@searches.command("list")
@as_json
@with_any_home
def list_searches(home: Home, *, as_json: bool) -> int:
    """List saved searches.

    The exit code is 2 if the file of a search is invalid.
    """
    found, errors = load_searches(home.searches)
    if as_json:
        listed = [{"name": name, "query": query} for name, query in found.items()]
        print_json({"searches": listed, "errors": [str(error) for error in errors]})
    else:
        for name, query in found.items():
            say(f"{name}: {query}")
    for error in errors:
        complain(str(error))
    return 2 if errors else 0


@searches.command()
@click.argument("name", metavar="NAME")
@click.argument("query", nargs=-1, required=True)
@as_json
@with_home
def save(home: Home, *, name: str, query: tuple[str, ...], as_json: bool) -> int:
    """Save a query, or replace the query of a saved search.

    Feeds and watches that use the search follow the new query.
    """
    text = " ".join(query)
    is_new = save_search(home.searches, name, text)
    page = f"{site_address(home.settings.site.url)}{SAVED_SEARCHES}{name}"
    if as_json:
        print_json({"name": name, "query": text, "new": is_new, "page": page})
    else:
        say(f"{'saved' if is_new else 'replaced'} {name}; its page is {page}")
    return 0


@searches.command()
@click.argument("name", metavar="NAME")
@as_json
@with_home
def remove(home: Home, *, name: str, as_json: bool) -> int:
    """Remove a saved search. Watches and feeds that use it match nothing."""
    path = remove_search(home.searches, name)
    if as_json:
        print_json({"removed": name})
    else:
        say(f"removed {path}")
    return 0
