"""communique token new: makes a token."""

from __future__ import annotations

from typing import get_args

import click

from data.access.tokens import TokenScope, new_token
from data.text.urls import site_address
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home import Home


@click.command()
@click.argument("name", metavar="NAME")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(get_args(TokenScope)),
    default=("read",),
    help="What it lets do: read the site (as left out), or operate it, which takes in reading.",
)
@as_json
@with_home
def new(home: Home, *, name: str, scopes: tuple[TokenScope, ...], as_json: bool) -> int:
    """Make a token, and show it this once: what is kept is its digest.

    Programs send it as `Authorization: Bearer TOKEN`; browsers and feed readers as a password,
    under any name; a reader that can do neither takes the address of a feed with `?token=TOKEN`.
    """
    text = new_token(home.tokens, name, scopes)
    site = home.settings.site
    if as_json:
        print_json({"name": name, "scopes": scopes, "token": text})
        return 0
    say(text)
    complain("it is not shown again; end it by `communique token revoke " + name + "`")
    if site.access == "token":
        address = f"{site_address(site.url)}/feeds/all.atom?token={text}"
        complain(f"for a reader that asks for no password: {address}")
    return 0
