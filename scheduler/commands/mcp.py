"""communique mcp: serve tools for assistants over standard input and output."""

import asyncio
import sys
from contextlib import closing
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from data.access.permissions import Permissions
from data.errors import CommuniqueError
from data.files import read_regular
from data.search.saved_searches import SavedSearches
from data.wording import how_to_install
from feeds.server.api.reads import Reads
from feeds.server.mcp_http import is_installed
from feeds.server.mcp_tools import Toolbox, Work
from scheduler.cli import PATH_TYPE, with_home_only
from scheduler.home.home import Home
from scheduler.logs import log_to
from scheduler.sources.home_health import home_health

MAX_TOKEN_BYTES = 1000
"""Maximum size in bytes of a file with a token."""


class NoProtocol(CommuniqueError):
    """Raised if the library for the Model Context Protocol is not installed."""

    exit_code = 2

    def __init__(self) -> None:
        super().__init__(f"the library `mcp` is missing; run `{how_to_install('communique[mcp]')}`")


class UnusableToken(CommuniqueError):
    """Raised if the token in a file does not allow operating the home directory."""

    exit_code = 2

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path}: {why}; create a token with `communique token new NAME --scope operate`"
        )
        self.path = path


@click.command()
@click.option(
    "--token-file",
    "token_file",
    type=PATH_TYPE,
    metavar="FILE",
    help="File with a token that has the scope `operate` (by default, tools are read-only).",
)
@with_home_only
def mcp(home: Home, *, token_file: Path | None) -> int:
    """Serve the API's operations as tools for assistants (Model Context Protocol).

    The tools are served on standard input and output, and the assistant starts this command itself.
    `communique run` and `communique serve` offer the same tools at /mcp.
    """
    log_to(sys.stderr, home.settings.log)
    if not is_installed():
        raise NoProtocol
    if token_file:
        operator_of(home, token_file)
    asyncio.run(serve(home, token_file))
    return 0


def operator_of(home: Home, path: Path) -> str:
    """Return the name of the operator's token in a file.

    Raises UnusableToken if the file contains no valid token with the scope ``operate``.
    """
    try:
        text = read_regular(path, MAX_TOKEN_BYTES).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableToken(path, "the token file can't be read") from error
    token = Permissions(home.tokens).find(text)
    if token is None:
        raise UnusableToken(path, "the token is unknown")
    if not token.allows("operate"):
        raise UnusableToken(
            path, f"the token {token.name} is read-only; use a token with the scope `operate`"
        )
    return token.name


def operator_now(home: Home, path: Path | None) -> str | None:
    """Return the name of the token in a file, or None if there is no file or no valid token."""
    try:
        return operator_of(home, path) if path else None
    except UnusableToken:
        return None


async def serve(home: Home, token_file: Path | None) -> None:
    """Serve tools until standard input ends. The token of an operator is checked at each call."""
    # Imported here: no other command loads the SDK.
    from mcp.server.stdio import stdio_server  # noqa: PLC0415

    from feeds.server.mcp_tools import McpCaller, protocol_server  # noqa: PLC0415

    site = home.settings.site
    home.plain_store().close()
    reads = Reads(home.store_url, site, partial(health_of, home), SavedSearches(home.searches))
    writes = None
    if token_file:
        # Imported here: reading needs no code that collects.
        from scheduler.operations.api_writes import writes_of  # noqa: PLC0415
        from scheduler.operations.visits_and_inspections import (  # noqa: PLC0415
            CommandService,
            Inspections,
        )

        writes = writes_of(home, CommandService(home), Inspections(home))

    async def run(work: Work) -> dict[str, Any]:
        return await asyncio.to_thread(work)

    def caller(_: Any) -> McpCaller:
        return McpCaller(operator_now(home, token_file), run)

    server = protocol_server(Toolbox(reads, writes), version("communique"), caller)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
    if writes:
        await writes.close()


def health_of(home: Home) -> Any:
    """Return the health of all sources."""
    with closing(home.plain_store()) as store:
        return tuple(home_health(home, store))
