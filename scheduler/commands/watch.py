"""communique watch: what people want to be told of."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import time
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from typing import Any, get_args

import click

from data.errors import ConfigurationError, WatchError
from data.files import write_secret
from data.models import AlertKind
from data.search.query import Query
from data.text.folding import fold_search
from data.text.urls import site_address
from data.toml_files import ID
from data.topics.taxonomy import load_taxonomy
from data.watches.folder import load_watches
from data.watches.match import WatchIndex
from data.watches.pausing import set_paused
from data.watches.recent import recent_happenings
from data.watches.watch import (
    FeedAccess,
    Mail,
    Service,
    Watch,
    Webhook,
    load_watch,
    new_secret,
    new_token,
    parse_watch,
    to_toml,
)
from data.wording import counted, meant
from feeds.alerts.senders import Senders
from feeds.alerts.trial import send_trial, trial_messages
from feeds.pages.search_problems import notes_on
from feeds.translations import texts_of
from feeds.urls import WATCH_FEED
from scheduler.cli import (
    Listing,
    as_json,
    complain,
    print_json,
    say,
    with_any_home,
    with_home,
)
from scheduler.home import Home
from scheduler.terminal.watch_report import described, fields_of, without_secrets
from spiders.sources.loader import load_sources

LOOKED_AT = 1000
"""Releases, and as many edits, retractions and changes of health, that a watch is tried on."""


@click.group(cls=Listing)
def watch() -> None:
    """Say what you want to be told of; without a word more, list it."""


@watch.command()
@click.argument("name")
@click.option("--query", default="", metavar="QUERY", help="Words, as `communique search` takes.")
@click.option("--source", "sources", multiple=True, metavar="ID", help="Only of these sources.")
@click.option("--topic", "topics", multiple=True, metavar="SLUG", help="Only of these topics.")
@click.option("--language", "languages", multiple=True, metavar="TAG", help="Only in these.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(get_args(AlertKind)),
    help="What is to be told; left out, releases, edits and retractions.",
)
@click.option("--backlog", is_flag=True, help="Also what is old when it is found, or imported.")
@click.option("--timezone", default="", metavar="ZONE", help="The IANA zone of its times of day.")
@click.option("--digest", default="", metavar="WHEN", help='Told in one message: "daily 08:00".')
@click.option("--quiet", default="", metavar="HOURS", help='Told afterwards: "22:00-07:00".')
@click.option("--webhook", metavar="URL", default="", help="Where messages are sent to.")
@click.option("--mail", multiple=True, metavar="ADDRESS", help="Who gets mail.")
@click.option("--apprise", metavar="URL", default="", help="A service, as Apprise names it.")
@click.option("--feed", is_flag=True, help="With a feed, for those who know its address.")
@click.option("--id", "watch_id", metavar="ID", default="", help="The id; else made of the name.")
@as_json
@with_home
def add(
    home: Home,
    *,
    name: str,
    webhook: str,
    mail: tuple[str, ...],
    apprise: str,
    feed: bool,
    watch_id: str,
    as_json: bool,
    **keys: Any,
) -> int:
    """Write a watch, which is a file in HOME/watches. Each option narrows what it matches.

    Options that name sources, topics, languages, kinds or addresses may be given several times.
    For a webhook a secret is made, which stands in the file: give it to the receiver. For a feed a
    token is made, and its address told once.
    """
    chosen = watch_id or "-".join(re.findall("[a-z0-9]+", fold_search(name)))[:64].strip("-")
    if not ID.fullmatch(chosen):
        raise click.UsageError(
            f"{chosen or name!r} is no id; choose one of letters, digits and hyphens by --id"
        )
    path = home.watches / f"{chosen}.toml"
    if webhook:
        keys["webhook"] = Webhook(webhook, new_secret())
    if apprise:
        keys["apprise"] = Service(apprise)
    if feed:
        keys["feed"] = FeedAccess(new_token())
    if mail:
        keys["mail"] = Mail(mail)
    text = to_toml(Watch(name, **{key: value for key, value in keys.items() if value}))
    # Read as it will be: what is refused later is refused now.
    one = parse_watch(text, str(path))
    home.watches.mkdir(parents=True, exist_ok=True)
    try:
        write_secret(path, text)
    except FileExistsError as error:
        raise click.UsageError(f"there is {path} already; choose another id by --id") from error
    doubts = doubts_of(home, one)
    if as_json:
        print_json({"id": chosen, "path": str(path), **fields_of(one), "doubts": doubts})
    else:
        say(f"wrote {path}; try it by `communique watch test {chosen}`")
        if one.feed:
            site = site_address(home.settings.site.url)
            say(f"its feed is {site}{WATCH_FEED}{chosen}.atom?token={one.feed.token}")
    for doubt in doubts:
        complain(doubt)
    return 0


@watch.command("list")
@as_json
@with_any_home
def list_watches(home: Home, *, as_json: bool) -> int:
    """List all watches; exit code 2 where one of their files can't be used."""
    watches, errors = load_watches(home.watches)
    if as_json:
        listed = [{"id": name, **fields_of(one)} for name, one in watches.items()]
        print_json({"watches": listed, "errors": [str(error) for error in errors]})
    else:
        for name, one in watches.items():
            say(f"{name}: {one.name} ({described(one)})")
    for error in errors:
        complain(str(error))
    return 2 if errors else 0


@watch.command()
@click.argument("watch_id", metavar="WATCH")
@as_json
@with_home
def show(home: Home, *, watch_id: str, as_json: bool) -> int:
    """Show a watch, and what in it names nothing that is there."""
    one = load_watch(home.watches, watch_id)
    path = home.watches / f"{watch_id}.toml"
    doubts = doubts_of(home, one)
    if as_json:
        print_json({"id": watch_id, "path": str(path), **fields_of(one), "doubts": doubts})
    else:
        say(f"# {path}", *to_toml(without_secrets(one)).rstrip().split("\n"))
    for doubt in doubts:
        complain(doubt)
    return 0


@watch.command()
@click.argument("watch_id", metavar="WATCH")
@click.option("--send", is_flag=True, help="Send a test by each of its outputs instead.")
@as_json
@with_home
def test(home: Home, *, watch_id: str, send: bool, as_json: bool) -> int:
    """Show what a watch would have told of late: of the last 1,000 releases, edits and so on.

    Whether a release was old when it was found is not asked here. With --send a message that says
    that it is a test goes out by each output at once; exit code 1 where one is not taken.
    """
    one = load_watch(home.watches, watch_id)
    if send:
        return send_test(home, watch_id, one, as_json=as_json)
    index = WatchIndex({watch_id: one})
    store = home.store()
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
            }
            for happening in found
        ]
        print_json({"id": watch_id, "looked_at": looked_at, "matches": matches})
    else:
        for happening in found:
            event = happening.event
            which = f" {happening.release[:8]}" if happening.release else ""
            say(
                f"{happening.at:%Y-%m-%d %H:%M} {event.kind} {event.source}{which}"
                f" {happening.title}"
            )
        say(f"{counted(len(found), 'match', 'matches')} among {counted(looked_at, 'event')}")
    for doubt in doubts_of(home, one):
        complain(doubt)
    return 0


def send_test(home: Home, watch_id: str, one: Watch, *, as_json: bool) -> int:
    """Send a test by each output of a watch, and say which were taken; the exit code."""
    # Imported here: a test alone needs a client of the web.
    from scheduler.service.push import outbound_of  # noqa: PLC0415

    with closing(home.plain_store()) as store:
        messages = [*trial_messages(store, watch_id, one)]
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


@watch.command()
@click.argument("watch_id", metavar="WATCH")
@as_json
@with_home
def pause(home: Home, *, watch_id: str, as_json: bool) -> int:
    """Tell nothing new by a watch until it is resumed; what waits goes on waiting."""
    return told_paused(watch_id, set_paused(home.watches, watch_id, paused=True), as_json=as_json)


@watch.command()
@click.argument("watch_id", metavar="WATCH")
@as_json
@with_home
def resume(home: Home, *, watch_id: str, as_json: bool) -> int:
    """Tell again by a watch that was paused; what happened meanwhile is not told."""
    return told_paused(watch_id, set_paused(home.watches, watch_id, paused=False), as_json=as_json)


def told_paused(watch_id: str, one: Watch, *, as_json: bool) -> int:
    """Say whether a watch is paused; the exit code."""
    if as_json:
        print_json({"id": watch_id, "paused": one.paused})
    else:
        say(f"{watch_id} is paused" if one.paused else f"{watch_id} works")
    return 0


@watch.command()
@click.argument("watch_id", metavar="WATCH")
@as_json
@with_home
def remove(home: Home, *, watch_id: str, as_json: bool) -> int:
    """Remove a watch, which deletes its file, also where that can't be used."""
    path = home.watches / f"{watch_id}.toml"
    try:
        load_watch(home.watches, watch_id)
    except WatchError as error:
        complain(str(error))
    path.unlink()
    if as_json:
        print_json({"removed": watch_id})
    else:
        say(f"removed {path}")
    return 0


@watch.command()
@click.option("--dead", is_flag=True, help="Only what was given up.")
@as_json
@with_home
def deliveries(home: Home, *, dead: bool, as_json: bool) -> int:
    """List the last 1,000 alerts: which wait, which were delivered, which were given up.

    Those of one ``message`` are sent together.
    """
    store = home.plain_store()
    try:
        found = store.alerts("dead" if dead else None, limit=LOOKED_AT)
    finally:
        store.close()
    if as_json:
        listed = [
            {
                "key": one.key,
                "message": one.message or None,
                "watch": one.watch,
                "output": one.output,
                "state": one.state,
                "made": instant_of(one.made),
                "due": instant_of(one.due),
                "attempts": one.attempts,
                "problem": one.problem or None,
            }
            for one in found
        ]
        print_json({"deliveries": listed})
    else:
        for one in found:
            due = f"{instant_of(one.due):%Y-%m-%d %H:%M}"
            said = f"{one.key} {one.watch} {one.output} {one.state} {due}"
            why = f", {one.problem}" if one.problem else ""
            say(f"{said} after {counted(one.attempts, 'attempt')}{why}")
        if not found:
            say("there is none")
    return 0


@watch.command()
@click.argument("keys", nargs=-1, metavar="[KEY …]")
@click.option("--all", "everything", is_flag=True, help="All that were given up.")
@as_json
@with_home
def replay(home: Home, *, keys: tuple[str, ...], everything: bool, as_json: bool) -> int:
    """Have messages that were given up sent anew by `communique run`, under the same keys."""
    if everything == bool(keys):
        raise click.UsageError(
            "name keys that `communique watch deliveries --dead` lists, or --all"
        )
    store = home.plain_store()
    try:
        count = store.replay_alerts(None if everything else keys, time.time())
    finally:
        store.close()
    if as_json:
        print_json({"replayed": count})
    else:
        say(f"{counted(count, 'message waits', 'messages wait')} for `communique run`")
    return 0 if count or everything else 1


def instant_of(seconds: float) -> dt.datetime:
    """An instant in UTC."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def doubts_of(home: Home, one: Watch) -> list[str]:
    """What a watch lacks: sources and topics that are not there, or not yet; a mail server."""
    return list(_doubts(home, one))


def _doubts(home: Home, one: Watch) -> Iterator[str]:
    if not one.outputs and not one.feed:
        yield "it tells nobody; write [webhook], [mail], [apprise] or [feed] into its file"
    if one.query.count('"') % 2:
        yield f"a quotation mark of {one.query!r} is not closed; it is read as closed at the end"
    yield from notes_on(texts_of("en"), Query(one.query))
    if one.mail and not home.settings.alerts.smtp_host:
        yield "no mail is sent before smtp_host is written under [alerts] in communique.toml"
    if one.apprise and find_spec("apprise") is None:
        yield "nothing is sent by Apprise before it is there: pip install 'communique[apprise]'"
    if not one.sources and not one.topics:
        return
    store = home.store()
    try:
        # Sections are told as topics, too.
        stored, topics = store.sources(), {*store.topics()}
        topics.update(slug for _, slug in store.section_labels())
        moves, removed = store.source_moves(), store.removed_sources()
    finally:
        store.close()
    known = {*stored, *load_sources(home.sources)[0]}
    for source in one.sources:
        if source in moves.keys() - known:
            yield f"{source!r} is called {moves[source]!r} now, which the watch is told of as well"
        elif source in removed:
            yield f"{source!r} is collected no more"
        elif source not in known:
            yield f"there is no source {source!r} yet{meant(source, sorted(known))}"
    yield from _unknown_topics(home, one, topics)


def _unknown_topics(home: Home, one: Watch, used: set[str]) -> Iterator[str]:
    try:
        known = used | load_taxonomy(home.topics).topics.keys()
    except ConfigurationError as error:
        yield str(error)
        return
    for topic in one.topics:
        if topic not in known:
            yield f"no release has the topic {topic!r} yet{meant(topic, sorted(known))}"
