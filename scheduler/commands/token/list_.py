"""communique token list: all tokens."""

from __future__ import annotations

import datetime as dt

import click

from data.access.tokens import Token, load_tokens
from scheduler.cli import as_json, complain, print_json, say, with_home
from scheduler.home import Home


@click.command()
@as_json
@with_home
def list_(home: Home, *, as_json: bool) -> int:
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


def described(one: Token) -> str:
    """A token in one line."""
    used = f"last used {spoken(one.last_used)}" if one.last_used else "never used"
    return f"{one.name}: {', '.join(one.scopes)}; made {spoken(one.created)}, {used}"


def spoken(at: dt.datetime) -> str:
    """An instant as people read it."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
