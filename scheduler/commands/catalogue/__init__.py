"""communique catalogue: add the press rooms of listed institutions."""

from scheduler.cli import ListingCommands

catalogue = ListingCommands(
    __name__,
    {},
    name="catalogue",
    help="Add press rooms from lists of institutions. Without a subcommand, list the catalogues.",
)
