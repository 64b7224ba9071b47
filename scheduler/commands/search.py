"""communique search: full-text search in releases. communique searches: manage saved searches."""

import datetime as dt
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from data.interchange.release_fields import short_fields
from data.languages.tags import fault_of_language
from data.search.expression import STATES, sources_in
from data.search.passages import file_hits, passage
from data.search.query import MAX_COUNTED, Query
from data.search.saved_searches import SavedSearches, load_searches, remove_search, save_search
from data.search.spelling import MAX_TITLES, respelled
from data.sqlite_file import is_read_only
from data.store.core.store import Store
from data.store.open import open_store
from data.store.sqlite.copy import copy_store
from data.text.urls import site_address
from feeds.pages.search_problems import notes_on
from feeds.translations import texts_of
from feeds.urls import SAVED_SEARCHES
from scheduler.cli import (
    ListingGroup,
    answer,
    complain,
    print_json,
    say,
    wants_json,
    with_any_home,
    with_home,
)
from scheduler.commands.export import check_days, since_option, until_option
from scheduler.home.home import Home
from scheduler.sources.known_names import check_source, check_topics

DEFAULT_LIMIT, MAX_LIMIT = 20, 1000
"""Default and maximum value of --limit."""


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--source", metavar="ID", help="Search only this source.")
@click.option("--topic", metavar="SLUG", help="Search only this topic.")
@click.option("--lang", "language", metavar="TAG", help="Search only this language.")
@click.option(
    "--state",
    type=click.Choice(STATES),
    help="Search only releases in this state.",
)
@since_option
@until_option
@click.option(
    "--limit",
    type=click.IntRange(1, MAX_LIMIT),
    metavar="N",
    default=DEFAULT_LIMIT,
    help=f"Maximum number of results, up to {MAX_LIMIT} (default {DEFAULT_LIMIT}).",
)
@click.option("--newest", is_flag=True, help="Sort by date, newest first.")
@click.option(
    "--cursor",
    type=click.IntRange(min=0),
    metavar="CURSOR",
    help="Cursor of the next page, from a previous search.",
)
@with_home
def search(
    home: Home,
    *,
    query: tuple[str, ...],
    source: str | None,
    topic: str | None,
    language: str | None,
    state: str | None,
    since: dt.date | None,
    until: dt.date | None,
    limit: int,
    newest: bool,
    cursor: int | None,
) -> None:
    """Search releases, best matches first.

    A query has words, "a phrase", a prefix* of three letters or more, an excluded -word, OR,
    brackets, and fields such as title:word (docs/reference/queries.md). Write -- before a query
    that starts with a minus. If there are more than 5,000 matches, only the newest 5,000 are
    ranked; --newest lists all.
    """
    asked = Query(
        " ".join(query),
        source,
        topic,
        since,
        until,
        language,
        state,
        saved=SavedSearches(home.searches),
    )
    check_days(since, until)
    if asked.is_empty:
        why = "the query needs at least one word that is not excluded, or a filter such as --source"
        raise click.BadParameter(why, param_hint="QUERY")
    with indexed_store(home) as own:
        check_filters(home, own, asked)
        store = own.public_view()
        hits = store.search_page(asked, limit=limit, cursor=cursor, best_first=not newest)
        matches = store.count_matches(asked)
        found = hits.releases
        in_files = file_hits(found, store.texts_of_releases(found), asked)
        titles = [] if matches.total else store.newest_titles(limit=MAX_TITLES)
    if wants_json():
        shown = [
            {
                **short_fields(one),
                "passage": passage(one.content, asked),
                "file": in_files.get(one.id),
            }
            for one in found
        ]
        print_json(
            {
                "releases": shown,
                "total": matches.total,
                "more": matches.more,
                "next": None if hits.cursor is None else str(hits.cursor),
            }
        )
    else:
        for one in found:
            day = one.published.iso[:10] or "no date   "
            states = f" ({', '.join(one.states)})" if one.states else ""
            say(f"{day} {one.source} {one.id[:8]} {one.content.title}{states}")
            say(f"    {passage(one.content, asked)}")
            if hit := in_files.get(one.id):
                say(f"    {hit.title or hit.url}, {hit.part} {hit.page}: {hit.passage}")
        if not found:
            near = respelled(asked.text, titles)
            say(f"no matches; try instead: {near}" if near else "no matches")
        if hits.cursor is not None:
            many = f"more than {MAX_COUNTED:,}" if matches.more else f"{matches.total:,}"
            say(f"{many} matches; --cursor {hits.cursor} shows the next page")
    for note in notes_on(texts_of("en"), asked):
        complain(note)


@contextmanager
def indexed_store(home: Home) -> Iterator[Store]:
    """Context manager that yields the store of a home directory with a complete search index.

    Releases that are not in the index are indexed first. If the store is read-only, a temporary
    copy of the store is indexed instead.
    """
    with closing(home.store()) as store:
        is_complete = not store.awaits_indexing()
        if not is_complete and not (home.store_files and is_read_only(home.database)):
            store.update_search_index()
            is_complete = True
        if is_complete:
            yield store
            return
    with TemporaryDirectory(prefix="communique-") as folder:
        copy = Path(folder) / home.database.name
        copy_store(home.database, copy, lambda *_: None)
        with closing(open_store(f"sqlite:{copy}")) as store:
            store.update_search_index()
            yield store


def check_filters(home: Home, store: Store, asked: Query) -> None:
    """Raise UnknownSource, UnknownTopic or BadParameter if a query filters by an unknown name.

    A filter may contain several names. Raises RenamedSource for the former id of a source.
    """
    for source in {*names_in(asked.source), *sources_in(asked.expression)}:
        check_source(home, store, source)
    if asked.topic is not None:
        check_topics(home, store, names_in(asked.topic))
    for language in names_in(asked.language):
        if fault := fault_of_language(language):
            raise click.BadParameter(fault, param_hint="--lang")


def names_in(value: str | None) -> list[str]:
    """Return the names in the value of a filter, which are separated by commas."""
    return [] if value is None else value.split(",")


@click.group(cls=ListingGroup)
def searches() -> None:
    """Manage saved searches. Without a subcommand, list them.

    Queries, feeds and watches use a saved search as saved:NAME.
    """


@searches.command("list")
@with_any_home
def list_searches(home: Home) -> int:
    """List saved searches.

    The exit code is 2 if the file of a search is invalid.
    """
    found, errors = load_searches(home.searches)
    listed = [{"name": name, "query": query} for name, query in found.items()]
    lines = (f"{name}: {query}" for name, query in found.items())
    answer({"searches": listed, "errors": [*map(str, errors)]}, *lines)
    for error in errors:
        complain(str(error))
    return 2 if errors else 0


@searches.command()
@click.argument("name", metavar="NAME")
@click.argument("query", nargs=-1, required=True)
@with_home
def save(home: Home, *, name: str, query: tuple[str, ...]) -> None:
    """Save a query, or replace the query of a saved search.

    Feeds and watches that use the search follow the new query.
    """
    text = " ".join(query)
    is_new = save_search(home.searches, name, text)
    page = f"{site_address(home.settings.site.url)}{SAVED_SEARCHES}{name}"
    fields = {"name": name, "query": text, "new": is_new, "page": page}
    answer(fields, f"{'saved' if is_new else 'replaced'} {name}; its page is {page}")


@searches.command()
@click.argument("name", metavar="NAME")
@with_home
def remove(home: Home, *, name: str) -> None:
    """Remove a saved search. Watches and feeds that use it will then match nothing."""
    path = remove_search(home.searches, name)
    answer({"removed": name}, f"removed {path}")
