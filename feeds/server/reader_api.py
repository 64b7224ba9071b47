"""The Google Reader API: routes, login, and handlers of its operations.

The name of a token identifies an account. The token is the password, and the user name is ignored.
Every account is subscribed to all sources. Read and starred items are stored per account.
"""

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette import routing
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from data.clock import utc_now
from data.errors import StoreError
from data.models import Facet
from data.settings import SiteSettings
from data.store.open import open_existing
from feeds.server.access import Access
from feeds.server.reader_items import (
    LABEL_PREFIX,
    READ_STATE,
    READING_LIST,
    STARRED_TAG,
    Account,
    BadReaderRequest,
    Values,
    microseconds,
    reference,
    subscription,
)
from feeds.server.requests.routes import READ_METHODS, RequiredAccess, ServerRoute
from feeds.server.requests.work_queue import Unanswered, WorkQueue
from feeds.urls import FRESHRSS_API, READER_API, READER_LOGINS

log = logging.getLogger(__name__)

MAX_BODY_BYTES: Final = 1_000_000
"""Maximum size in bytes of a request body."""

MAX_PARAMETERS: Final = 5_000
"""Maximum number of parameters per request."""

NO_STORE: Final = {"cache-control": "no-store"}

DEFAULT_ITEMS, MAX_ITEMS = 20, 1000
"""Number of items per response: the default and the maximum."""

MAX_IDS: Final = 10_000
"""Maximum number of item ids per response."""

MAX_UNREAD_COUNT: Final = 10_000
"""Number of most recently seen releases among which unread items are counted."""


class ReaderApi:
    """The Google Reader API of one site, for clients with a token."""

    def __init__(
        self, store_url: str, site: SiteSettings, access: Access, queue: WorkQueue
    ) -> None:
        self._url = store_url
        self._site = site
        self._access = access
        self._queue = queue

    def routes(self) -> list[ServerRoute]:
        """Return the routes of the Google Reader API. Login and base address need no token."""
        app, methods = self._app(), READ_METHODS | {"POST"}

        def row(path: str, access: RequiredAccess) -> ServerRoute:
            return ServerRoute(path, methods, access, app=app, own_errors=True)

        rows = [row(path, "own") for path in READER_LOGINS]
        rows += [row(path, "public") for path in (FRESHRSS_API, FRESHRSS_API + "/")]
        below = (*READER_LOGINS, *READER_API, FRESHRSS_API)
        return [*rows, *(row(f"{path}{{rest:path}}", "read") for path in below)]

    def _app(self) -> Starlette:
        both = ["GET", "POST"]
        routed = [routing.Route(path, self.login, methods=both) for path in READER_LOGINS]
        routed += [routing.Route(path, is_here) for path in (FRESHRSS_API, FRESHRSS_API + "/")]
        for before in READER_API:
            routed.append(routing.Route(before + "token", self.token))
            for handlers, methods in ((READ_HANDLERS, both), (WRITE_HANDLERS, ["POST"])):
                routed += (
                    routing.Route(before + path, self.endpoint(answer), methods=methods)
                    for path, answer in handlers.items()
                )
        return Starlette(
            routes=routed,
            exception_handlers=dict.fromkeys(
                (BadReaderRequest, ClientDisconnect, StoreError, Unanswered), explain
            ),
        )

    async def login(self, request: Request) -> Response:
        """Check the password of a login, and return it as the token for further requests."""
        values = await values_of(request)
        text = values.get("Passwd", [""])[-1]
        header = (b"authorization", b"Bearer " + text.encode("utf-8", "replace"))
        verdict = self._access.judge({**request.scope, "headers": [header]}, "read")
        if not verdict.is_granted:
            return refused(verdict.status, verdict.retry_after)
        return PlainTextResponse(f"SID=none\nLSID=none\nAuth={text}\n", headers=NO_STORE)

    async def token(self, request: Request) -> Response:
        """Respond with a fixed value that clients must send with changes.

        The server does not check this value. In the original API it prevented cross-site request
        forgery with cookies. This API uses no cookies.
        """
        verdict = self._access.judge(request.scope, "read")
        if not verdict.is_granted:
            return refused(verdict.status, verdict.retry_after)
        return PlainTextResponse("communique", headers=NO_STORE)

    def endpoint(self, answer: Callable[[Account, str | None], Any]) -> Callable[..., Any]:
        """Return the request handler that runs an operation for the request's account."""

        async def respond(request: Request) -> Response:
            verdict = self._access.judge(request.scope, "read")
            if not verdict.is_granted or verdict.token is None:
                return refused(verdict.status, verdict.retry_after)
            values = await values_of(request)
            stream = request.path_params.get("stream")
            token = verdict.token

            def answered() -> Any:
                with closing(open_existing(self._url)) as store:
                    return answer(Account(store, self._site, token, values), stream)

            made = await self._queue.run(request.scope, request.receive, answered)
            if isinstance(made, str):
                return PlainTextResponse(made, headers=NO_STORE)
            return Response(msgspec.json.encode(made), 200, NO_STORE, "application/json")

        return respond


async def is_here(_: Request) -> Response:
    """Respond with ``OK`` at the base address, as FreshRSS does.

    Some clients request the base address before they log in.
    """
    return PlainTextResponse("OK", headers=NO_STORE)


def refused(status: int, retry_after: int) -> Response:
    """Return the response to a request without a valid token."""
    wait = {"retry-after": str(retry_after)} if retry_after else {}
    headers = {**NO_STORE, **wait, "www-authenticate": 'GoogleLogin realm="Communique"'}
    return PlainTextResponse("Error=BadAuthentication\n", status, headers)


async def values_of(request: Request) -> Values:
    """Return all parameters of a request: first those in the query, then those in the body.

    Raises BadReaderRequest if the body is too large or has too many parameters.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise BadReaderRequest(f"send at most {MAX_BODY_BYTES} bytes per request")
    values: dict[str, list[str]] = {}
    for text in (request.url.query, body.decode("utf-8", "replace")):
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
        except ValueError:
            raise BadReaderRequest(
                f"send at most {MAX_PARAMETERS} parameters per request"
            ) from None
        for name, value in pairs:
            values.setdefault(name, []).append(value)
    return values


async def explain(_: Request, error: Exception) -> Response:
    """Return the error response for an exception."""
    if isinstance(error, ClientDisconnect):
        return Response(status_code=400)
    if isinstance(error, BadReaderRequest):
        return PlainTextResponse(f"{error}\n", 400, NO_STORE)
    if isinstance(error, Unanswered):
        wait = {"retry-after": str(error.retry_after), **NO_STORE}
        return PlainTextResponse(f"{error}\n", error.status, wait)
    log.warning("reader API request failed: %s", error)
    wait = {"retry-after": "60", **NO_STORE}
    return PlainTextResponse("The store can't be read now.\n", 503, wait)


def stream_contents(account: Account, stream: str | None) -> Any:
    """Return a page of a stream's items with their texts."""
    found, left = account.items(account.stream(stream), DEFAULT_ITEMS, MAX_ITEMS)
    answer = {
        "direction": "ltr",
        "id": stream or READING_LIST,
        "updated": int(utc_now().timestamp()),
        "items": account.shown(found),
    }
    return answer | ({"continuation": left} if left else {})


def stream_ids(account: Account, _: str | None) -> Any:
    """Return a page of the ids of a stream's items."""
    found, left = account.items(account.stream(account.value("s")), DEFAULT_ITEMS, MAX_IDS)
    answer = {"items": [], "itemRefs": [reference(one) for one in found]}
    return answer | ({"continuation": left} if left else {})


def item_contents(account: Account, _: str | None) -> Any:
    """Return the requested items with their texts."""
    found = account.store.reader_items_of(account.name, account.ids(), account.read_until)
    return {"id": READING_LIST, "items": account.shown([*found])}


def subscriptions(account: Account, _: str | None) -> Any:
    """Return all sources with releases as subscribed feeds."""
    catalog = account.catalog
    facets = account.store.facets()
    sources = sorted(one.source for one in facets if one.source and one == Facet(one.source))
    return {"subscriptions": [subscription(one, catalog) for one in sources]}


def tag_list(account: Account, _: str | None) -> Any:
    """Return the tags: item states and topics."""
    catalog = account.catalog
    names = (catalog.topic(topic) for topic in sorted(catalog.topics))
    folders = ({"id": LABEL_PREFIX + name, "type": "folder"} for name in names)
    return {"tags": [{"id": STARRED_TAG}, *folders]}


def unread_count(account: Account, _: str | None) -> Any:
    """Return the number of unread items per feed, among the most recently seen releases."""
    counts = account.store.unread_counts(account.name, account.read_until, limit=MAX_UNREAD_COUNT)
    now = microseconds(utc_now())
    return {
        "max": MAX_UNREAD_COUNT,
        "unreadcounts": [
            {"id": name, "count": count, "newestItemTimestampUsec": now}
            for name, count in (
                *((f"feed/{source}", count) for source, count in sorted(counts.items())),
                (READING_LIST, sum(counts.values())),
            )
        ],
    }


def user_info(account: Account, _: str | None) -> Any:
    """Return the account's name."""
    return {"userId": account.name, "userName": account.name, "userProfileId": account.name}


def edit_tag(account: Account, _: str | None) -> str:
    """Mark items as read, unread, starred or unstarred."""
    added, removed = account.values.get("a", []), account.values.get("r", [])
    kept_unread = any(one.endswith("/kept-unread") for one in added)
    noted = {
        name: True if tag in added else False if tag in removed else None
        for name, tag in (("read", READ_STATE), ("starred", STARRED_TAG))
    }
    if kept_unread:
        noted["read"] = False
    account.store.mark_items(account.name, account.ids(), **noted)
    return "OK"


def mark_all_as_read(account: Account, _: str | None) -> str:
    """Mark all items of a stream as read, up to the time ``ts`` (microseconds since 1970)."""
    stream = account.stream(account.value("s"))
    if stream.topic or stream.state != "all":
        raise BadReaderRequest("only a feed or the reading list can be marked as read")
    text = account.value("ts")
    if text and not text.isdecimal():
        raise BadReaderRequest("ts must be a Unix time in microseconds")
    now = utc_now()
    until = min(now, dt.datetime.fromtimestamp(int(text[:17]) / 1e6, dt.UTC)) if text else now
    account.store.mark_all_read(account.name, until, source=stream.source)
    return "OK"


READ_HANDLERS: Final[Mapping[str, Callable[[Account, str | None], Any]]] = {
    "user-info": user_info,
    "subscription/list": subscriptions,
    "tag/list": tag_list,
    "unread-count": unread_count,
    "stream/items/ids": stream_ids,
    "stream/items/contents": item_contents,
    "stream/contents": stream_contents,
    "stream/contents/{stream:path}": stream_contents,
}
"""Handlers of operations that only read, by path."""
WRITE_HANDLERS: Final[Mapping[str, Callable[[Account, str | None], str]]] = {
    "edit-tag": edit_tag,
    "mark-all-as-read": mark_all_as_read,
}
"""Handlers of operations that change the state of an account's items, by path."""
