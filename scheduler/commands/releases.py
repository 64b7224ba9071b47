"""communique releases: retract, hide and unhide single releases.

communique changes: list the events of releases, as /api/changes does.
"""

from contextlib import closing

import click

from data.clock import utc_now
from data.errors import CommuniqueError
from data.store.core.store import Store
from data.text.urls import site_address
from feeds.server.api.list_handlers import changes_after
from feeds.server.api.operations import BAD_CURSOR
from feeds.server.api.parameters import ChangesParameters, checked
from feeds.server.api.problems import ApiError
from scheduler.cli import SentenceGroup, answer, complain, why_option, with_home
from scheduler.home.home import Home
from scheduler.operations.releases import decide, find_all
from scheduler.sources.known_names import check_source


@click.group(cls=SentenceGroup)
def releases() -> None:
    """Manage individual releases."""


@releases.command()
@click.argument("releases", nargs=-1, metavar="[RELEASE …]")
@click.option("--source", metavar="ID", help="Source of the held releases.")
@click.option(
    "--held",
    is_flag=True,
    help="Retract all releases that are held for review because many vanished at once.",
)
@why_option("Reason, stored with this decision.")
@with_home
def retract(
    home: Home,
    *,
    releases: tuple[str, ...],
    source: str | None,
    held: bool,
    why: str,
) -> int:
    """Confirm that a publisher removed releases from its site.

    RELEASE is an id, the start of an id, or an address. If the page of a release is still online,
    the next visit restores the release.
    """
    if held != bool(source) or held == bool(releases):
        raise click.UsageError("give either releases, or a source with --source ID --held")
    at = utc_now()

    def held_of(store: Store) -> list[str]:
        check_source(home, store, source or "")
        return [one.id for one in store.vanished(source or "") if one.held]

    choose = held_of if source else find_all(releases)
    done = decide(home, choose, lambda store, one: store.retract(one, at=at, why=why))
    nothing = f"{source} has no held releases" if source else "the releases are retracted already"
    return report_decided(done, "retracted", nothing)


@releases.command()
@click.argument("releases", nargs=-1, required=True, metavar="RELEASE …")
@why_option("Reason, stored with this decision.")
@with_home
def hide(home: Home, *, releases: tuple[str, ...], why: str) -> int:
    """Hide releases that were collected by mistake.

    Hidden releases disappear from feeds and pages, and are no longer visited. The releases and
    their records are kept, and `unhide` shows them again. RELEASE is an id, the start of an id, or
    an address.
    """
    at = utc_now()
    done = decide(home, find_all(releases), lambda store, one: store.hide(one, at=at, why=why))
    return report_decided(done, "hidden", "the releases are hidden already")


@releases.command()
@click.argument("releases", nargs=-1, required=True, metavar="RELEASE …")
@with_home
def unhide(home: Home, *, releases: tuple[str, ...]) -> int:
    """Show hidden releases again. They keep their ids and dates."""
    done = decide(home, find_all(releases), lambda store, one: store.unhide(one))
    return report_decided(done, "shown", "none of them is hidden")


def report_decided(done: list[str], state: str, nothing: str) -> int:
    """Print the changed releases, or the message ``nothing`` if there are none.

    Returns the exit code.
    """
    answer({state: done}, *(f"{one} is {state}" for one in done))
    if not done:
        complain(nothing)
    return 0 if done else 1


class InvalidChangesQuery(CommuniqueError):
    """Raised if the given cursor or limit is invalid."""

    exit_code = 2


@click.command()
@click.option(
    "--since",
    default="",
    metavar="CURSOR",
    help="Cursor: the value of `next` in the previous output.",
)
@click.option(
    "--limit", default="50", metavar="N", help="Maximum number of events, up to 200 (default 50)."
)
@with_home
def changes(home: Home, *, since: str, limit: str) -> None:
    """List new releases, edits, retractions and other events.

    The list starts with the oldest event, or after a cursor. Each event is listed exactly once.
    /api/changes accepts the same cursors.
    """
    try:
        asked = checked({"since": since, "limit": limit}, ChangesParameters)
        with closing(home.store()) as store:
            site = site_address(home.settings.site.url)
            page = changes_after(store.public_view(), site, asked)
    except ApiError as error:
        cursor = "the value of `next` in an earlier output of `communique changes`"
        why = f"--since needs a cursor: {cursor}" if error.detail == BAD_CURSOR else error.detail
        raise InvalidChangesQuery(why) from error
    titles = (one.release.title if one.release else "(hidden)" for one in page.changes)
    more = "more events follow" if page.more else "no more events yet"
    answer(
        page,
        *(
            f"{one.at[:19]} {one.kind:10} {one.id[:8]} {title}"
            for one, title in zip(page.changes, titles, strict=True)
        ),
        f"{more}; continue with --since {page.next}",
    )
