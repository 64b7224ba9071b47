"""Write docs/reference/commands.md from the help texts of all commands.

Run it with: python docs/write_commands.py.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from scheduler.cli import cli

PAGE: Final = Path(__file__).parent / "reference" / "commands.md"

HELP_WIDTH: Final = 100
"""Maximum characters per line of a help text."""

HEAD: Final = """\
# Commands

This page shows the help text of every command. To see one in a terminal:

    communique add --help

## Common rules

- HOME is the folder of `--home DIR` or `COMMUNIQUE_HOME`. `--home` may come before or after the
  command. `demo` uses only `--home`; without it, the demo works in a temporary folder.
- `--json` prints JSON. Its keys and the exit codes are stable; sentences may change.
- Exit code 0 means success, 1 a failure or a finding, 2 a wrong option or setting.
- `list` is the default of `catalogue`, `health`, `searches`, `sources`, `token` and `watch`.
- `-` as a file name means standard input.
- Every command accepts `--home` and `--help`. The texts below leave them out.

`add --save`, `catalogue add`, `collect`, `import`, `mirror witness`, `demo` and `restore` create a
missing HOME. All other commands refuse it, so a misspelt path is noticed. Read-only commands accept
a read-only HOME.

If the store of a HOME is missing but its archive exists, commands refuse it. [A lost
store](../how-to/backup.md#a-lost-store) explains the options.

## Queries

`search`, `watch add --query`, `searches save` and the search page use the same language.
[Queries](queries.md) explains it.

If more than 5,000 releases match, only the newest 5,000 are ranked. In JSON, `total` counts up to
10,000 matches, and `more` is true if there are others. `next` is the cursor of the next page.

## Findings

These commands end with exit code 1 for findings as well as for failures:

| Command | Finding |
|---|---|
| `add` | The releases are not certain. |
| `backup` | HOME is incomplete, or pg_dump is missing. Everything else is copied. |
| `collect` | A page or source failed. Everything else is collected. |
| `doctor` | A check found an error. |
| `health` | A source is silent, failing, blocked or degraded. |
| `import`, `mirror import` | A line or record was rejected. Everything else is imported. |
| `mirror export`, `mirror rebuild` | A record is damaged or missing. Everything else is written. |
| `mirror status` | The budget is used up, or a key, a file or leaves are lost. |
| `mirror verify` | A problem was found. |
| `publish` | A page or the bucket failed. Everything else is published. |
| `worker` | The database was gone for a minute, or has a newer version. |
"""


def commands(group: click.Group, context: click.Context) -> Iterator[click.Context]:
    """Yield the contexts of all commands in a group, in the order of their names."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        child = click.Context(command, info_name=name, parent=context)
        yield child
        if isinstance(command, click.Group):
            yield from commands(command, child)


def help_text(context: click.Context) -> str:
    """Return the help text of a command, without the options that all commands share."""
    command = copy.copy(context.command)
    command.params = [one for one in command.params if "--home" not in one.opts]
    command.add_help_option = False
    return command.get_help(click.Context(command, context.parent, context.info_name))


def page() -> str:
    """Return the text of docs/reference/commands.md."""
    root = click.Context(
        cli, info_name="communique", terminal_width=HELP_WIDTH, max_content_width=HELP_WIDTH
    )
    parts = [HEAD]
    for context in commands(cli, root):
        level = "#" * (context.command_path.count(" ") + 1)
        parts.append(f"{level} {context.command_path}\n\n```\n{help_text(context)}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
