"""Operations of the API on saved searches."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from data.errors import QueryError, UnknownSearch
from data.search.saved_searches import SavedSearches, load_searches, remove_search, save_search
from feeds.server.api.operations import ApiContext, Operation, Write, WriteBody, WriteCall
from feeds.server.api.parameters import PageParameters
from feeds.server.api.problems import ApiError
from feeds.server.api.schemas import WriteResult
from scheduler.operations import bodies
from scheduler.operations.bodies import example_of, result_of

ID_DESCRIPTION: Final = "The name of a saved search."


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
        yield Write(
            f"{one}/save",
            "save_search",
            "Save a query under a name, or replace it",
            bodies.SaveSearch,
            WriteResult,
            self.save,
            example_of({"query": "ferry OR ferries"}, "saved ferries"),
            id_description=ID_DESCRIPTION,
        )
        yield Write(
            f"{one}/remove",
            "remove_search",
            "Remove a saved search",
            WriteBody,
            WriteResult,
            self.remove,
            example_of({}, "removed ferries"),
            id_description=ID_DESCRIPTION,
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
