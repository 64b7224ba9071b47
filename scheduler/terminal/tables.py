"""Tables in the output of commands."""

from typing import Final

from rich.console import Console
from rich.table import Table

PIPE_COLUMNS: Final = 1000
"""Width of a table in characters if the output is not a terminal, so that no text is cut."""


def print_table(table: Table) -> None:
    """Print a table. On a terminal, it has the width of the terminal."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPE_COLUMNS)
    console.print(table)
