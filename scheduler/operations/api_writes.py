"""All write operations of the API, among them the operations on releases and saved searches.

Operations on sources, watches and catalogues have their own modules. To add an operation, add it to
the class of its subject.
"""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from data.clock import utc_now
from data.errors import QueryError, UnknownSearch
from data.search.saved_searches import SavedSearches, load_searches, remove_search, save_search
from data.store.core.store import Store
from feeds.server.api.operations import ApiContext, Operation, Write, WriteBody, WriteCall
from feeds.server.api.parameters import PageParameters
from feeds.server.api.problems import ApiError
from feeds.server.api.schemas import WriteResult
from feeds.server.api.writes import Writes
from scheduler.home.home import Home
from scheduler.operations import bodies
from scheduler.operations.bodies import example_of, result_of
from scheduler.operations.catalogue_writes import CatalogueWrites
from scheduler.operations.releases import AmbiguousRelease, NoSuchRelease, decide, find_all
from scheduler.operations.source_writes import SourceWrites
from scheduler.operations.visits_and_inspections import Inspections, RunningService
from scheduler.operations.watch_writes import WatchWrites


class ReleaseWrites:
    """API operations on the releases of a home directory."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def operations(self) -> Iterator[Write]:
        """Yield the operations that change releases."""
        one = "/api/releases/{id}"
        write = partial(Write, id_description="The id of a release, or the start of an id.")
        yield write(
            f"{one}/hide",
            "hide_release",
            "Hide a release that was collected by mistake",
            bodies.Hide,
            WriteResult,
            self.hide,
            example_of({"why": "it is a test page"}, "the release is hidden"),
            destroys=True,
        )
        yield write(
            f"{one}/unhide",
            "unhide_release",
            "Show a hidden release again",
            WriteBody,
            WriteResult,
            self.unhide,
            example_of({}, "the release is shown"),
        )

    async def hide(self, call: WriteCall, body: bodies.Hide) -> WriteResult:
        """Hide a release."""
        changed = await asyncio.to_thread(self._set_hidden, call.name, body, why=body.why.strip())
        return result_of(body, "the release is hidden", changed=changed)

    async def unhide(self, call: WriteCall, body: WriteBody) -> WriteResult:
        """Show a hidden release again."""
        changed = await asyncio.to_thread(self._set_hidden, call.name, body, why=None)
        return result_of(body, "the release is shown", changed=changed)

    def _set_hidden(self, name: str, body: WriteBody, *, why: str | None) -> bool:
        """Hide a release for the reason ``why``, or show it if ``why`` is None.

        Returns whether this changes anything.
        """
        at, choose = utc_now(), find_all((name,))

        def action(store: Store, one: str) -> bool:
            if body.dry_run:
                return (store.hidden_release(one) is None) == (why is not None)
            return store.unhide(one) if why is None else store.hide(one, at=at, why=why)

        try:
            return bool(decide(self._home, choose, action))
        except NoSuchRelease as error:
            raise ApiError(404, str(error)) from error
        except AmbiguousRelease as error:
            # Its message contains titles, which assistants may take for instructions.
            ids = "; ".join(one.partition(" ")[0] for one in error.found)
            raise ApiError(422, f"several releases match; send one of these ids: {ids}") from error


class SearchWrites:
    """API operations on the saved searches in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def reads(self) -> Iterator[Operation]:
        """Yield the read operations on saved searches."""
        yield Operation(
            "/api/searches",
            "searches",
            "Saved searches, by name",
            PageParameters,
            bodies.SearchPage,
            self.searches,
            access="operate",
            refused={400: "The cursor does not belong to this address."},
            example=bodies.SearchPage(
                searches=(bodies.SearchItem(name="ferries", query="ferry OR ferries"),), next=None
            ),
        )

    def operations(self) -> Iterator[Write]:
        """Yield the write operations on saved searches."""
        one = "/api/searches/{id}"
        write = partial(Write, id_description="The name of a saved search.")
        yield write(
            f"{one}/save",
            "save_search",
            "Save a query under a name, or replace it",
            bodies.SaveSearch,
            WriteResult,
            self.save,
            example_of({"query": "ferry OR ferries"}, "saved ferries"),
        )
        yield write(
            f"{one}/remove",
            "remove_search",
            "Remove a saved search",
            WriteBody,
            WriteResult,
            self.remove,
            example_of({}, "removed ferries"),
            destroys=True,
        )

    def searches(self, context: ApiContext, asked: PageParameters) -> bodies.SearchPage:
        """Return a page of saved searches. Invalid files are omitted."""
        found, _ = load_searches(self._folder)
        some, after = context.page(asked, found.items(), lambda one: one[0], down=False)
        shown = (bodies.SearchItem(name=name, query=query) for name, query in some)
        return bodies.SearchPage(searches=tuple(shown), next=after)

    async def save(self, call: WriteCall, body: bodies.SaveSearch) -> WriteResult:
        """Save a query under a name."""
        known = await asyncio.to_thread(SavedSearches(self._folder).get, call.name)
        try:
            await asyncio.to_thread(
                save_search, self._folder, call.name, body.query, dry_run=body.dry_run
            )
        except QueryError as error:
            at = error.position
            raise ApiError(422, str(error), parameter="query", position=at) from error
        return result_of(body, f"saved {call.name}", changed=known != body.query)

    async def remove(self, call: WriteCall, body: WriteBody) -> WriteResult:
        """Remove a saved search."""
        try:
            await asyncio.to_thread(remove_search, self._folder, call.name, dry_run=body.dry_run)
        except UnknownSearch:
            # An interrupted request with the same key may have removed it.
            if call.began is None:
                raise
        return result_of(body, f"removed {call.name}")


def writes_of(home: Home, service: RunningService, adding: Inspections) -> Writes:
    """Return the write operations on a home directory, with its running service."""
    watches, searches = WatchWrites(home), SearchWrites(home.searches)
    catalogues = CatalogueWrites(home, service)
    operations = [
        *SourceWrites(home, service, adding).operations(),
        *watches.operations(),
        *searches.operations(),
        *ReleaseWrites(home).operations(),
        *catalogues.operations(),
    ]
    reads = [*watches.reads(), *searches.reads(), *catalogues.reads()]
    return Writes(home.store_url, operations, reads)
