"""All write operations of the API. To add an operation, add it to the class of its subject."""

from feeds.server.api.writes import Writes
from scheduler.home.home import Home
from scheduler.operations.catalogue_writes import CatalogueWrites
from scheduler.operations.inspections import Inspections
from scheduler.operations.release_writes import ReleaseWrites
from scheduler.operations.running_service import RunningService
from scheduler.operations.search_writes import SearchWrites
from scheduler.operations.source_writes import SourceWrites
from scheduler.operations.watch_writes import WatchWrites


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
