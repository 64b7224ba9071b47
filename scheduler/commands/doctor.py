"""communique doctor: checks of a home directory and its system, with fixes."""

from __future__ import annotations

from pathlib import Path

import click

from data.settings import Settings
from data.wording import counted
from scheduler.cli import as_json, home_option, print_json, say
from scheduler.home import Home, NoHome
from scheduler.home.doctor.examine import examine


def _unchecked(folder: Path, _: bool) -> Home:  # noqa: FBT001 - as home_option calls it
    if not folder.is_dir():
        raise NoHome(folder)
    # The settings are not loaded, because they may be invalid.
    return Home(folder.resolve(), Settings())


with_unchecked_home = home_option(_unchecked)


@click.command()
@as_json
@with_unchecked_home
def doctor(home: Home, *, as_json: bool) -> int:
    """Check a home directory and suggest fixes.

    Checked are settings, permissions, disk, versions, store, clock, archive, locks, files left by
    killed runs, topics, sources, watches and tokens. Nothing is changed. The exit code is 1 if
    there is an error.
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
