"""Option --new-store, and the check whether the store is lost before a command starts."""

import functools
from typing import Any, Final

import click

from data.errors import StoreError
from data.wording import counted
from scheduler.cli import Command, complain
from scheduler.home.errors import LostStore
from scheduler.home.home import Home

NEW_STORE_HELP: Final = "Create a new store if the old one is lost; hidden releases stay hidden."


def with_new_store(command: Command) -> Command:
    """Add the option --new-store to a command. Without it, the command fails if the store is lost.

    The command then raises LostStore. Apply this decorator below the decorator that passes the
    Home.
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
    """Raise LostStore if the store of a home directory is lost. Creates no store."""
    try:
        if home.has_store:
            home.plain_store().close()
        else:
            home.check_store()
    except LostStore:
        raise
    except StoreError:
        # The command will get the same error and report it.
        return


def start_store(home: Home) -> None:
    """Create a new store if the old one is lost, and print what the journal restored.

    Prints the numbers of hidden and redacted releases, and of removed and renamed sources.
    """
    # Imported here: these modules load slowly and are rarely needed.
    from scheduler.mirror.rebuild.new_store import begin_new_store  # noqa: PLC0415
    from scheduler.terminal.progress_and_tables import step_bars  # noqa: PLC0415

    with step_bars() as on_step:
        begun = begin_new_store(home, on_step)
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
    complain(f"created a new store; restored from the journal: {kept}")
    if begun.unread:
        complain(
            f"{counted(begun.unread, 'record')} of the archive can't be read; releases that they "
            "hide or redact may be published again"
        )
