"""communique changes: all that happens to releases, in one order, as /api/changes tells it."""

from __future__ import annotations

from contextlib import closing

import click

from data.errors import CommuniqueError
from data.store.public_view import public_view
from feeds.server.api.change_answers import changes as changes_after
from feeds.server.api.problems import ApiError
from feeds.server.api.questions import ChangesQuestion, checked
from scheduler.cli import as_json, print_json, say, with_home
from scheduler.home import Home


class UnknownPlace(CommuniqueError):
    """The place to go on from can't be used."""

    exit_code = 2


@click.command()
@click.option(
    "--since", default="", metavar="CURSOR", help="Go on from here: `next` of the page before."
)
@click.option("--limit", default="50", metavar="N", help="How many at the most, 200 or fewer (50).")
@as_json
@with_home
def changes(home: Home, *, since: str, limit: str, as_json: bool) -> int:
    """List what happened to releases: new ones, edits, retractions, and all that readers notice.

    From the first on, or after a cursor, each exactly once. Cursors are those of /api/changes.
    """
    try:
        asked = checked({"since": since, "limit": limit}, ChangesQuestion)
        with closing(home.store()) as store:
            page = changes_after(public_view(store), asked)
    except ApiError as error:
        raise UnknownPlace(error.detail) from error
    if as_json:
        print_json(page)
        return 0
    for one in page.changes:
        title = one.release.title if one.release else "(hidden)"
        say(f"{one.at[:19]} {one.kind:10} {one.id[:8]} {title}")
    more = "more follow" if page.more else "that is all by now"
    say(f"{more}; go on with --since {page.next}")
    return 0
