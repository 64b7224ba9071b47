"""communique watch test: what a watch would have told, and whether its outputs work."""

from __future__ import annotations

import asyncio
from contextlib import closing

import click

from data.store.public_view import public_view
from data.watches.match import WatchIndex
from data.watches.recent import recent_happenings
from data.watches.watch import Watch, load_watch
from data.wording import counted
from feeds.alerts.channels import AlertWatch
from feeds.alerts.delivery.sending import Senders, send_trial, trial_messages
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home import Home
from scheduler.terminal.watch_doubts import doubts_of

LOOKED_AT = 1000
"""Maximum number of releases, of edits, of retractions and so on that a watch is tried on."""

BACKLOG = (
    "{count} also {match}, but without an alert: {they} existed before the first visit to the"
    " source, or {were} imported or over 30 days old. Set `backlog = true` in the watch to be"
    " alerted of backlog."
)


@click.command()
@click.argument("watch_id", metavar="WATCH")
@click.option("--send", is_flag=True, help="Send a test by each of its outputs instead.")
@as_json
@with_home
def test(home: Home, *, watch_id: str, send: bool, as_json: bool) -> int:
    """Show which recent events a watch matches: the last 1,000 releases, edits and so on.

    Backlog is marked, and counted apart. With --send each output sends a test message at once; exit
    code 1 if a receiver refuses it.
    """
    one = load_watch(home.watches, watch_id, AlertWatch)
    if send:
        return send_test(home, watch_id, one, as_json=as_json)
    index = WatchIndex({watch_id: one})
    store = public_view(home.store())
    looked_at = 0
    found = []
    moves = store.source_moves()
    for happening in recent_happenings(store, limit=LOOKED_AT):
        looked_at += 1
        if index.matching(happening.event, moves):
            found.append(happening)
    store.close()
    found.sort(key=lambda happening: happening.at, reverse=True)
    if as_json:
        matches = [
            {
                "kind": happening.event.kind,
                "at": happening.at,
                "source": happening.event.source,
                "release": happening.release or None,
                "title": happening.title,
                "backlog": happening.backlog,
            }
            for happening in found
        ]
        print_json({"id": watch_id, "looked_at": looked_at, "matches": matches})
    else:
        for happening in found:
            event = happening.event
            which = f" {happening.release[:8]}" if happening.release else ""
            mark = " (backlog)" if happening.backlog else ""
            say(
                f"{happening.at:%Y-%m-%d %H:%M} {event.kind} {event.source}{which}"
                f" {happening.title}{mark}"
            )
        quiet = 0 if one.backlog else sum(happening.backlog for happening in found)
        say(f"{len(found) - quiet} of the last {counted(looked_at, 'event')} would have alerted.")
        if quiet:
            say(about_backlog(quiet))
    for doubt in doubts_of(home, one):
        complain(doubt)
    return 0


def about_backlog(count: int) -> str:
    """The sentence about releases that match and send no alert."""
    one = count == 1
    return BACKLOG.format(
        count=f"{count:,}",
        match="matches" if one else "match",
        they="it" if one else "they",
        were="was" if one else "were",
    )


def send_test(home: Home, watch_id: str, one: Watch, *, as_json: bool) -> int:
    """Send a test by each output of a watch, and say which were taken; the exit code."""
    # Imported here: a test alone needs a client of the web.
    from scheduler.service.push import outbound_of  # noqa: PLC0415

    with closing(home.plain_store()) as store:
        messages = [*trial_messages(public_view(store), watch_id, one)]
    senders = Senders(outbound_of(home), home.settings.alerts, home.settings.site)

    async def send_all() -> list[str]:
        return await asyncio.gather(*(send_trial(senders, one, message) for message in messages))

    problems = asyncio.run(send_all())
    sent = [
        {"output": message.output, "key": message.key, "problem": problem or None}
        for message, problem in zip(messages, problems, strict=True)
    ]
    if as_json:
        print_json({"id": watch_id, "sent": sent})
    else:
        for told in sent:
            say(f"{told['output']}: {told['problem'] or 'taken'}")
    return 1 if any(problems) else 0
