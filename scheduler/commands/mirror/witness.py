"""communique mirror witness: sign what the log of another instance shows, or have ours signed."""

from __future__ import annotations

import click

from data.wording import counted
from scheduler.cli import PATH_OR_URL, as_json, complain, print_json, say, with_later_home
from scheduler.home import Home, NoHome
from scheduler.mirror.attest import attest, is_configured, witness_log


@click.command()
@click.argument("log", type=PATH_OR_URL, required=False, metavar="[URL|PATH]")
@as_json
@with_later_home
def witness(home: Home, *, log: str | None, as_json: bool) -> int:
    """Sign the log of another instance, if it only grew since the last time.

    URL or PATH leads to its site, its HOME or its log. A log that is forked, smaller than before
    or signed by another key is refused, and what was seen is kept in HOME/witness. Without one, our
    own log is shown to those whom archive.witnesses and archive.timestamp name, and the logs are
    signed that archive.witnessed names.
    """
    if log is None:
        if not home.path.is_dir():
            raise NoHome(home.path)
        return ask_others(home, as_json=as_json)
    fresh = not (home.path / "witness.key").exists()
    signed = witness_log(home, log)
    checkpoint = signed.checkpoint
    if as_json:
        print_json(
            {
                "origin": checkpoint.origin,
                "size": checkpoint.size,
                "before": signed.before,
                "log": str(signed.log),
                "witness": str(signed.witness),
            }
        )
        return 0
    leaves = counted(checkpoint.size, "leaf", "leaves")
    say(f"{checkpoint.origin}: signed at {leaves}, {checkpoint.size - signed.before} new")
    say(f"log      {signed.log}", f"witness  {signed.witness}")
    if fresh:
        say(f"{home.path} was no witness before: its key was made now")
    return 0


def ask_others(home: Home, *, as_json: bool) -> int:
    """Have our own log signed and dated by those whom the settings name."""
    if not is_configured(home):
        raise click.UsageError(
            "name a log, or others in archive.witnesses, archive.witnessed or archive.timestamp"
        )
    done = attest(home)
    if as_json:
        print_json(done)
    else:
        for one in done.cosignatures:
            say(f"{one.witness}: signed at {counted(one.size, 'leaf', 'leaves')}")
        for theirs in done.witnessed:
            say(f"{theirs.log}: signed by us at {counted(theirs.size, 'leaf', 'leaves')}")
        if done.timestamp is not None:
            say(f"dated at {counted(done.timestamp, 'leaf', 'leaves')}")
    for error in done.errors:
        complain(error)
    return 1 if done.errors else 0
