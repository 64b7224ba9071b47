"""The command line: what all commands share."""

from __future__ import annotations

import functools
import importlib
import keyword
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from data.errors import CommuniqueError
from scheduler.home import default_home, open_home

Command = Callable[..., Any]


COMMANDS = {
    "add": "add",
    "collect": "collect",
    "demo": "demo",
    "export": "export",
    "extract": "extract",
    "health": "health",
    "import": "importing",
    "publish": "publish",
    "run": "service",
    "search": "search",
    "serve": "serve",
    "show": "show",
    "sources": "sources",
}
"""Each command, and the module in scheduler/commands that holds it."""


class Commands(click.Group):
    """The commands, imported one by one: each waits only for the libraries that it needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command by its name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"scheduler.commands.{COMMANDS[cmd_name]}")
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command: click.Command = getattr(module, name)
        return command


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="communique")
def cli() -> None:
    """Turn the press rooms of institutions into feeds, alerts and a local mirror."""


def with_home(command: Command) -> Command:
    """Give a command the option --home, and pass it the HOME as its first argument."""

    @click.option(
        "--home",
        "folder",
        metavar="DIR",
        envvar="COMMUNIQUE_HOME",
        type=click.Path(file_okay=False, path_type=Path),
        default=default_home,
        help="The folder that holds sources, store and site (also COMMUNIQUE_HOME).",
    )
    @functools.wraps(command)
    def opened(folder: Path, **arguments: Any) -> Any:
        return command(open_home(folder), **arguments)

    return opened


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
always_json = click.option(
    "--json", is_flag=True, expose_value=False, help="Print JSON, as it always does."
)


def print_json(value: Any) -> None:
    """Print a value as one JSON document, indented for people."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=1).decode()
    click.echo(text)


def complain(message: str) -> None:
    """Print one sentence to standard error."""
    click.echo(f"communique: {message}", err=True)


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
        sentence, code = told(error)
        complain(sentence)
        return code
    return result if isinstance(result, int) else 0


def told(error: BaseException) -> tuple[str, int]:
    """The sentence that an error is told in, and the exit code."""
    match error:
        case CommuniqueError():
            return str(error), error.exit_code
        case click.UsageError():
            place = error.ctx.command_path if error.ctx else "communique"
            said = " ".join(error.format_message().rstrip(".").split())
            return f"{said}; see `{place} --help`", 2
        case click.ClickException():
            return error.format_message(), 1
        case OSError():
            # A full disk or a folder without rights, wherever it is met.
            at = f"{error.filename}: " if error.filename else ""
            return f"{at}{error.strerror or error}", 1
    return "stopped; what was stored is kept", 130
