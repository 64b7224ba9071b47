"""communique watch add: writes a watch."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, get_args

import click

from data.files import write_secret
from data.models import AlertKind
from data.text.folding import fold_search
from data.text.urls import site_address
from data.toml_files import ID
from data.watches.watch import FeedAccess, new_token, parse_watch, to_toml
from feeds.alerts.channels import CHANNELS, AlertWatch
from feeds.urls import WATCH_FEED
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home import Home
from scheduler.terminal.watch_doubts import doubts_of
from scheduler.terminal.watch_report import fields_of


def channel_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option of each alert channel to a command."""
    for one in reversed(CHANNELS):
        option = click.option(
            f"--{one.table}", multiple=one.repeated, metavar=one.metavar, help=one.option_help
        )
        command = option(command)
    return command


@click.command()
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
    help="Kind of event (default release, edit, retraction, return).",
)
@click.option("--backlog", is_flag=True, help="Also what is old when it is found, or imported.")
@click.option("--timezone", default="", metavar="ZONE", help="The IANA zone of its times of day.")
@click.option("--digest", default="", metavar="WHEN", help='Told in one message: "daily 08:00".')
@click.option("--quiet", default="", metavar="HOURS", help='Told afterwards: "22:00-07:00".')
@channel_options
@click.option("--feed", is_flag=True, help="With a feed, for those who know its address.")
@click.option("--id", "watch_id", metavar="ID", default="", help="The id; else made of the name.")
@as_json
@with_home
def add(
    home: Home,
    *,
    name: str,
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
    for channel in CHANNELS:
        if value := keys.pop(channel.table):
            values = value if channel.repeated else (value,)
            keys[channel.table] = channel.from_option(values)
    if feed:
        keys["feed"] = FeedAccess(new_token())
    text = to_toml(AlertWatch(name, **{key: value for key, value in keys.items() if value}))
    # Read as it will be: what is refused later is refused now.
    one = parse_watch(text, str(path), AlertWatch)
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
