"""communique catalogue: add the press rooms of listed institutions."""

from scheduler.cli import ListingCommands

catalogue = ListingCommands(
    __name__,
    {"add": "adding", "check": "adding", "list": "lists", "show": "lists", "update": "adding"},
    name="catalogue",
    help="Add press rooms from lists of institutions. Without a subcommand, list the catalogues.",
)
