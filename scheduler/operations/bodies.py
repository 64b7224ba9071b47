"""Bodies of write requests (with their limits), and of the responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from data.models import AlertKind
from data.models.event import EditWord
from data.search.syntax import MAX_QUERY_LENGTH
from data.toml_files import ID
from feeds.alerts.channels import CHANNELS
from feeds.server.api import schemas
from feeds.server.api.operations import WriteBody, WriteExample
from feeds.server.api.parameters import PLAIN_TEXT

Text = Annotated[str, Meta(max_length=500, pattern=PLAIN_TEXT)]
Id = Annotated[
    str,
    Meta(
        pattern=rf"^{ID.pattern}(?![\s\S])", description="Lower-case letters, digits and hyphens."
    ),
]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=PLAIN_TEXT)]
Names = Annotated[tuple[Name, ...], Meta(max_length=50)]
Url = Annotated[str, Meta(min_length=1, max_length=2000, pattern=PLAIN_TEXT)]
Why = Annotated[Text, Meta(description="The reason, which is stored.")]
Required = Annotated[
    Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^(?=[\s\S]*\S)")],
    Meta(description="The reason, which is stored."),
]


class AddSource(WriteBody, frozen=True, kw_only=True):
    """A site to inspect and to add as a source. A dry run only inspects it."""

    url: Annotated[Url, Meta(description="The page that lists releases, or any page of the site.")]
    id: Annotated[Id | None, Meta(description="Id of the source; default from its name.")] = None
    name: Annotated[Text, Meta(description="Name of the institution; default from the site.")] = ""
    timezone: Annotated[Text, Meta(description="IANA time zone; default from the site.")] = ""
    page: Annotated[bool, Meta(description="Follow this single page, which lists no releases.")] = (
        False
    )
    force: Annotated[bool, Meta(description="Save a result that is uncertain.")] = False


class ChangeSource(WriteBody, frozen=True, kw_only=True):
    """Keys of a source file. Omitted keys stay as they are; an empty value removes its key."""

    name: Annotated[str, Meta(min_length=1, max_length=500, pattern=PLAIN_TEXT)] | UnsetType = UNSET
    timezone: Text | UnsetType = UNSET
    topics: Names | UnsetType = UNSET
    language: Text | UnsetType = UNSET
    interval: Annotated[
        int | UnsetType, Meta(description="Seconds between visits, 60 or more; 0 for the default.")
    ] = UNSET


class Pause(WriteBody, frozen=True, kw_only=True):
    """Request body for pausing a source."""

    why: Why = ""


class RenameSource(WriteBody, frozen=True, kw_only=True):
    """The new id of a source."""

    id: Id


class RemoveSource(WriteBody, frozen=True, kw_only=True):
    """What happens to the releases of a removed source."""

    keep: Annotated[bool, Meta(description="Keep its releases in feeds and pages.")] = False


class WatchFilters(WriteBody, frozen=True, kw_only=True):
    """Filters and times of a watch. A watch matches events that meet all its filters."""

    query: Annotated[
        Annotated[str, Meta(max_length=MAX_QUERY_LENGTH, pattern=PLAIN_TEXT)] | UnsetType,
        Meta(description="A search query."),
    ] = UNSET
    sources: Names | UnsetType = UNSET
    topics: Names | UnsetType = UNSET
    languages: Names | UnsetType = UNSET
    kinds: Annotated[tuple[AlertKind, ...], Meta(max_length=20)] | UnsetType = UNSET
    min_weight: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | UnsetType,
        Meta(description="Minimum weight of edits; other events are not affected."),
    ] = UNSET
    edit_classes: Annotated[
        Annotated[tuple[EditWord, ...], Meta(max_length=20)] | UnsetType,
        Meta(description="Classes of edits, of which one must match."),
    ] = UNSET
    backlog: bool | UnsetType = UNSET
    timezone: Text | UnsetType = UNSET
    digest: Annotated[
        Text | UnsetType, Meta(description='Time of one message a day or week: "daily 08:00".')
    ] = UNSET
    quiet: Annotated[
        Text | UnsetType, Meta(description='Hours without messages: "22:00-07:00".')
    ] = UNSET


class ChangeWatch(WatchFilters, frozen=True, kw_only=True):
    """Keys of a watch file. Omitted keys stay as they are; an empty value removes its key."""

    name: Annotated[str, Meta(min_length=1, max_length=500, pattern=PLAIN_TEXT)] | UnsetType = UNSET


class AddWatch(WatchFilters, frozen=True, kw_only=True):
    """A new watch."""

    name: Annotated[str, Meta(min_length=1, max_length=500, pattern=PLAIN_TEXT)]
    id: Annotated[Id | None, Meta(description="Id of the watch; default from its name.")] = None
    outputs: Annotated[
        dict[str, Annotated[tuple[Url, ...], Meta(max_length=50)]],
        Meta(
            max_length=len(CHANNELS),
            description="Recipients of alerts, by channel: "
            + ", ".join(f"`{one.table}`" for one in CHANNELS)
            + ". Secrets are written into the watch file.",
        ),
    ] = msgspec.field(default_factory=dict)
    feed: Annotated[bool, Meta(description="Publish the alerts as a feed at a secret address.")] = (
        False
    )


class AddedWatch(schemas.WriteResult, frozen=True):
    """Result of the creation of a watch, with its secrets. No other response contains them."""

    id: str
    feed: Annotated[
        str | None, Meta(description="The secret address of its feed, if it has one.")
    ] = None
    secrets: Annotated[
        dict[str, str] | None,
        Meta(description="The secret with which alerts are signed, by channel, such as `webhook`."),
    ] = None


class TestWatch(WriteBody, frozen=True, kw_only=True):
    """A test of a watch. Without ``send``, the recent events that it matches are returned."""

    send: Annotated[bool, Meta(description="Send a test message to each output.")] = False


class Hide(WriteBody, frozen=True, kw_only=True):
    """The reason for hiding a release."""

    why: Required


class CheckCatalogue(WriteBody, frozen=True, kw_only=True):
    """Conditions that entries must meet. Without conditions, only the file is checked.

    A dry run lists the matching entries, and requests no site.
    """

    entries: Annotated[Names, Meta(description="Ids of entries.")] = ()
    countries: Annotated[Names, Meta(description="Countries, such as FR or UN.")] = ()
    kinds: Annotated[Names, Meta(description="Kinds of institutions, such as agency.")] = ()
    groups: Annotated[Names, Meta(description="Groups, such as senate.")] = ()


class CatalogueItem(schemas.ResponseBody, frozen=True):
    """A catalogue of institutions."""

    id: str
    name: str
    entries: Annotated[int, Meta(ge=0)]
    added: Annotated[int, Meta(ge=0, description="Number of entries with a source.")]
    error: Annotated[str, Meta(description="The error of an invalid file, or empty.")]


class CataloguePage(schemas.ResponseBody, frozen=True):
    """A page of catalogues, sorted by id."""

    catalogues: tuple[CatalogueItem, ...]
    next: schemas.Next


class CatalogueResult(schemas.ResponseBody, frozen=True):
    """Result for the entries of a catalogue."""

    catalogue: str
    dry_run: bool
    counts: Annotated[dict[str, int], Meta(description="Number of entries per result.")]
    entries: Annotated[
        tuple[dict[str, Any], ...],
        Meta(description="Results, as in `communique catalogue check --json` and `update --json`."),
    ]
    errors: Annotated[tuple[str, ...], Meta(description="Errors in the file of the catalogue.")]


class SaveSearch(WriteBody, frozen=True, kw_only=True):
    """The query of a saved search."""

    query: Annotated[str, Meta(min_length=1, max_length=MAX_QUERY_LENGTH, pattern=PLAIN_TEXT)]


class SearchItem(schemas.ResponseBody, frozen=True):
    """A saved search."""

    name: str
    query: str


class SearchPage(schemas.ResponseBody, frozen=True):
    """A page of saved searches, sorted by name."""

    searches: tuple[SearchItem, ...]
    next: schemas.Next


class Inspected(schemas.ResponseBody, frozen=True):
    """Result of the inspection of a site."""

    id: str
    name: str
    url: str
    timezone: str
    saved: Annotated[bool, Meta(description="Whether the source was saved.")]
    certain: Annotated[
        bool,
        Meta(
            description="Whether these are certainly the releases of the site. Other fields to "
            "check, such as a guessed time zone, are in `notes`."
        ),
    ]
    releases: Annotated[int, Meta(ge=0, description="Number of releases on the first page.")]
    notes: tuple[str, ...]
    message: str


class Checked(schemas.ResponseBody, frozen=True):
    """Result of the check of a source file against stored and sample pages."""

    id: str
    ok: bool
    problems: tuple[str, ...]


class Visited(schemas.ResponseBody, frozen=True):
    """Result of a visit; in a dry run, of the last visit, or null."""

    source: str
    run: dict[str, Any] | None


class WatchItem(schemas.ResponseBody, frozen=True):
    """A watch without its secrets."""

    id: str
    name: str
    paused: bool
    description: Annotated[str, Meta(description="Its filters and outputs.")]


class WatchPage(schemas.ResponseBody, frozen=True):
    """A page of watches, sorted by id."""

    watches: tuple[WatchItem, ...]
    next: schemas.Next


class Tested(schemas.ResponseBody, frozen=True):
    """Result of a test of a watch: the recent events that it matches, or the sent messages."""

    id: str
    matches: tuple[dict[str, Any], ...]
    sent: tuple[dict[str, Any], ...]


def sent_fields(body: WriteBody) -> dict[str, Any]:
    """Return the fields that a request contains, except ``dry_run``."""
    found = {name: getattr(body, name) for name in body.__struct_fields__ if name != "dry_run"}
    return {name: value for name, value in found.items() if value is not UNSET}


def result_of(body: WriteBody, message: str, *, changed: bool = True) -> schemas.WriteResult:
    """Return the result of a request.

    ``message`` describes the effect of the request, even in a dry run.
    """
    if body.dry_run:
        message = f"not done in a dry run: {message}" if changed else "nothing would change"
    elif not changed:
        message = "nothing changed"
    return schemas.WriteResult(changed=changed, dry_run=body.dry_run, message=message)


def example_of(body: Mapping[str, Any], message: str) -> WriteExample:
    """Return the example of a request that changes something."""
    return WriteExample(body, schemas.WriteResult(changed=True, dry_run=False, message=message))
