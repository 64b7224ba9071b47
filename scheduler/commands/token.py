"""communique token: manage access tokens."""

import datetime as dt
from typing import get_args

import click

from data.access.tokens import Token, TokenScope, load_tokens, new_token, revoke_token
from data.text.urls import site_address
from scheduler.cli import ListingGroup, as_json, complain, print_json, say, with_home
from scheduler.home.home import Home


@click.group(cls=ListingGroup)
def token() -> None:
    """Manage access tokens. Without a subcommand, list them."""


@token.command("list")
@as_json
@with_home
def list_tokens(home: Home, *, as_json: bool) -> int:
    """List access tokens with their last use.

    The exit code is 2 if a token file can't be read.
    """
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
            say(token_line(one))
    for error in errors:
        complain(str(error))
    return 2 if errors else 0


@token.command()
@click.argument("name", metavar="NAME")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(get_args(TokenScope)),
    default=("read",),
    help="Permission: read (the default), or operate, which includes reading.",
)
@as_json
@with_home
def new(home: Home, *, name: str, scopes: tuple[TokenScope, ...], as_json: bool) -> int:
    """Create an access token and show it once.

    Only a digest of the token is stored. Programs send the token as `Authorization: Bearer TOKEN`.
    Browsers and feed readers send it as a password with any user name. For a feed reader without
    passwords, append `?token=TOKEN` to the address of a feed.
    """
    text = new_token(home.tokens, name, scopes)
    site = home.settings.site
    if as_json:
        print_json({"name": name, "scopes": scopes, "token": text})
        return 0
    say(text)
    complain(f"this token is not shown again; `communique token revoke {name}` revokes it")
    if site.access == "token":
        address = f"{site_address(site.url)}/feeds/all.atom?token={text}"
        complain(f"for a feed reader without passwords: {address}")
    return 0


@token.command()
@click.argument("name", metavar="NAME")
@as_json
@with_home
def revoke(home: Home, *, name: str, as_json: bool) -> int:
    """Revoke an access token. Later requests with this token are rejected."""
    revoke_token(home.tokens, name)
    if as_json:
        print_json({"revoked": name})
    else:
        say(f"revoked {name}")
    return 0


def token_line(one: Token) -> str:
    """Return a line about a token."""
    used = f"last used {minute_of(one.last_used)}" if one.last_used else "never used"
    return f"{one.name}: {', '.join(one.scopes)}; made {minute_of(one.created)}, {used}"


def minute_of(at: dt.datetime) -> str:
    """Format a time in UTC to the minute."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
