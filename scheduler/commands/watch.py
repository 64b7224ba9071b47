"""communique watch: manage watches, their alerts and their outputs."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, get_args

import click
from click.core import ParameterSource

from data.clock import instant
from data.errors import WatchError
from data.models import AlertKind
from data.search.syntax import EDIT_WORDS
from data.watches.watch_file import (
    Watch,
    find_watch,
    load_watch,
    load_watches,
    read_watch,
    to_toml,
)
from data.wording import counted
from feeds.alerts.channels import CHANNELS, AlertWatch
from scheduler.cli import (
    Command,
    ListingGroup,
    answer,
    complain,
    print_json,
    say,
    wants_json,
    with_any_home,
    with_home,
)
from scheduler.home.home import Home
from scheduler.operations.watches import (
    UnusableId,
    backlog_note,
    create_watch,
    doubts_of,
    feed_address,
    match_fields,
    pause_watch,
    recent_matches,
    remove_watch,
    send_test,
    watch_fields,
    watch_line,
    without_secrets,
)

MAX_DELIVERIES: Final = 1000
"""Maximum number of listed alerts, newest first."""

watch_argument = click.argument("watch_id", metavar="WATCH")


@click.group(cls=ListingGroup)
def watch() -> None:
    """Manage watches, which send alerts. Without a subcommand, list them."""


@watch.command("list")
@with_any_home
def list_watches(home: Home) -> int:
    """List all watches.

    The exit code is 2 if a watch file is invalid.
    """
    watches, errors = load_watches(home.watches, AlertWatch)
    listed = [{"id": name, **watch_fields(one)} for name, one in watches.items()]
    lines = (f"{name}: {one.name} ({watch_line(one)})" for name, one in watches.items())
    answer({"watches": listed, "errors": [*map(str, errors)]}, *lines)
    for error in errors:
        complain(str(error))
    return 2 if errors else 0


def _not_blank(context: click.Context, _option: click.Parameter, query: str) -> str:
    if not query.strip() and context.get_parameter_source("query") != ParameterSource.DEFAULT:
        raise click.BadParameter("the query is empty; leave the option out to match all releases")
    return query


def channel_options(command: Command) -> Command:
    """Decorator that adds an option for each alert channel to a command."""
    for one in reversed(CHANNELS):
        option = click.option(
            f"--{one.table}", multiple=one.repeated, metavar=one.metavar, help=one.option_help
        )
        command = option(command)
    return command


@watch.command()
@click.argument("name")
@click.option(
    "--query",
    default="",
    metavar="QUERY",
    callback=_not_blank,
    help="Search query, as for `communique search`.",
)
@click.option("--source", "sources", multiple=True, metavar="ID", help="Source to watch.")
@click.option("--topic", "topics", multiple=True, metavar="SLUG", help="Topic to watch.")
@click.option("--language", "languages", multiple=True, metavar="TAG", help="Language to watch.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(get_args(AlertKind)),
    help="Kind of event (by default release, edit, retraction and return).",
)
@click.option(
    "--min-weight",
    type=click.FloatRange(0, 1),
    default=0.0,
    metavar="WEIGHT",
    help="Minimum weight of edits (default 0).",
)
@click.option(
    "--edit-class",
    "edit_classes",
    multiple=True,
    type=click.Choice(EDIT_WORDS),
    metavar="CLASS",
    help=f"Class of edits: {', '.join(EDIT_WORDS[:-1])} or {EDIT_WORDS[-1]}.",
)
@click.option(
    "--backlog",
    is_flag=True,
    help="Also match old and imported releases that are found from now on.",
)
@click.option(
    "--timezone", default="", metavar="ZONE", help="IANA time zone for --digest and --quiet."
)
@click.option(
    "--digest", default="", metavar="WHEN", help='Time of a daily digest, such as "daily 08:00".'
)
@click.option(
    "--quiet", default="", metavar="HOURS", help='Hours without messages, such as "22:00-07:00".'
)
@channel_options
@click.option("--feed", is_flag=True, help="Publish the alerts as a feed at a secret address.")
@click.option(
    "--id", "watch_id", metavar="ID", default="", help="Id of the watch (default from its name)."
)
@with_home
def add(
    home: Home,
    *,
    name: str,
    feed: bool,
    watch_id: str,
    **keys: Any,
) -> None:
    """Create a watch in HOME/watches.

    A watch matches events that meet all its filters. Repeat an option to give several sources,
    topics, languages, kinds, classes of edits or mail addresses. --min-weight and --edit-class
    filter only edits. Releases that `communique run` has already processed cause no alerts, even
    with --backlog. For a webhook, the file contains a signing secret, which the receiver needs. For
    a feed, the command shows its secret address once.
    """
    outputs: dict[str, tuple[str, ...]] = {}
    for channel in CHANNELS:
        if value := keys.pop(channel.table):
            outputs[channel.table] = value if channel.repeated else (value,)
    # An option may be given twice with the same value.
    keys |= {key: tuple(dict.fromkeys(one)) for key, one in keys.items() if isinstance(one, tuple)}
    try:
        chosen, one = create_watch(
            home, {"name": name, **keys}, outputs, watch_id=watch_id, feed=feed
        )
    except UnusableId as error:
        raise click.UsageError(f"{error} with --id") from error
    except WatchError as error:
        if error.key not in outputs:
            raise
        raise click.BadParameter(error.fix, param_hint=f"--{error.key}") from error
    path = home.watches / f"{chosen}.toml"
    lines = [f"wrote {path}; try it with `communique watch test {chosen}`"]
    if address := feed_address(home, chosen, one):
        lines.append(f"its feed is {address}")
    report(home, path, one, lines)


@watch.command()
@watch_argument
@with_home
def show(home: Home, *, watch_id: str) -> None:
    """Show a watch and its problems."""
    one = load_watch(home.watches, watch_id, AlertWatch)
    path = home.watches / f"{watch_id}.toml"
    lines = [f"# {path}", *to_toml(without_secrets(one)).rstrip().split("\n")]
    report(home, path, one, lines)


def report(home: Home, path: Path, one: Watch, lines: Sequence[str]) -> None:
    """Print a watch as JSON or as ``lines``, with its problems."""
    doubts = [*doubts_of(home, one)]
    fields = {"id": path.stem, "path": str(path), **watch_fields(one), "doubts": doubts}
    answer(fields, *lines)
    for doubt in doubts:
        complain(f"note: {doubt}")


@watch.command()
@watch_argument
@with_home
def pause(home: Home, *, watch_id: str) -> None:
    """Pause a watch. Pending alerts stay queued."""
    pause_watch(home, watch_id, paused=True)
    answer({"id": watch_id, "paused": True}, f"{watch_id} is paused")


@watch.command()
@watch_argument
@with_home
def resume(home: Home, *, watch_id: str) -> None:
    """Resume a paused watch. Events during the pause send no alerts."""
    pause_watch(home, watch_id, paused=False)
    answer({"id": watch_id, "paused": False}, f"{watch_id} is active")


@watch.command()
@watch_argument
@with_home
def remove(home: Home, *, watch_id: str) -> None:
    """Remove a watch and its file, even if the file is invalid."""
    path = find_watch(home.watches, watch_id)
    try:
        read_watch(path, AlertWatch)
    except WatchError as error:
        complain(str(error))
    remove_watch(home, watch_id)
    answer({"removed": watch_id}, f"removed {path}")


@watch.command()
@click.option("--dead", is_flag=True, help="Show failed alerts only.")
@with_home
def deliveries(home: Home, *, dead: bool) -> None:
    """List the last 1,000 alerts: waiting, delivered and failed ones.

    Alerts with the same ``message`` are sent together.
    """
    # Imported here: only this command needs them, and they load slowly.
    from feeds.alerts.messages import edit_fields, subject_of  # noqa: PLC0415
    from scheduler.service.outbox import new_alerts  # noqa: PLC0415

    with closing(home.plain_store()) as store:
        found = [*store.alerts("dead" if dead else None, limit=MAX_DELIVERIES)]
        if not dead:
            # Include matches that `communique run` has not queued yet.
            known = {one.key for one in found}
            new = [one for one in new_alerts(home, store) if one.key not in known]
            found = [*reversed(new), *found][:MAX_DELIVERIES]
        subjects = [subject_of(one, store.release) for one in found]
    if wants_json():
        listed = [
            {
                "key": one.key,
                "message": one.message or None,
                "watch": one.watch,
                "output": one.output,
                "state": one.state,
                "made": instant(one.made),
                "due": instant(one.due),
                "attempts": one.attempts,
                "problem": one.problem or None,
                "kind": about.kind or None,
                "release": about.release or None,
                "source": about.source or None,
                "title": about.title or None,
                **(edit_fields(about.edit) if about.edit else {}),
            }
            for one, about in zip(found, subjects, strict=True)
        ]
        print_json({"deliveries": listed})
    else:
        for one, about in zip(found, subjects, strict=True):
            due = f"{instant(one.due):%Y-%m-%d %H:%M}"
            how = about.edit.text if about.edit else ""
            parts = (about.kind, how and f"({how})", about.source, about.title)
            what = " ".join(filter(None, parts))
            why = f", {one.problem}" if one.problem else ""
            say(
                f"{due} {one.state} {one.watch} {one.output}: {what or 'unknown event'}"
                f" ({counted(one.attempts, 'attempt')}{why}, {one.key})"
            )
        if not found:
            say("No deliveries.")


@watch.command()
@click.argument("keys", nargs=-1, metavar="[KEY …]")
@click.option("--all", "everything", is_flag=True, help="Resend all failed alerts.")
@with_home
def replay(home: Home, *, keys: tuple[str, ...], everything: bool) -> int:
    """Resend failed alerts with their original ids.

    `communique run` sends them. KEY is an id from `communique watch deliveries --dead`.
    """
    if everything == bool(keys):
        raise click.UsageError(
            "give either keys from `communique watch deliveries --dead`, or --all"
        )
    with closing(home.plain_store()) as store:
        count = store.resend_alerts(None if everything else keys, time.time())
    line = f"{counted(count, 'message waits', 'messages wait')} for `communique run`"
    answer({"replayed": count}, line)
    if count or everything:
        return 0
    complain("no failed alert has this key; `communique watch deliveries --dead` lists all keys")
    return 1


@watch.command()
@watch_argument
@click.option("--send", is_flag=True, help="Send a test message to each output.")
@with_home
def test(home: Home, *, watch_id: str, send: bool) -> int:
    """Show which recent events a watch matches.

    The last 1,000 events of each kind (such as releases or edits) are checked. Old releases from
    the first visit (backlog) are marked and counted separately. No alerts are sent about these
    events if they are older than the watch, even with --backlog. With --send, a test message is
    sent to each output immediately, and the exit code is 1 if a receiver rejects it.
    """
    one = load_watch(home.watches, watch_id, AlertWatch)
    if send:
        return print_test(home, watch_id)
    found, checked = recent_matches(home, watch_id)
    if wants_json():
        matches = [match_fields(happening) for happening in found]
        print_json({"id": watch_id, "looked_at": checked, "matches": matches})
    else:
        for happening in found:
            event = happening.event
            which = f" {happening.release[:8]}" if happening.release else ""
            mark = " (backlog)" if happening.backlog else ""
            how = f" ({event.edit.text})" if event.edit.text else ""
            say(
                f"{happening.at:%Y-%m-%d %H:%M} {event.kind}{how} {event.source}{which}"
                f" {happening.title}{mark}"
            )
        quiet = 0 if one.backlog else sum(happening.backlog for happening in found)
        say(f"{len(found) - quiet} of the last {counted(checked, 'event')} would have alerted.")
        if quiet:
            say(backlog_note(quiet))
    for doubt in [*doubts_of(home, one)]:
        complain(f"note: {doubt}")
    return 0


def print_test(home: Home, watch_id: str) -> int:
    """Send a test message to each output of a watch, print the results and return the exit code."""
    sent = asyncio.run(send_test(home, watch_id))
    lines = (f"{result['output']}: {result['problem'] or 'accepted'}" for result in sent)
    answer({"id": watch_id, "sent": sent}, *lines)
    return 1 if any(result["problem"] for result in sent) else 0
