"""communique doctor: what is wrong with a HOME and with what it runs on, and the fix."""

from __future__ import annotations

from pathlib import Path

import click

from data.settings import Settings
from data.wording import counted
from scheduler.cli import as_json, home_option, print_json, say
from scheduler.home import Home, NoHome
from scheduler.home.doctor.examine import examine


def _as_it_is(folder: Path, _: bool) -> Home:  # noqa: FBT001 - as home_option calls it
    if not folder.is_dir():
        raise NoHome(folder)
    # Its settings may be what is wrong with it.
    return Home(folder.resolve(), Settings())


with_home_as_it_is = home_option(_as_it_is)


@click.command()
@as_json
@with_home_as_it_is
def doctor(home: Home, *, as_json: bool) -> int:
    """Look at a HOME from all sides, and say of each whether it is well, and what to do if not.

    Settings, permissions, disk, versions, store, clock, archive, locks, what killed runs left,
    topics, sources, watches, tokens. Nothing is changed. Exit code 1 where there is an error.
    """
    found = examine(home.path)
    errors = sum(one.level == "error" for one in found)
    warnings = sum(one.level == "warning" for one in found)
    if as_json:
        print_json(
            {"home": str(home.path), "errors": errors, "warnings": warnings, "checks": found}
        )
        return 1 if errors else 0
    for one in found:
        fix = f": {one.fix}" if one.fix else ""
        say(f"{one.level:7}  {one.check:12}  {one.text}{fix}")
    say(f"{counted(errors, 'error')}, {counted(warnings, 'warning')}")
    return 1 if errors else 0
