"""The option --new-store of commands that write, and the check of the store before they begin."""

from __future__ import annotations

import functools
from typing import Any, Final

import click

from data.errors import StoreError
from data.wording import counted
from scheduler.cli import Command, complain
from scheduler.home import Home, LostStore

NEW_STORE_HELP: Final = "Start a new store if it is lost; what was hidden or removed stays so."


def with_new_store(command: Command) -> Command:
    """Give a command the option --new-store, and refuse a lost store before the command begins.

    The command takes a Home first: this stands below the decorator that passes it. Raises
    LostStore.
    """

    @click.option("--new-store", is_flag=True, help=NEW_STORE_HELP)
    @functools.wraps(command)
    def prepared(home: Home, *, new_store: bool, **arguments: Any) -> Any:
        if new_store and home.path.is_dir():
            start_store(home)
        else:
            check_store(home)
        return command(home, **arguments)

    return prepared


def check_store(home: Home) -> None:
    """Raise LostStore if the store of a HOME is lost; a new HOME gets none."""
    try:
        if home.has_store:
            home.plain_store().close()
        else:
            home.check_store()
    except LostStore:
        raise
    except StoreError:
        # The command meets it again, and reports it as it does.
        return


def start_store(home: Home) -> None:
    """Start a new store if that of a HOME is lost, and report what it keeps from readers."""
    # Imported here: these libraries take long to load, and this is rarely needed.
    from scheduler.mirror.rebuild.new_store import begin_new_store  # noqa: PLC0415
    from scheduler.terminal.progress import step_bars  # noqa: PLC0415

    with step_bars() as told:
        begun = begin_new_store(home, told or (lambda *_: None))
    if begun is None:
        return
    kept = ", ".join(
        (
            counted(begun.hidden, "hidden release"),
            counted(begun.redacted, "redacted release"),
            counted(begun.removed, "removed source"),
            counted(begun.renamed, "renamed source"),
        )
    )
    complain(f"started a new store; from the journal of the lost one: {kept}")
    if begun.unread:
        complain(
            f"{counted(begun.unread, 'record')} of the archive can't be read: releases that they "
            "hid or redacted may be published again"
        )
