"""communique token revoke: ends a token."""

from __future__ import annotations

import click

from data.access.tokens import revoke_token
from scheduler.cli import as_json, print_json, say, with_home
from scheduler.home import Home


@click.command()
@click.argument("name", metavar="NAME")
@as_json
@with_home
def revoke(home: Home, *, name: str, as_json: bool) -> int:
    """End a token: whoever has it is refused from the next request on."""
    revoke_token(home.tokens, name)
    if as_json:
        print_json({"revoked": name})
    else:
        say(f"revoked {name}")
    return 0
