"""Arguments and options that choose entries of a catalogue, for several commands."""

import functools
from collections.abc import Callable
from typing import Any

import click

from scheduler.cli import Command
from spiders.catalogue.catalogue import KINDS
from spiders.catalogue.selection import Selection

catalogue_argument = click.argument("catalogue", metavar="CATALOGUE")
"""A catalogue's id, or the path of a catalogue file."""


def with_selection(command: Command) -> Callable[..., Any]:
    """Add the ids and the options of a Selection, which is passed as ``selection``."""

    @click.argument("entries", metavar="[ENTRY]…", nargs=-1)
    @click.option(
        "--country", "countries", multiple=True, metavar="CODE", help="Country, such as FR or UN."
    )
    @click.option(
        "--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Kind of institution."
    )
    @click.option(
        "--group", "groups", multiple=True, metavar="GROUP", help="Group, such as senate."
    )
    @functools.wraps(command)
    def chosen(
        *arguments: Any,
        entries: tuple[str, ...],
        countries: tuple[str, ...],
        kinds: tuple[str, ...],
        groups: tuple[str, ...],
        **others: Any,
    ) -> Any:
        upper = tuple(code.upper() for code in countries)
        return command(*arguments, selection=Selection(entries, upper, kinds, groups), **others)

    return chosen
