"""communique changes: the events of releases in order, as in /api/changes."""

from __future__ import annotations

from contextlib import closing

import click

from data.errors import CommuniqueError
from data.store.public_view import public_view
from data.text.urls import site_address
from feeds.server.api.parameters import ChangesParameters, checked
from feeds.server.api.problems import ApiError
from feeds.server.api.release_handlers import changes as changes_after
from scheduler.cli import as_json, print_json, say, with_home
from scheduler.home.home import Home


class InvalidChangesQuery(CommuniqueError):
    """The given cursor or limit is invalid."""

    exit_code = 2


@click.command()
@click.option("--since", default="", metavar="CURSOR", help="Cursor: `next` of the previous page.")
@click.option(
    "--limit", default="50", metavar="N", help="Maximum number of events, up to 200 (default 50)."
)
@as_json
@with_home
def changes(home: Home, *, since: str, limit: str, as_json: bool) -> int:
    """List new releases, edits, retractions and other events.

    The list starts with the oldest event, or after a cursor. Each event is listed exactly once.
    Cursors are the same as in /api/changes.
    """
    try:
        asked = checked({"since": since, "limit": limit}, ChangesParameters)
        with closing(home.store()) as store:
            site = site_address(home.settings.site.url)
            page = changes_after(public_view(store), site, asked)
    except ApiError as error:
        raise InvalidChangesQuery(error.detail) from error
    if as_json:
        print_json(page)
        return 0
    for one in page.changes:
        title = one.release.title if one.release else "(hidden)"
        say(f"{one.at[:19]} {one.kind:10} {one.id[:8]} {title}")
    more = "more events follow" if page.more else "no more events yet"
    say(f"{more}; continue with --since {page.next}")
    return 0
