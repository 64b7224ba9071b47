"""communique token: who may read a site that is not for everybody, and who may operate it.

Each of its commands is the module of its name here (``list`` in list_).
"""

from __future__ import annotations

from scheduler.cli import ListingCommands

token = ListingCommands(
    __name__,
    name="token",
    help="Say who may read the site and operate it; without a word more, list the tokens.",
)
