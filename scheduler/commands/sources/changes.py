"""communique sources pause, resume, rename and remove."""

import click

from data.wording import counted
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home.home import Home
from scheduler.sources import handlings
from scheduler.sources.handlings import end_handlings, handling_line
from scheduler.sources.rename_and_removal import note_for_fleet, remove_source, rename_source


@click.command()
@click.argument("source")
@click.option("--why", default="", metavar="TEXT", help="Reason, stored with this decision.")
@as_json
@with_home
def pause(home: Home, *, source: str, why: str, as_json: bool) -> int:
    """Pause visits to a source.

    `communique collect SOURCE` still visits a paused source.
    """
    paused = handlings.pause(home, source, why.strip())
    if as_json:
        print_json({"source": source, "handling": paused})
    else:
        say(f"{source} is {handling_line(paused)}")
    return 0


@click.command()
@click.argument("source")
@as_json
@with_home
def resume(home: Home, *, source: str, as_json: bool) -> int:
    """Resume visits to a paused source."""
    ended = end_handlings(home, source, ("paused",))
    if as_json:
        print_json({"source": source, "ended": ended})
    elif ended:
        say(f"visits to {source} are resumed")
    if not ended:
        complain(f"{source} is not paused")
    return 0 if ended else 1


@click.command()
@click.argument("old")
@click.argument("new")
@as_json
@with_home
def rename(home: Home, *, old: str, new: str, as_json: bool) -> int:
    """Change the id of a source.

    Releases and feeds keep their own ids. The feeds and pages of the source move with the next
    publication, and the server of Communique redirects from their old addresses. No other source
    can get the old id.
    """
    done = rename_source(home, old, new)
    if as_json:
        print_json(done)
    elif done.done:
        say(f"renamed {old} to {new}, with {counted(done.releases, 'release')}")
    if not done.done:
        complain(f"{old} is called {new} already")
    if note := note_for_fleet(home):
        complain(note)
    return 0 if done.done else 1


@click.command()
@click.argument("source")
@click.option("--keep", "kept", is_flag=True, help="Keep the source's releases in feeds and pages.")
@as_json
@with_home
def remove(home: Home, *, source: str, kept: bool, as_json: bool) -> int:
    """Remove a source, its file and its feeds.

    The releases of the source are hidden, not deleted: if you add the source again, they return
    with their ids. With --keep, they stay in feeds and pages, which show when the source was
    removed.
    """
    done = remove_source(home, source, kept=kept)
    if as_json:
        print_json(done)
    elif done.done:
        what = "still shown" if kept else "hidden"
        say(f"removed {source}; {counted(done.releases, 'release')} {what}")
    if not done.done:
        complain(f"{source} is removed already")
    if note := note_for_fleet(home):
        complain(note)
    return 0 if done.done else 1
