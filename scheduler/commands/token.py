"""communique token: who may read a site that is not for everybody, and who may operate it."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import click

from data.text.urls import site_address
from data.tokens import Token, TokenScope, load_tokens, new_token, revoke_token
from scheduler.cli import Listing, as_json, complain, print_json, say, with_home
from scheduler.home import Home

NAME = "NAME"


@click.group(cls=Listing)
def token() -> None:
    """Say who may read the site and operate it; without a word more, list the tokens."""


@token.command()
@click.argument("name", metavar=NAME)
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


@token.command("list")
@as_json
@with_home
def list_tokens(home: Home, *, as_json: bool) -> int:
    """List the tokens, and when each was used last; exit code 2 where a file can't be used."""
    tokens, errors = load_tokens(home.tokens)
    if as_json:
        listed = [
            {
                "name": one.name,
                "scopes": one.scopes,
                "created": one.created,
                "last_used": one.last_used,
            }
            for one in tokens
        ]
        print_json({"tokens": listed, "errors": [str(error) for error in errors]})
    else:
        for one in tokens:
            say(described(one))
    for error in errors:
        complain(str(error))
    return 2 if errors else 0


@token.command()
@click.argument("name", metavar=NAME)
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


def described(one: Token) -> str:
    """A token in one line."""
    used = f"last used {spoken(one.last_used)}" if one.last_used else "never used"
    return f"{one.name}: {', '.join(one.scopes)}; made {spoken(one.created)}, {used}"


def spoken(at: dt.datetime) -> str:
    """An instant as people read it."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
