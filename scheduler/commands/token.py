"""communique token: manage access tokens."""

import datetime as dt
from typing import get_args

import click

from data.access.tokens import Token, TokenScope, load_tokens, new_token, revoke_token
from data.text.urls import site_address
from scheduler.cli import ListingGroup, answer, complain, wants_json, with_home
from scheduler.home.home import Home


@click.group(cls=ListingGroup)
def token() -> None:
    """Manage access tokens. Without a subcommand, list them."""


@token.command("list")
@with_home
def list_tokens(home: Home) -> int:
    """List access tokens with their last use.

    The exit code is 2 if a token file can't be read.
    """
    tokens, errors = load_tokens(home.tokens)
    names = ("name", "scopes", "created", "last_used")
    listed = [{name: getattr(one, name) for name in names} for one in tokens]
    answer({"tokens": listed, "errors": [*map(str, errors)]}, *map(token_line, tokens))
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
@with_home
def new(home: Home, *, name: str, scopes: tuple[TokenScope, ...]) -> None:
    """Create an access token and show it once.

    Only a digest of the token is stored. Programs send the token as `Authorization: Bearer TOKEN`.
    Browsers and feed readers send it as a password with any user name. For a feed reader without
    passwords, append `?token=TOKEN` to the address of a feed.
    """
    text = new_token(home.tokens, name, scopes)
    site = home.settings.site
    answer({"name": name, "scopes": scopes, "token": text}, text)
    if wants_json():
        return
    complain(f"this token is not shown again; `communique token revoke {name}` revokes it")
    if site.access == "token":
        address = f"{site_address(site.url)}/feeds/all.atom?token={text}"
        complain(f"for a feed reader without passwords: {address}")


@token.command()
@click.argument("name", metavar="NAME")
@with_home
def revoke(home: Home, *, name: str) -> None:
    """Revoke an access token. Later requests with this token are rejected."""
    revoke_token(home.tokens, name)
    answer({"revoked": name}, f"revoked {name}")


def token_line(one: Token) -> str:
    """Return a line about a token."""
    used = f"last used {minute_of(one.last_used)}" if one.last_used else "never used"
    return f"{one.name}: {', '.join(one.scopes)}; made {minute_of(one.created)}, {used}"


def minute_of(at: dt.datetime) -> str:
    """Format a time in UTC to the minute."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
