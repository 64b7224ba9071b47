"""Operations of the API, the context of a request, and the cursors of lists.

Routing, validation, the OpenAPI document, the documentation page and the tools for assistants (MCP)
are derived from operations. `reads` lists the operations that read, and `scheduler.operations`
contributes the operations that write.

A cursor contains the position of the last item in sort order, not a count, so additions and
removals do not shift the next page. Its checksum covers the address and filters for which the
cursor is valid, and detects a truncated or altered cursor. A cursor contains no secret: a forged
cursor only leads to another position in public data.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Annotated, Any, Final, TypeVar, get_type_hints

import msgspec
from msgspec import Meta

from data.health.state import Health
from data.store.core.store import Store
from feeds.server.api import schemas
from feeds.server.api.parameters import PageParameters, Parameters, belongs_to
from feeds.server.api.problems import ApiError
from feeds.server.requests.routes import RequiredAccess

DOCUMENT_PATH: Final = "/api/openapi.json"

CHECKSUM_BYTES: Final = 8
"""Size in bytes of a cursor's checksum."""

BAD_CURSOR: Final = (
    "this cursor does not belong to this address and these filters: use one from a response"
)

UNKNOWN_ID: Final = {404: "The id is unknown.", 410: "The operator of this site removed or hid it."}

One = TypeVar("One")
Place = TypeVar("Place")
Asked = TypeVar("Asked", bound=Parameters)


@dataclass(frozen=True, slots=True)
class ApiContext:
    """Context of one API request: an open store, the path of the request, and the id in this path.

    ``health`` returns the health of all sources. ``site`` is the public address of the site without
    a final slash, and ``saved`` contains the saved searches.
    """

    store: Store
    path: str
    name: str
    site: str
    health: Callable[[], tuple[Health, ...]]
    saved: Mapping[str, str]

    def place(self, asked: PageParameters, kind: type[Place]) -> Place | None:
        """Return the position in the request's cursor, or None for the first page.

        Raises ApiError if the cursor is invalid.
        """
        if not asked.cursor:
            return None
        return decode_cursor(asked.cursor, belongs_to(self.path, asked), kind, "cursor")

    def cursor(self, asked: PageParameters, place: Any) -> str | None:
        """Return the cursor for a position, or None if ``place`` is None (after the last page)."""
        return None if place is None else encode_cursor(belongs_to(self.path, asked), place)

    def page(
        self, asked: PageParameters, items: Iterable[One], key: Callable[[One], str], *, down: bool
    ) -> tuple[list[One], str | None]:
        """Return one page of ``items`` sorted by ``key``, and the cursor of the next page or None.

        ``down`` sorts in descending order. All items are sorted in memory, so the list should be
        short.
        """
        after = self.place(asked, str)
        left = sorted(items, key=key, reverse=down)
        if after is not None:
            left = [one for one in left if (key(one) < after if down else key(one) > after)]
        some = left[: asked.limit]
        more = len(left) > len(some)
        return some, self.cursor(asked, key(some[-1]) if more else None)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API, from which a route of the server is made.

    - ``access`` is the permission that a client needs.
    - ``id_description`` describes the id in the path. It is empty if the path has no id.
      ``redirects`` is true if a previous id redirects to the current one.
    - ``by_changes`` is true if the response depends only on releases. Then its ETag is derived from
      the position of the last change.
    - ``refused`` maps error statuses to descriptions, except those that all operations share.
    - ``example`` is a response for the documentation; if it is None, `documentation_page`
      contains it.
    """

    path: str
    name: str
    summary: str
    parameters: type[Parameters]
    response: type[schemas.ResponseBody]
    handler: Callable[[Any, Any], schemas.ResponseBody]
    access: RequiredAccess = "read"
    id_description: str = ""
    redirects: bool = False
    by_changes: bool = False
    refused: Mapping[int, str] = field(default_factory=dict)
    example: schemas.ResponseBody | None = None


def reading(
    path: str,
    summary: str,
    *,
    id_description: str = "",
    redirects: bool = False,
    by_changes: bool = False,
    refused: Mapping[int, str] | None = None,
) -> Callable[[Callable[[ApiContext, Asked], schemas.ResponseBody]], Operation]:
    """Return a decorator that makes an operation from its handler.

    The name of the handler becomes the name of the operation. Its annotations are the classes of
    the parameters and of the response.
    """

    def operation_of(handler: Callable[[ApiContext, Asked], schemas.ResponseBody]) -> Operation:
        _, parameters, response = get_type_hints(handler).values()
        has_cursor = issubclass(parameters, PageParameters)
        shared = {400: "The cursor does not belong to this address and these filters."}
        return Operation(
            path,
            handler.__name__,
            summary,
            parameters,
            response,
            handler,
            id_description=id_description,
            redirects=redirects,
            by_changes=by_changes,
            refused={**(shared if has_cursor else {}), **(refused or {})},
        )

    return operation_of


class WriteBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The JSON object in the body of a write request. Base class of all write bodies."""

    dry_run: Annotated[bool, Meta(description="Check the request, and change nothing.")] = False


@dataclass(frozen=True, slots=True)
class WriteCall:
    """One write request: the id in its path, and the function that reports its progress.

    ``began`` is None, or the time (seconds since 1970) of an earlier request with the same key that
    was interrupted or failed. That request may have had an effect.
    """

    name: str
    report: Callable[[str], None]
    began: float | None = None


@dataclass(frozen=True, slots=True)
class WriteExample:
    """Example of a write request: the fields of its body, and its response."""

    body: Mapping[str, Any]
    answer: schemas.ResponseBody


@dataclass(frozen=True, slots=True)
class Write:
    """A write operation of the API. It needs a token with the scope ``operate``.

    The body is validated against the class ``body``. ``handler`` raises CommuniqueError if the
    change is impossible. ``destroys`` is true if the operation hides or removes something that
    readers could see. ``repeatable`` is true if a second request changes nothing more. ``secrets``
    returns the fields of a response that are secret. The record of operations contains only digests
    of these fields.
    """

    path: str
    name: str
    summary: str
    body: type[WriteBody]
    response: type[schemas.ResponseBody]
    handler: Callable[[WriteCall, Any], Awaitable[schemas.ResponseBody]]
    example: WriteExample
    id_description: str = ""
    destroys: bool = False
    repeatable: bool = True
    secrets: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _: {}


def encode_cursor(belongs: str, place: Any) -> str:
    """Return the cursor for a position in a list. ``belongs`` identifies the list."""
    packed = msgspec.msgpack.encode(place)
    return base64.urlsafe_b64encode(checksum(belongs, packed) + packed).rstrip(b"=").decode()


def decode_cursor(text: str, belongs: str, kind: type[Place], parameter: str) -> Place:
    """Return the position in a cursor. Raises ApiError (400) if the cursor is invalid."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        check, packed = raw[:CHECKSUM_BYTES], raw[CHECKSUM_BYTES:]
        if check == checksum(belongs, packed):
            return msgspec.msgpack.decode(packed, type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        pass
    raise ApiError(400, BAD_CURSOR, parameter=parameter)


def checksum(belongs: str, packed: bytes) -> bytes:
    """Return the checksum of a cursor's content. ``belongs`` identifies the cursor's list."""
    key = blake2b(belongs.encode(), digest_size=32).digest()
    return blake2b(packed, digest_size=CHECKSUM_BYTES, person=b"cursor", key=key).digest()
