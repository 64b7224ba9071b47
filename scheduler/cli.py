"""Command groups, the --home option, and the output, errors and exit codes of all commands."""

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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from data.errors import CommuniqueError
from data.wording import meant, with_hint
from scheduler.home.errors import NoHome
from scheduler.home.home import Home, default_home, home_at, open_home
from scheduler.logs import takes_json

Command = Callable[..., Any]


MAX_SHORT_HELP_CHARS = 500
"""Maximum length in characters of a command's first help sentence in a list of commands."""

MAX_PATH_BYTES = 450
"""Maximum length in bytes of the path of a home directory or backup. SQLite opens paths of up to
504 bytes, and the file names of a backup are appended to the path."""

MAX_NAME_BYTES = 255
"""Maximum length in bytes of a file name on Linux and macOS."""

PORT_TYPE = click.IntRange(0, 65535)
HOME_HELP = "Home directory with sources, store and site (also COMMUNIQUE_HOME)."


class NonEmptyPath(click.Path):
    """A path argument that must not be empty. ``Path("")`` would mean the current folder."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """Return the path. Raises click.BadParameter if it is empty."""
        if not os.fspath(value):
            self.fail("the path is empty; write . for the current folder", param, ctx)
        return super().convert(value, param, ctx)


class StorePath(NonEmptyPath):
    """Path argument for a folder with a store.

    The path must be short enough that SQLite can add file names and suffixes to it.
    """

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """Return the path. Raises click.BadParameter if it is empty or too long."""
        found = super().convert(value, param, ctx)
        length = len(os.fsencode(os.path.realpath(found)))
        longest = max(map(len, os.fsencode(found).split(b"/")))
        for what, size, limit in (
            ("path", length, MAX_PATH_BYTES),
            ("name of a folder or file", longest, MAX_NAME_BYTES),
        ):
            if size > limit:
                fault = f"a {what} of {size:,} bytes is too long (maximum {limit})"
                self.fail(fault, param, ctx)
        return found


PATH_TYPE = NonEmptyPath(path_type=Path)
FOLDER_TYPE = StorePath(file_okay=False, path_type=Path)
BACKUP_PATH_TYPE = StorePath(path_type=Path)
PATH_OR_URL = NonEmptyPath(readable=False)


class SentenceGroup(click.Group):
    """A command group whose help shows complete sentences, and which suggests similar names."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name. Raises UsageError if it does not exist."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = meant(args[0], self.list_commands(ctx))
            raise click.UsageError(error.message.rstrip(".") + near, ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their first help sentence, which Click would truncate."""
        named = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, found.get_short_help_str(MAX_SHORT_HELP_CHARS))
                    for name, found in named
                    if found
                ]
            )


class Commands(SentenceGroup):
    """Command group that imports a command's module from ``package`` when the command is used.

    So a command loads only the libraries that it needs. A module has the name of its command,
    unless ``modules`` maps the command to another module. If a name is a keyword or built-in name
    of Python, ``_`` is appended: ``import`` is the function ``import_``.
    """

    def __init__(self, package: str, modules: Mapping[str, str], **named: Any) -> None:
        super().__init__(**named)
        self.package = package
        self.modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        del ctx
        found = pkgutil.iter_modules(importlib.import_module(self.package).__path__)
        alone = {one.name for one in found} - {*self.modules.values()}
        return sorted({*self.modules, *(name.removesuffix("_") for name in alone)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command. Returns None if no command has this name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        taken = keyword.iskeyword(cmd_name) or hasattr(builtins, cmd_name)
        name = f"{cmd_name}_" if taken else cmd_name
        module = importlib.import_module(f"{self.package}.{self.modules.get(cmd_name, name)}")
        command: click.Command = getattr(module, name)
        return command


class ListingGroup(SentenceGroup):
    """Command group whose ``list`` command is the default."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert ``list`` if the arguments contain no command."""
        alone = not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names)
        return super().parse_args(ctx, ["list", *args] if alone else args)


class ListingCommands(ListingGroup, Commands):
    """Group of commands in modules, whose ``list`` command is the default."""


@click.group(
    cls=Commands,
    package="scheduler.commands",
    modules={
        "backup": "backup",
        "changes": "releases",
        "collect": "collect",
        "export": "export",
        "import": "export",
        "migrate": "migrate",
        "publish": "collect",
        "releases": "releases",
        "restore": "backup",
        "run": "run",
        "search": "search",
        "searches": "search",
        "worker": "run",
    },
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--home", "folder", metavar="DIR", envvar="COMMUNIQUE_HOME", type=FOLDER_TYPE, help=HOME_HELP
)
@click.version_option(package_name="communique")
def cli(folder: Path | None) -> None:
    """Turn the press rooms of institutions into feeds."""
    del folder  # commands read it with named_home


def named_home(context: click.Context, folder: Path | None) -> Path | None:
    """Return the home directory given by --home or COMMUNIQUE_HOME, or None.

    ``folder`` is the value of --home after the command. It takes precedence over --home before the
    command.
    """
    before: Path | None = context.find_root().params.get("folder")
    return folder or before


def _note_json(context: click.Context, _option: click.Parameter, given: bool) -> None:  # noqa: FBT001 - Click calls it this way
    context.meta["json"] = given


as_json = click.option(
    "--json", is_flag=True, expose_value=False, callback=_note_json, help="Print JSON."
)


def home_option(
    open_named: Callable[[Path, bool], Home], *, prints_json: bool = True
) -> Callable[[Command], Command]:
    """Return a decorator that adds --home and --json, and passes the Home as first argument.

    ``open_named`` opens a folder. Its second argument is false if the folder was not given, so that
    the default folder is used. If ``prints_json`` is false, the command has no --json.
    """

    def with_option(command: Command) -> Command:
        @functools.wraps(command)
        def opened(folder: Path | None, **arguments: Any) -> Any:
            named = named_home(click.get_current_context(), folder)
            return command(open_named(named or default_home(), named is not None), **arguments)

        option = click.option("--home", "folder", metavar="DIR", type=FOLDER_TYPE, help=HOME_HELP)
        return as_json(option(opened)) if prints_json else option(opened)

    return with_option


def _existing(folder: Path, named: bool) -> Home:  # noqa: FBT001 - home_option calls it this way
    del named
    if not folder.is_dir():
        raise NoHome(folder)
    return home_at(folder)


def _existing_if_named(folder: Path, named: bool) -> Home:  # noqa: FBT001
    return _existing(folder, named) if named else home_at(folder)


with_home = home_option(_existing)
"""Decorator for commands that need an existing home directory. Raises NoHome."""

with_home_only = home_option(_existing, prints_json=False)
"""Like ``with_home``, for commands that print no JSON."""

with_any_home = home_option(_existing_if_named)
"""Decorator for commands that also work without a home directory. Raises NoHome if the directory
given by --home does not exist."""

with_any_home_only = home_option(_existing_if_named, prints_json=False)
"""Like ``with_any_home``, for commands that print no JSON."""

with_new_home = home_option(lambda folder, _: open_home(folder))
"""Decorator for commands that create a missing home directory immediately."""

with_later_home = home_option(lambda folder, _: home_at(folder))
"""Decorator for commands that create a missing home directory when they have something to store."""


always_json = click.option(
    "--json",
    is_flag=True,
    expose_value=False,
    help="Has no effect here. Accepted for consistency with other commands.",
)


def why_option(description: str) -> Callable[[Command], Command]:
    """Return a decorator that adds --why, a required option whose text must not be blank."""
    return click.option(
        "--why", required=True, metavar="TEXT", callback=_not_blank, help=description
    )


def _not_blank(_context: click.Context, _option: click.Parameter, text: str) -> str:
    if not text.strip():
        raise click.BadParameter("the reason is empty; give a reason")
    return text


UNPRINTABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Pattern for characters that control a terminal or change the text direction, and lone
surrogates."""


def printable(text: str) -> str:
    """Escape characters in an untrusted text that would control a terminal."""
    return UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


def say(*lines: str, err: bool = False) -> None:
    """Print lines of text. Line breaks and control characters within a line are escaped."""
    click.echo("\n".join(map(printable, lines)), err=err)  # noqa: TID251 - the only place that calls it


def print_json(value: Any) -> None:
    """Print a value as an indented JSON document."""
    plain = msgspec.to_builtins(value, str_keys=True)
    # msgspec can't encode lone surrogates, which may occur in file names.
    lines = json.dumps(plain, indent=1, ensure_ascii=False).split("\n")
    say(*(UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", line) for line in lines))


def wants_json() -> bool:
    """Return whether the running command was given --json."""
    return bool(click.get_current_context().meta.get("json"))


def answer(values: Any, *lines: str) -> None:
    """Print the result of a command: ``values`` if it was given --json, otherwise ``lines``."""
    if wants_json():
        print_json(values)
    elif lines:
        say(*lines)


def complain_about(problems: Sequence[str], most: int, start: str = "") -> None:
    """Print at most ``most`` problems to standard error, and the number of further problems.

    Each line begins with ``start``.
    """
    for one in problems[:most]:
        complain(f"{start}{one}")
    if len(problems) > most:
        complain(f"{start}and {len(problems) - most} more; --json shows them all")


def complain(message: str) -> None:
    """Print a message to standard error, as a line of JSON if that is the log format."""
    if takes_json(sys.stderr):
        logging.getLogger("communique").error(message)
        return
    say(f"communique: {message}", err=True)


STOP_EXCEPTIONS = (click.Abort, KeyboardInterrupt)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Errors are printed to standard error in one sentence.
    """
    try:
        result = cli.main(arguments, prog_name="communique", standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except (CommuniqueError, click.ClickException, OSError, *STOP_EXCEPTIONS) as error:
        sentence, code = error_sentence(error)
        complain(sentence)
        return code
    except UnicodeEncodeError:
        # File names may contain any bytes, but all other arguments must be valid text.
        given = next((one for one in arguments or sys.argv[1:] if not is_text(one)), None)
        if given is None:
            raise
        complain(f"{given!r} is not valid UTF-8; write it in UTF-8")
        return 2
    return result if isinstance(result, int) else 0


def is_text(argument: str) -> bool:
    """Return whether an argument is valid UTF-8. Python decodes invalid bytes to surrogates."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def error_sentence(error: BaseException) -> tuple[str, int]:
    """Return the message and the exit code for an error."""
    match error:
        case CommuniqueError():
            return str(error), error.exit_code
        case click.UsageError():
            place = error.ctx.command_path if error.ctx else "communique"
            message = " ".join(error.format_message().rstrip(".").split())
            message = message.replace(" is not a valid integer range", " is not a whole number")
            if isinstance(error, click.NoSuchOption) and place.endswith(" search"):
                message += "; write -- before a query that begins with a minus"
            return with_hint(message, f"see `{place} --help`"), 2
        case click.ClickException():
            return error.format_message(), 1
        case OSError():
            # Any command may fail because of a full disk or missing permissions.
            at = f"{error.filename}: " if error.filename else ""
            if error.errno == errno.ENOSPC:
                return f"{at}the disk is full; free some space", 1
            return f"{at}{error.strerror or error}", 1
    return "stopped", 130
