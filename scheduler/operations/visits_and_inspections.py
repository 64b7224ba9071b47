"""Visits and inspections of sites that operators start: by the service, or in a child process."""

import asyncio
import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any, Final, Protocol

from data.errors import CommuniqueError
from data.text.clean import plain
from data.text.masking import masked_toml
from data.text.urls import web_address
from scheduler.children.child import CommandResult, run_command
from scheduler.home.home import Home
from scheduler.logs import without_secrets
from spiders.sources.source_file import load_source

VISIT_SECONDS: Final = 3600.0
"""Maximum duration of a visit in seconds, if the service does not run in this process."""


class RunningService(Protocol):
    """Interface of the service for operations: visits, and notices of changes."""

    @property
    def visiting(self) -> Collection[str]:
        """Return the ids of the sources that are being visited."""

    def due(self) -> Mapping[str, dt.datetime]:
        """Return the times of planned visits (aware UTC) by source id, soonest first."""

    async def visit_now(self, source: str) -> asyncio.Task[None] | None:
        """Begin a visit to a source, even if it is paused. Returns None if a visit is running.

        Raises SourceError if the source file is invalid, and UnknownSource if no source has this
        id.
        """

    async def reload_sources(self) -> None:
        """Reload the source files and the list of paused sources."""


class FailedVisit(CommuniqueError):
    """Raised if a visit ends without a report."""


class CommandService:
    """Replaces the service in other processes: `communique collect` visits sources.

    A running service notices changed files by itself.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self.visiting: set[str] = set()

    def due(self) -> Mapping[str, dt.datetime]:
        """Return no planned visits: only the service plans them."""
        return {}

    async def visit_now(self, source: str) -> asyncio.Task[None] | None:
        """Begin a visit to a source. Returns None if this process already visits it.

        Raises SourceError if the source file is invalid, and UnknownSource if no source has this
        id.
        """
        await asyncio.to_thread(load_source, self._home.sources, source)
        if source in self.visiting:
            return None
        self.visiting.add(source)
        return asyncio.create_task(self._visit(source))

    async def _visit(self, source: str) -> None:
        try:
            command = ("collect", "--json", source)
            result = await run_command(self._home, *command, seconds=VISIT_SECONDS)
        finally:
            self.visiting.discard(source)
        if not isinstance(result.printed, dict):
            raise FailedVisit(" ".join(result.errors) or f"the visit to {source} failed")

    async def reload_sources(self) -> None:
        """Do nothing."""


INSPECTION_SECONDS: Final = 180.0
"""Maximum duration of an inspection in seconds. A slow site takes a minute."""

MAX_INSPECTIONS: Final = 2
"""Maximum number of sites that are inspected at the same time. Further inspections wait."""

MAX_INPUT_CHARS: Final = 2000
"""Maximum length in characters of an address or name that a person enters."""

MAX_ROWS: Final = 10
"""Maximum number of listing rows, of doubts and of notes in a result."""

MAX_EXCERPT_CHARS: Final = 600
"""Maximum length in characters of a value or text of a release in a result."""


class UnusableAddress(CommuniqueError):
    """Raised if the given address is not a valid web address."""


class Inspections:
    """Inspections of sites in one process. At most `MAX_INSPECTIONS` run at the same time."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._slots = asyncio.Semaphore(MAX_INSPECTIONS)

    async def add(
        self,
        url: str,
        fields: Mapping[str, str],
        *,
        page: bool = False,
        save: bool = False,
        force: bool = False,
    ) -> CommandResult:
        """Run `communique add` for an address, and return its result.

        ``fields`` are id, name and time zone, each optional. If ``page`` is true, the source is the
        single page at the address. Raises CommandLate if the command takes too long, and OSError if
        it can't be started.
        """
        # Written as --name=value, so that a value can't be parsed as an option.
        options = [f"--{name}={value}" for name, value in fields.items() if value]
        options += ["--page"] * page + ["--save"] * save + ["--force"] * force
        async with self._slots:
            return await run_command(
                self._home, "add", "--json", *options, url, seconds=INSPECTION_SECONDS
            )


def given_address(text: str) -> str:
    """Return the web address that a person entered, with https if it has no scheme.

    Raises UnusableAddress if the text is not a web address.
    """
    given = text.strip()
    if "://" not in given:
        given = f"https://{given}"
    # Reject characters that parsers would otherwise drop silently.
    if len(given) > MAX_INPUT_CHARS or plain(given) != given or (url := web_address(given)) is None:
        raise UnusableAddress(
            "this is not a web address; enter, for example, https://acme.example/news/"
        )
    return url


def shown_values(output: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the output of `communique add` for operators: shortened and without secrets.

    The saved file contains the secrets in addresses, because visits need them.
    """
    file = masked_toml(output["toml"])
    output = without_secrets(output)
    items = output["listing"]["items"]
    release = next(iter(output["releases"]), None)
    return {
        **{
            key: output[key]
            for key in ("id", "kind", "name", "url", "timezone", "certainty", "feed")
        },
        "doubts": output["doubts"][:MAX_ROWS],
        "notes": output["notes"][:MAX_ROWS],
        "toml": file,
        "count": len(items) or int(output["kind"] == "page"),
        "rows": items[:MAX_ROWS],
        "fields": {
            name: {**one, "value": plain(one["value"])[:MAX_EXCERPT_CHARS]}
            for name, one in output["fields"].items()
            if one["value"]
        },
        "sample": release
        and {
            "title": plain(release["title"] or "")[:MAX_EXCERPT_CHARS],
            "published": release["published"] or "",
            "text": (release["body_text"] or "")[:MAX_EXCERPT_CHARS],
            "url": release["url"],
        },
    }
