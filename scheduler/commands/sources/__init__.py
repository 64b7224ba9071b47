"""communique sources: manage sources and their files."""

from scheduler.cli import ListingCommands

sources = ListingCommands(
    __name__,
    {
        "check": "check",
        "list": "changes",
        "pause": "changes",
        "remove": "changes",
        "rename": "changes",
        "resume": "changes",
        "sample": "check",
    },
    name="sources",
    help="Manage sources. Without a subcommand, list them.",
)
