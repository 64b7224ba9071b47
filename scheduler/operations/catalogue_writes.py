"""Operations of the API on catalogues: lists of institutions with press rooms."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from feeds.server.api.operations import (
    ApiContext,
    Operation,
    Write,
    WriteBody,
    WriteCall,
    WriteExample,
)
from feeds.server.api.parameters import PageParameters
from feeds.server.api.problems import ApiError
from scheduler.adding.attempts_and_tiers import Tiers
from scheduler.children.child import CommandResult, run_command
from scheduler.home.home import Home
from scheduler.operations import bodies
from scheduler.operations.visits_and_inspections import RunningService
from spiders.catalogue.catalogue import (
    CatalogueError,
    EntrySelection,
    UnknownCatalogue,
    examine,
    known_catalogues,
    read_catalogue,
)

MAX_RUN_SECONDS: Final = 6 * 3600.0
"""Maximum duration of a command on a catalogue in seconds. The next run continues the work."""

EXAMPLE_CATALOGUE: Final = "world"


class CatalogueWrites:
    """API operations on the catalogues of a home directory whose service is running."""

    def __init__(self, home: Home, service: RunningService) -> None:
        self._home = home
        self._service = service

    def reads(self) -> Iterator[Operation]:
        """Yield the read operations on catalogues."""
        yield Operation(
            "/api/catalogues",
            "catalogues",
            "Catalogues of institutions, by id",
            PageParameters,
            bodies.CataloguePage,
            self.catalogues,
            access="operate",
            refused={400: "The cursor does not belong to this address."},
            example=bodies.CataloguePage(
                catalogues=(
                    bodies.CatalogueItem(
                        id=EXAMPLE_CATALOGUE, name="World", entries=647, added=12, error=""
                    ),
                ),
                next=None,
            ),
        )

    def operations(self) -> Iterator[Write]:
        """Yield the write operations on catalogues."""
        one = "/api/catalogues/{id}"
        write = partial(Write, id_description="The id of a catalogue.")
        yield write(
            f"{one}/check",
            "check_catalogue",
            "Check that the press rooms of a catalogue can be found, and save nothing",
            bodies.CheckCatalogue,
            bodies.CatalogueResult,
            self.check,
            WriteExample(
                {"entries": ["fr-central-bank"]},
                bodies.CatalogueResult(
                    catalogue=EXAMPLE_CATALOGUE,
                    dry_run=False,
                    counts={"found": 1},
                    entries=({"id": "fr-central-bank", "state": "found", "releases": 20},),
                    errors=(),
                ),
            ),
        )
        yield write(
            f"{one}/update",
            "update_catalogue",
            "Update sources to the current version of their catalogue, and keep edits",
            WriteBody,
            bodies.CatalogueResult,
            self.update,
            WriteExample(
                {"dry_run": True},
                bodies.CatalogueResult(
                    catalogue=EXAMPLE_CATALOGUE,
                    dry_run=True,
                    counts={"updated": 1},
                    entries=(
                        {
                            "entry": "fr-central-bank",
                            "source": "fr-central-bank",
                            "outcome": "updated",
                            "changed": ["url"],
                        },
                    ),
                    errors=(),
                ),
            ),
        )

    def catalogues(self, context: ApiContext, asked: PageParameters) -> bodies.CataloguePage:
        """Return a page of catalogues. The item of an invalid file contains the error."""
        known = known_catalogues(self._home.catalogues).items()
        some, after = context.page(asked, known, lambda one: one[0], down=False)
        tiers = Tiers(self._home)
        shown = (self._item(name, path, tiers) for name, path in some)
        return bodies.CataloguePage(catalogues=tuple(shown), next=after)

    async def check(self, call: WriteCall, body: bodies.CheckCatalogue) -> bodies.CatalogueResult:
        """Check a catalogue file, or inspect the sites of chosen entries."""
        path = await asyncio.to_thread(self._path, call.name)
        codes = tuple(code.upper() for code in body.countries)
        selection = EntrySelection(body.entries, codes, body.kinds, body.groups)
        if selection == EntrySelection():
            _, faults = await asyncio.to_thread(examine, path)
            return catalogue_result(
                call.name, {}, errors=self._public(faults), dry_run=body.dry_run
            )
        read = await asyncio.to_thread(read_catalogue, path)
        chosen = selection.of(read)
        if body.dry_run:
            entries = [{"id": one.id, "url": one.press or one.url} for one in chosen]
            return catalogue_result(call.name, {"entries": entries}, dry_run=True)
        call.report(f"inspecting {len(chosen)} sites")
        return catalogue_result(
            call.name, await self._run("check", call.name, options_of(selection), selection.ids)
        )

    async def update(self, call: WriteCall, body: WriteBody) -> bodies.CatalogueResult:
        """Update sources to the current version of their catalogue."""
        await asyncio.to_thread(self._path, call.name)
        call.report("comparing sources with the catalogue")
        options = ["--dry-run"] if body.dry_run else []
        output = await self._run("update", call.name, options)
        if not body.dry_run:
            await self._service.reload_sources()
        return catalogue_result(call.name, output, dry_run=body.dry_run)

    def _item(self, name: str, path: Path, tiers: Tiers) -> bodies.CatalogueItem:
        """Return a catalogue as an item of a list."""
        try:
            read = read_catalogue(path)
        except CatalogueError as error:
            (why,) = self._public([error])
            return bodies.CatalogueItem(id=name, name=name, entries=0, added=0, error=why)
        return bodies.CatalogueItem(
            id=name,
            name=read.head.name,
            entries=len(read.entries),
            added=tiers.added(read.id),
            error="",
        )

    def _public(self, errors: Iterable[object]) -> tuple[str, ...]:
        return tuple(self._home.public_text(str(one)) for one in errors)

    def _path(self, name: str) -> Path:
        """Return the path of the catalogue with the id ``name``. Paths are not accepted.

        Raises ApiError (404) if no catalogue has this id.
        """
        known = known_catalogues(self._home.catalogues)
        if name not in known:
            raise ApiError(404, str(UnknownCatalogue(name[:100], known)))
        return known[name]

    async def _run(
        self, verb: str, name: str, options: Iterable[str] = (), entries: Iterable[str] = ()
    ) -> Mapping[str, Any]:
        """Run a command of `communique catalogue`, and return its output.

        Raises ApiError (409) if it has no output, for example because another one is running.
        """
        result = await run_catalogue(self._home, verb, name, options, entries)
        if not isinstance(result.printed, dict):
            why = " ".join(self._public(result.errors)) or "the command ended without a result"
            raise ApiError(409, why)
        return result.printed


async def run_catalogue(
    home: Home, verb: str, name: str, options: Iterable[str] = (), entries: Iterable[str] = ()
) -> CommandResult:
    """Run a subcommand of `communique catalogue`.

    Raises CommandLate if it takes too long, and OSError if it can't be started.
    """
    command = ("catalogue", verb, "--json", *options, "--", name, *entries)
    return await run_command(home, *command, seconds=MAX_RUN_SECONDS)


def options_of(selection: EntrySelection) -> Iterator[str]:
    """Yield the options of a command for a selection of entries, except their ids."""
    for name, values in (
        ("country", selection.countries),
        ("kind", selection.kinds),
        ("group", selection.groups),
    ):
        yield from (f"--{name}={value}" for value in values)


def catalogue_result(
    name: str, output: Mapping[str, Any], *, errors: tuple[str, ...] = (), dry_run: bool = False
) -> bodies.CatalogueResult:
    """Return the result of an operation from the output of its command."""
    entries = tuple(output.get("entries") or output.get("sources") or ())
    counts = Counter(one.get("state") or one.get("outcome") or "chosen" for one in entries)
    return bodies.CatalogueResult(
        catalogue=name, dry_run=dry_run, counts=dict(counts), entries=entries, errors=errors
    )
