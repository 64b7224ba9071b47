"""communique bot: manage how our requests identify us to the sites that we visit."""

from contextlib import closing

import click

from data.network.request_signer import DIRECTORY_PATH, RequestKey, published_keys
from scheduler.cli import SentenceGroup, answer, with_home
from scheduler.home.home import Home
from scheduler.sources import blocks
from scheduler.sources.home_health import home_health
from spiders.download.settings import bot_page_address, user_agent
from spiders.sources.source_file import load_source


@click.group(cls=SentenceGroup)
def bot() -> None:
    """Manage how we identify ourselves to visited sites."""


@bot.command()
@with_home
def show(home: Home) -> None:
    """Show the user agent, the page that describes it, and the keys that sign requests.

    The setting network.sign enables signatures.
    """
    settings = home.settings
    signs = settings.network.sign
    keys = published_keys(home.request_keys().load()) if signs else []
    shown = {
        "agent": user_agent(settings),
        "page": bot_page_address(settings) if settings.network.contact else None,
        "directory": f"{settings.site.url.rstrip('/')}{DIRECTORY_PATH}" if signs else None,
        "keys": [*map(key_fields, keys)],
    }
    answer(
        shown,
        f"agent      {shown['agent']}",
        f"page       {shown['page'] or 'none; set network.contact'}",
        f"directory  {shown['directory'] or 'none; requests are not signed (network.sign)'}",
        *map(key_line, keys),
    )


@bot.command()
@click.option(
    "--revoke", is_flag=True, help="Stop publishing all earlier keys, such as a stolen key."
)
@with_home
def rotate(home: Home, *, revoke: bool) -> None:
    """Replace the key that signs requests.

    The new key is published now and signs requests from tomorrow, when all sites have fetched it.
    With --revoke, the new key signs within five minutes. Run `communique publish` if a static host
    serves the site.
    """
    with home.lock("bot-key", "communique bot rotate", wait=True):
        keys = home.request_keys().rotate(revoke=revoke)
    answer({"keys": [*map(key_fields, keys)]}, *map(key_line, keys))


@bot.command()
@click.argument("source")
@with_home
def letter(home: Home, *, source: str) -> None:
    """Write a letter that asks the owner of a blocked site for access.

    The letter contains the site, your contact, the user agent and how often you visit. Communique
    does not send the letter.
    """
    one = load_source(home.sources, source)
    with closing(home.store().public_view()) as store:
        found = {each.source: each.code for each in home_health(home, store)}
    code = found.get(one.id, "")
    text = blocks.letter(one.file, code, home.settings)
    ways = blocks.ways_of(one.id, code, one.file, home.settings)
    fields = {"source": one.id, "code": code, "ways": ways, "letter": text}
    answer(fields, *text.rstrip("\n").split("\n"))


def key_fields(key: RequestKey) -> dict[str, object]:
    """Return the public fields of a key."""
    return {"id": key.id, "x": key.public, "since": key.since}


def key_line(key: RequestKey) -> str:
    """Return a line about a key: its id, and the time from which it signs."""
    return f"key        {key.id}  signs from {key.since:%Y-%m-%d %H:%M} UTC"
