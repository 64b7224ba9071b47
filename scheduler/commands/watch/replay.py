"""communique watch replay: sends anew what was given up."""

from __future__ import annotations

import time

import click

from data.wording import counted
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home import Home


@click.command()
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
    if count or everything:
        return 0
    complain("no such message was given up; `communique watch deliveries --dead` lists those")
    return 1
