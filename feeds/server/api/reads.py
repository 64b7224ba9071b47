"""Read operations of the API: their table, and running them.

REST and the tools for assistants (MCP) both call `Reads`.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Final

from data.health.state import Health
from data.search.saved_searches import SavedSearches
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.open import open_existing
from data.text.urls import site_address
from feeds.server.api import list_handlers, release_handlers, schemas
from feeds.server.api.list_handlers import SourceMoved
from feeds.server.api.operations import ApiContext, Operation
from feeds.server.api.parameters import Parameters, checked
from feeds.server.api.representations import fields_in, values_of

OPERATIONS: Final[tuple[Operation, ...]] = (
    release_handlers.releases,
    release_handlers.release,
    release_handlers.revisions,
    release_handlers.attachments,
    release_handlers.differences,
    release_handlers.search,
    list_handlers.changes,
    release_handlers.story,
    list_handlers.sources,
    list_handlers.source,
    list_handlers.sections,
    list_handlers.topics,
    list_handlers.languages,
    list_handlers.days,
    list_handlers.health,
    list_handlers.runs,
)
"""All read operations of the API, in the order of its documentation."""


class Reads:
    """Runs reading operations on the store at ``store_url``.

    ``health`` returns the health of all sources. ``saved`` contains the saved searches.
    """

    def __init__(
        self,
        store_url: str,
        site: SiteSettings,
        health: Callable[[], tuple[Health, ...]],
        saved: SavedSearches,
    ) -> None:
        self.saved = saved
        self._url = store_url
        self._site = site_address(site.url)
        self._health = health

    def run(
        self, operation: Operation, store: Store, path: str, name: str, asked: Parameters
    ) -> schemas.ResponseBody:
        """Return the response to a request for ``path``, with the id ``name`` in it.

        Raises ApiError if the request gets an error response, and SourceMoved if the source was
        renamed.
        """
        context = ApiContext(store, path, name, self._site, self._health, self.saved)
        return operation.handler(context, asked)

    def call(self, operation: Operation, name: str, values: Mapping[str, str]) -> dict[str, Any]:
        """Return the response to a request as JSON values. The id of a renamed source is replaced.

        Raises ApiError if the request gets an error response, and StoreError if the store fails.
        """
        asked = checked(values, operation.parameters)
        fields_in(asked)
        with closing(open_existing(self._url)) as store:
            try:
                answer = self.run(operation, store, path_of(operation, name), name, asked)
            except SourceMoved as error:
                path = path_of(operation, error.name)
                answer = self.run(operation, store, path, error.name, asked)
        return values_of(answer, asked)


def path_of(operation: Operation, name: str) -> str:
    """Return the path of a request, not percent-encoded."""
    return operation.path.replace("{id}", name)
