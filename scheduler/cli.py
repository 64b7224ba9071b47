"""The command line: what all commands share."""

from __future__ import annotations

import builtins
import errno
import functools
import importlib
import json
import keyword
import logging
import os
import pkgutil
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from data.errors import CommuniqueError
from scheduler.home import Home, NoHome, default_home, home_at, open_home
from scheduler.logs import takes_json

Command = Callable[..., Any]


LONGEST = 500
"""Characters of a first sentence that a list of commands shows."""

LONGEST_PATH = 450
"""Bytes: SQLite opens no file whose path has more than 504, the longest being those of a backup."""

LONGEST_NAME = 255
"""Bytes of a file's name that Linux and macOS take."""

PORT = click.IntRange(0, 65535)
HOME_HELP = "The folder that holds sources, store and site (also COMMUNIQUE_HOME)."


class Named(click.Path):
    """A file or folder that a command names; the empty text, else the present folder, is none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """The path, or click.BadParameter."""
        if not os.fspath(value):
            self.fail("it is empty; name what is meant, the present folder by a dot", param, ctx)
        return super().convert(value, param, ctx)


class HoldsStore(Named):
    """A folder that a store lies in: its path leaves room for the names of files of SQLite."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """The path, or click.BadParameter."""
        found = super().convert(value, param, ctx)
        length = len(os.fsencode(os.path.realpath(found)))
        longest = max(map(len, os.fsencode(found).split(b"/")))
        if length > LONGEST_PATH or longest > LONGEST_NAME:
            self.fail(
                f"a path of {length:,} bytes, with a name of {longest:,}, is too long; it may have "
                f"{LONGEST_PATH}, and each name in it {LONGEST_NAME}",
                param,
                ctx,
            )
        return found


PATH = Named(path_type=Path)
FOLDER = HoldsStore(file_okay=False, path_type=Path)
BACKUP = HoldsStore(path_type=Path)
PATH_OR_URL = Named(readable=False)


class Group(click.Group):
    """Commands that are listed with what each does."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with the first sentence of each, whole: click would cut it off."""
        named = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, found.get_short_help_str(LONGEST)) for name, found in named if found]
            )


class Commands(Group):
    """The commands, each in the module of its name in ``package``.

    Words of Python have a ``_`` at the end there: ``import`` is in import_, ``list`` in list_.

    They are imported one by one: each waits only for the libraries that it needs.
    """

    def __init__(self, package: str = "scheduler.commands", **named: Any) -> None:
        super().__init__(**named)
        self.package = package

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        del ctx
        modules = pkgutil.iter_modules(importlib.import_module(self.package).__path__)
        return sorted(found.name.removesuffix("_") for found in modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command by its name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        # Words of Python, of which a function can't have or should not take the name.
        taken = keyword.iskeyword(cmd_name) or hasattr(builtins, cmd_name)
        name = f"{cmd_name}_" if taken else cmd_name
        module = importlib.import_module(f"{self.package}.{name}")
        command: click.Command = getattr(module, name)
        return command


class Listing(Group):
    """A group that lists where it is told nothing else to do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``list`` before options that stand alone."""
        alone = not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names)
        return super().parse_args(ctx, ["list", *args] if alone else args)


class ListingCommands(Listing, Commands):
    """Commands of which the one that lists is done where none is named."""


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--home", "folder", metavar="DIR", envvar="COMMUNIQUE_HOME", type=FOLDER, help=HOME_HELP
)
@click.version_option(package_name="communique")
def cli(folder: Path | None) -> None:
    """Turn the press rooms of institutions into feeds."""
    del folder  # commands ask for it by named_home


def named_home(context: click.Context, folder: Path | None) -> Path | None:
    """The HOME that was named, behind a command or before it, or by COMMUNIQUE_HOME; or None."""
    before: Path | None = context.find_root().params.get("folder")
    return folder or before


def home_option(open_named: Callable[[Path, bool], Home]) -> Callable[[Command], Command]:
    """Give a command the option --home, and pass it the HOME as its first argument.

    ``open_named`` opens the folder; it is told whether somebody named it.
    """

    def given(command: Command) -> Command:
        @click.option("--home", "folder", metavar="DIR", type=FOLDER, help=HOME_HELP)
        @functools.wraps(command)
        def opened(folder: Path | None, **arguments: Any) -> Any:
            named = named_home(click.get_current_context(), folder)
            return command(open_named(named or default_home(), named is not None), **arguments)

        return opened

    return given


def _there(folder: Path, named: bool) -> Home:  # noqa: FBT001 - as home_option calls it
    del named
    if not folder.is_dir():
        raise NoHome(folder)
    return home_at(folder)


def _there_if_named(folder: Path, named: bool) -> Home:  # noqa: FBT001
    return _there(folder, named) if named else home_at(folder)


with_home = home_option(_there)
"""For a command that reads: it refuses a HOME that is not there."""

with_any_home = home_option(_there_if_named)
"""For a command that needs none: without one, all is as by default."""

with_new_home = home_option(lambda folder, _: open_home(folder))
"""For a command that makes a HOME where none is."""

with_later_home = home_option(lambda folder, _: home_at(folder))
"""For a command that makes one itself, as soon as there is something to keep."""


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
always_json = click.option(
    "--json", is_flag=True, expose_value=False, help="Print JSON, as it always does."
)


def why_option(told: str) -> Callable[[Command], Command]:
    """The option --why of a command that keeps the reason: it must be there, and say something."""
    return click.option("--why", required=True, metavar="TEXT", callback=_something, help=told)


def _something(_context: click.Context, _option: click.Parameter, said: str) -> str:
    if not said.strip():
        raise click.BadParameter("it is empty; it is kept, so say something")
    return said


UNPRINTABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What would move, colour or turn a terminal's text, and halves of surrogate pairs."""


def printable(text: str) -> str:
    """A text as a terminal may show it, whoever wrote it: the rest of it escaped as in Python."""
    return UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


def say(*lines: str, err: bool = False) -> None:
    """Print lines, each of which is one whatever is in it."""
    click.echo("\n".join(map(printable, lines)), err=err)  # noqa: TID251 - the one place


def print_json(value: Any) -> None:
    """Print a value as one JSON document, indented for people."""
    plain = msgspec.to_builtins(value, str_keys=True)
    # Not encoded by msgspec: a file's name may hold halves of surrogate pairs, which it refuses.
    lines = json.dumps(plain, indent=1, ensure_ascii=False).split("\n")
    say(*(UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", line) for line in lines))


def complain(message: str) -> None:
    """Print one sentence to standard error; where lines of JSON go there, as one of these."""
    if takes_json(sys.stderr):
        logging.getLogger("communique").error("%s", message)
        return
    say(f"communique: {message}", err=True)


STOPPED = (click.Abort, KeyboardInterrupt)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; errors are one sentence on standard error."""
    try:
        result = cli.main(arguments, prog_name="communique", standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except (CommuniqueError, click.ClickException, OSError, *STOPPED) as error:
        sentence, code = error_sentence(error)
        complain(sentence)
        return code
    except UnicodeEncodeError:
        # The name of a file may hold any bytes; nothing else that is asked for can.
        given = next((one for one in arguments or sys.argv[1:] if not is_text(one)), None)
        if given is None:
            raise
        complain(f"{given!r} holds bytes that are no text in UTF-8")
        return 2
    return result if isinstance(result, int) else 0


def is_text(argument: str) -> bool:
    """Whether an argument is text: bytes that are none become halves of surrogate pairs."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def error_sentence(error: BaseException) -> tuple[str, int]:
    """The sentence that an error is told in, and the exit code."""
    match error:
        case CommuniqueError():
            return str(error), error.exit_code
        case click.UsageError():
            place = error.ctx.command_path if error.ctx else "communique"
            said = " ".join(error.format_message().rstrip(".").split())
            said = said.replace(" is not a valid integer range", " is no whole number")
            if isinstance(error, click.NoSuchOption) and place.endswith(" search"):
                said += "; write -- before a query that begins with a minus"
            return f"{said}; see `{place} --help`", 2
        case click.ClickException():
            return error.format_message(), 1
        case OSError():
            # A full disk or a folder without rights, wherever it is met.
            at = f"{error.filename}: " if error.filename else ""
            if error.errno == errno.ENOSPC:
                return f"{at}the disk is full: make room there", 1
            return f"{at}{error.strerror or error}", 1
    return "stopped; what was stored is kept", 130
