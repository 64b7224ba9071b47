"""Operations of the API on watches."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import msgspec

from data.errors import UnknownSource, UnknownTopic, UnknownWatch, WatchError
from data.watches.watch_file import load_watch, load_watches
from data.wording import counted
from feeds.alerts.channels import CHANNELS, AlertWatch, signing_secrets
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
from feeds.server.api.schemas import WriteResult
from scheduler.home.home import Home
from scheduler.operations import bodies
from scheduler.operations.bodies import example_of, result_of, sent_fields
from scheduler.operations.watches import (
    UnusableId,
    change_watch,
    create_watch,
    feed_address,
    match_fields,
    pause_watch,
    recent_matches,
    resend_failed,
    send_test,
    watch_line,
)

MAX_MATCHES: Final = 100
"""Maximum number of matching events in the result of a test."""


class WatchWrites:
    """API operations on the watches of a home directory."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def reads(self) -> Iterator[Operation]:
        """Yield the read operations on watches."""
        yield Operation(
            "/api/watches",
            "watches",
            "Watches, by id",
            PageParameters,
            bodies.WatchPage,
            self.watches,
            access="operate",
            refused={400: "The cursor does not belong to this address."},
            example=bodies.WatchPage(
                watches=(
                    bodies.WatchItem(
                        id="ferries",
                        name="Ferries",
                        paused=False,
                        description="release, edit; words ferry; a feed",
                    ),
                ),
                next=None,
            ),
        )

    def operations(self) -> Iterator[Write]:
        """Yield the write operations on watches."""
        one = "/api/watches/{id}"
        write = partial(Write, id_description="The id of a watch.")
        yield Write(
            "/api/watches",
            "add_watch",
            "Create a watch, which sends alerts",
            bodies.AddWatch,
            bodies.AddedWatch,
            self._add,
            WriteExample(
                {"name": "Ferries", "query": "ferry", "feed": True},
                bodies.AddedWatch(
                    changed=True,
                    dry_run=False,
                    message="created the watch ferries",
                    id="ferries",
                    feed="https://news.example/feeds/watch/ferries.atom?token=…",
                ),
            ),
            repeatable=False,
            secrets=self._secrets,
        )
        yield write(
            f"{one}/change",
            "change_watch",
            "Change the filters of a watch",
            bodies.ChangeWatch,
            WriteResult,
            self.change,
            example_of({"sources": ["lindmouth"]}, "ferries was changed"),
        )
        for verb, paused in (("pause", True), ("resume", False)):
            yield write(
                f"{one}/{verb}",
                f"{verb}_watch",
                "Pause a watch" if paused else "Resume a paused watch",
                WriteBody,
                WriteResult,
                self._pausing(paused=paused),
                example_of({}, f"ferries is {'paused' if paused else 'active'}"),
            )
        yield write(
            f"{one}/test",
            "test_watch",
            "Show which recent events a watch matches, or send a test message",
            bodies.TestWatch,
            bodies.Tested,
            self.test,
            WriteExample({"send": False}, bodies.Tested(id="ferries", matches=(), sent=())),
            repeatable=False,
        )
        yield write(
            f"{one}/replay",
            "replay_watch",
            "Send the failed alerts of a watch again",
            WriteBody,
            WriteResult,
            self.resend,
            example_of({}, "2 messages wait"),
            repeatable=False,
        )

    def watches(self, context: ApiContext, asked: PageParameters) -> bodies.WatchPage:
        """Return a page of watches. Invalid files are omitted."""
        found, _ = load_watches(self._home.watches, AlertWatch)
        some, after = context.page(asked, found.items(), lambda one: one[0], down=False)
        shown = (
            bodies.WatchItem(id=name, name=one.name, paused=one.paused, description=watch_line(one))
            for name, one in some
        )
        return bodies.WatchPage(watches=tuple(shown), next=after)

    async def _add(self, call: WriteCall, body: bodies.AddWatch) -> bodies.AddedWatch:
        return await self.add(body, began=call.began)

    async def add(self, body: bodies.AddWatch, *, began: float | None = None) -> bodies.AddedWatch:
        """Create a watch file. Its secrets are only in this file and in the result.

        If an interrupted request at ``began`` created the file, the result is the same. Raises
        ApiError, WatchError and UnknownTopic.
        """
        check_channels(body)
        values = sent_fields(body)
        keys = {key: values[key] for key in values.keys() - {"id", "outputs", "feed"}}
        create = partial(create_watch, self._home, keys, body.outputs, watch_id=body.id or "")
        try:
            name, _ = await asyncio.to_thread(
                create, feed=body.feed, dry_run=body.dry_run, began=began
            )
        except UnusableId as error:
            raise ApiError(422, str(error), parameter="id") from error
        except (UnknownSource, UnknownTopic) as error:
            raise filter_error(error) from error
        done = msgspec.structs.asdict(result_of(body, f"created the watch {name}"))
        added = bodies.AddedWatch(**done, id=name)
        secrets = await asyncio.to_thread(self._secrets, msgspec.structs.asdict(added))
        return msgspec.structs.replace(added, **secrets)

    def _secrets(self, result: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the secret fields in the result of the creation of a watch, from its file."""
        none = {"feed": None, "secrets": None}
        if result["dry_run"]:
            return none
        try:
            one = load_watch(self._home.watches, result["id"], AlertWatch)
        except (UnknownWatch, WatchError):
            return none
        feed = feed_address(self._home, result["id"], one)
        return {"feed": feed, "secrets": signing_secrets(one) or None}

    async def change(self, call: WriteCall, body: bodies.ChangeWatch) -> WriteResult:
        """Change keys of a watch file."""
        try:
            changed = await asyncio.to_thread(
                change_watch, self._home, call.name, sent_fields(body), dry_run=body.dry_run
            )
        except (UnknownSource, UnknownTopic) as error:
            raise filter_error(error) from error
        return result_of(body, f"{call.name} was changed", changed=changed)

    def _pausing(self, *, paused: bool) -> Callable[[WriteCall, WriteBody], Awaitable[WriteResult]]:
        async def handle(call: WriteCall, body: WriteBody) -> WriteResult:
            folder = self._home.watches
            before = await asyncio.to_thread(load_watch, folder, call.name, AlertWatch)
            if not body.dry_run:
                await asyncio.to_thread(pause_watch, self._home, call.name, paused=paused)
            message = f"{call.name} is {'paused' if paused else 'active'}"
            return result_of(body, message, changed=before.paused != paused)

        return handle

    async def test(self, call: WriteCall, body: bodies.TestWatch) -> bodies.Tested:
        """Return the recent events that a watch matches, or send a test message."""
        await asyncio.to_thread(load_watch, self._home.watches, call.name, AlertWatch)
        if body.send and not body.dry_run:
            call.report("sending a test message to each output")
            sent = await send_test(self._home, call.name)
            return bodies.Tested(id=call.name, matches=(), sent=tuple(sent))
        call.report("checking recent events")
        found, _ = await asyncio.to_thread(recent_matches, self._home, call.name)
        matches = tuple(map(match_fields, found[:MAX_MATCHES]))
        return bodies.Tested(id=call.name, matches=matches, sent=())

    async def resend(self, call: WriteCall, body: WriteBody) -> WriteResult:
        """Queue the failed alerts of a watch again."""
        count = await asyncio.to_thread(resend_failed, self._home, call.name, dry_run=body.dry_run)
        message = counted(count, "message waits", "messages wait")
        return result_of(body, message, changed=count > 0)


def filter_error(error: UnknownSource | UnknownTopic) -> ApiError:
    """Return the error for a filter of a watch that names an unknown source or topic."""
    name = "sources" if isinstance(error, UnknownSource) else "topics"
    return ApiError(422, str(error), parameter=name)


def check_channels(body: bodies.AddWatch) -> None:
    """Raise ApiError if a channel is unknown or has too few or too many recipients."""
    known = {one.table: one for one in CHANNELS}
    for table, values in body.outputs.items():
        channel = known.get(table)
        if channel is None or not values or (len(values) > 1 and not channel.repeated):
            why = f"{table[:40]!r} is not a channel with these recipients; use {', '.join(known)}"
            raise ApiError(422, why, parameter="outputs")
