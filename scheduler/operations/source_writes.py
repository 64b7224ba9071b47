"""Operations of the API on sources."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import Any, Final

import msgspec

from data.clock import fault_of_zone
from data.errors import CommuniqueError, SourceError
from data.files import rewrite, was_written_since
from data.text.masking import masked
from data.toml_files import read_text, with_keys
from data.wording import counted
from feeds.server.api.operations import Write, WriteBody, WriteCall, WriteExample
from feeds.server.api.problems import ApiError
from feeds.server.api.schemas import WriteResult
from scheduler.children.child import run_command
from scheduler.home.home import Home
from scheduler.operations import bodies
from scheduler.operations.bodies import example_of, result_of, sent_fields
from scheduler.operations.visits_and_inspections import (
    Inspections,
    RunningService,
    UnusableAddress,
    given_address,
    shown_values,
)
from scheduler.sources import handlings
from scheduler.sources.handlings import end_handlings, handling_line
from scheduler.sources.known_names import check_source
from scheduler.sources.rename_and_removal import note_for_fleet, remove_source, rename_source
from spiders.sources.source_file import load_source, load_sources, parse_source

CHECK_SECONDS: Final = 180.0
"""Maximum duration of the check of a source file in seconds."""

EXAMPLE_SOURCE: Final = "lindmouth"


class NothingAdded(CommuniqueError):
    """Raised if no source was found or saved."""


class SourceWrites:
    """API operations on the sources of a home directory whose service is running."""

    def __init__(self, home: Home, service: RunningService, adding: Inspections) -> None:
        self._home = home
        self._service = service
        self._adding = adding

    def operations(self) -> Iterator[Write]:
        """Yield the operations that change sources."""
        one = "/api/sources/{id}"
        write = partial(Write, id_description="The id of a source.")
        yield Write(
            "/api/sources",
            "add_source",
            "Inspect a site and add it as a source",
            bodies.AddSource,
            bodies.Inspected,
            self.add,
            WriteExample(
                {"url": "https://lindmouth.example/", "dry_run": True},
                bodies.Inspected(
                    id=EXAMPLE_SOURCE,
                    name="Harbour Board of Lindmouth",
                    url="https://lindmouth.example/news",
                    timezone="Europe/Oslo",
                    saved=False,
                    certain=True,
                    releases=20,
                    notes=(),
                    message="nothing was saved, because this is a dry run",
                ),
            ),
            repeatable=False,
        )
        yield write(
            f"{one}/check",
            "check_source",
            "Check a source file against stored and sample pages",
            WriteBody,
            bodies.Checked,
            self.check,
            WriteExample({}, bodies.Checked(id=EXAMPLE_SOURCE, ok=True, problems=())),
        )
        yield write(
            f"{one}/change",
            "change_source",
            "Change keys of a source file",
            bodies.ChangeSource,
            WriteResult,
            self.change,
            example_of({"topics": ["transport"]}, "lindmouth was changed"),
        )
        yield write(
            f"{one}/pause",
            "pause_source",
            "Pause visits to a source",
            bodies.Pause,
            WriteResult,
            self.pause,
            example_of({"why": "its site moves"}, "lindmouth is paused: its site moves"),
        )
        yield write(
            f"{one}/resume",
            "resume_source",
            "Resume visits to a paused source",
            WriteBody,
            WriteResult,
            self.resume,
            example_of({}, "visits to lindmouth are resumed"),
        )
        yield write(
            f"{one}/rename",
            "rename_source",
            "Change the id of a source",
            bodies.RenameSource,
            WriteResult,
            self.rename,
            example_of({"id": "lindmouth-port"}, "renamed lindmouth to lindmouth-port"),
            destroys=True,
        )
        yield write(
            f"{one}/remove",
            "remove_source",
            "Remove a source, its file and its feeds",
            bodies.RemoveSource,
            WriteResult,
            self.remove,
            example_of({"keep": True}, "removed lindmouth; 412 releases still shown"),
            destroys=True,
        )
        yield write(
            f"{one}/visit",
            "visit_source",
            "Visit a source now",
            WriteBody,
            bodies.Visited,
            self.visit,
            WriteExample({}, bodies.Visited(source=EXAMPLE_SOURCE, run={"new": 1, "found": 12})),
            repeatable=False,
        )

    async def add(self, call: WriteCall, body: bodies.AddSource) -> bodies.Inspected:
        """Inspect a site, and save its source if the result is certain or ``force`` is set."""
        try:
            url = given_address(body.url)
        except UnusableAddress as error:
            raise ApiError(422, str(error), parameter="url") from error
        if body.timezone and (fault := fault_of_zone(body.timezone)):
            raise ApiError(422, f"timezone: {fault}", parameter="timezone")
        fields = {"id": body.id or "", "name": body.name, "timezone": body.timezone}
        call.report(f"inspecting {masked(url)}")
        save = not body.dry_run
        result = await self._adding.add(
            url, fields, page=body.page, save=save, force=save and body.force
        )
        output = result.printed if isinstance(result.printed, dict) else {}
        faults = tuple(map(masked, result.errors))
        if save and call.began and output.get("saved") is None:
            # An interrupted request with the same key may have saved the source.
            again = await self._adding.add(url, {**fields, "id": ""})
            found = again.printed if isinstance(again.printed, dict) else {}
            if name := await asyncio.to_thread(self._saved_since, call.began, found, body.id):
                result, output = again, {**found, "id": name, "saved": True}
        if output.get("releases") is None:
            raise NothingAdded(" ".join(faults) or "the inspection ended without a result")
        shown, saved = shown_values(output), bool(output.get("saved"))
        if saved:
            await self._service.reload_sources()
        dry = "nothing was saved, because this is a dry run"
        return bodies.Inspected(
            **{name: shown[name] for name in ("id", "name", "url", "timezone")},
            saved=saved,
            certain=result.code == 0,
            releases=shown["count"],
            notes=(*map(str, shown["doubts"]), *map(str, shown["notes"])),
            message=f"{shown['id']} was saved" if saved else " ".join(faults) or dry,
        )

    def _saved_since(self, began: float, found: Mapping[str, Any], given: str | None) -> str:
        """Return the id of the source for an inspected site that was saved since ``began``.

        The id is empty if there is no such source, or if its id is not the ``given`` id.
        """
        for source, one in load_sources(self._home.sources)[0].items():
            is_asked = one.own and given in {None, source}
            if is_asked and masked(one.file.url) == found.get("url"):
                return source if was_written_since(one.path, began) else ""
        return ""

    async def check(self, call: WriteCall, _: WriteBody) -> bodies.Checked:
        """Check a source file in a child process, because pages may be slow to read."""
        await asyncio.to_thread(load_source, self._home.sources, call.name)
        command = ("sources", "check", "--json", call.name)
        result = await run_command(self._home, *command, seconds=CHECK_SECONDS)
        return bodies.Checked(
            id=call.name, ok=result.code == 0, problems=tuple(map(masked, result.errors))
        )

    async def change(self, call: WriteCall, body: bodies.ChangeSource) -> WriteResult:
        """Change keys of a source file."""
        changes = sent_fields(body)
        changed = await asyncio.to_thread(
            change_source, self._home, call.name, changes, dry_run=body.dry_run
        )
        if changed and not body.dry_run:
            await self._service.reload_sources()
        return result_of(body, f"{call.name} was changed", changed=changed)

    async def pause(self, call: WriteCall, body: bodies.Pause) -> WriteResult:
        """Pause visits to a source."""
        if body.dry_run:
            await asyncio.to_thread(self._is_paused, call.name)
            return result_of(body, f"{call.name} is paused")
        why = body.why.strip()
        paused = await asyncio.to_thread(handlings.pause, self._home, call.name, why)
        await self._service.reload_sources()
        return result_of(body, f"{call.name} is {handling_line(paused)}")

    async def resume(self, call: WriteCall, body: WriteBody) -> WriteResult:
        """Resume visits to a paused source."""
        if body.dry_run:
            changed = await asyncio.to_thread(self._is_paused, call.name)
        else:
            ended = await asyncio.to_thread(end_handlings, self._home, call.name, ("paused",))
            await self._service.reload_sources()
            changed = bool(ended)
        return result_of(body, f"visits to {call.name} are resumed", changed=changed)

    async def rename(self, call: WriteCall, body: bodies.RenameSource) -> WriteResult:
        """Change the id of a source."""
        done = await asyncio.to_thread(
            rename_source, self._home, call.name, body.id, dry_run=body.dry_run
        )
        if not body.dry_run:
            await self._service.reload_sources()
        message = f"renamed {done.old} to {done.new}, with {counted(done.releases, 'release')}"
        return result_of(body, message + self._note(), changed=done.done)

    async def remove(self, call: WriteCall, body: bodies.RemoveSource) -> WriteResult:
        """Remove a source, its file and its feeds."""
        done = await asyncio.to_thread(
            remove_source, self._home, call.name, kept=body.keep, dry_run=body.dry_run
        )
        if not body.dry_run:
            await self._service.reload_sources()
        what = "still shown" if done.kept else "hidden"
        message = f"removed {done.source}; {counted(done.releases, 'release')} {what}"
        return result_of(body, message + self._note(), changed=done.done)

    async def visit(self, call: WriteCall, body: WriteBody) -> bodies.Visited:
        """Visit a source, and return the report of the visit."""
        await asyncio.to_thread(load_source, self._home.sources, call.name)
        if not body.dry_run:
            visit = await self._service.visit_now(call.name)
            if visit is None:
                why = "is being visited already"
                if call.name not in self._service.visiting:
                    why = "can't be visited now, because this service does not plan visits"
                raise ApiError(409, f"{call.name} {why}")
            call.report(f"visiting {call.name}")
            # The visit continues if this request is cancelled.
            await asyncio.shield(visit)
        return bodies.Visited(source=call.name, run=await asyncio.to_thread(self._run, call.name))

    def _run(self, source: str) -> dict[str, Any] | None:
        """Return the report of the last visit to a source, or None if it was never visited."""
        with closing(self._home.plain_store().public_view()) as store:
            last = next(iter(store.runs(source, limit=1)), None)
        found: dict[str, Any] | None = msgspec.to_builtins(last)
        return found

    def _is_paused(self, source: str) -> bool:
        """Return whether a source is paused. Raises UnknownSource if it is unknown."""
        with closing(self._home.plain_store()) as store:
            check_source(self._home, store, source)
            return source in handlings.paused_sources(store)

    def _note(self) -> str:
        return f"; {note}" if (note := note_for_fleet(self._home)) else ""


def change_source(
    home: Home, source: str, changes: Mapping[str, Any], *, dry_run: bool = False
) -> bool:
    """Set keys of a source file, and remove keys whose new value is empty.

    Returns whether it changes. A bundled source is first copied into the home directory, whose
    files take precedence. Raises SourceError, UnknownSource, HomeInUse, StoreError
    and OSError.
    """
    with home.files_lock():
        loaded = load_source(home.sources, source)
        text = read_text(loaded.path, SourceError)
        changed = with_keys(text, changes)
        path = home.sources / f"{source}.toml"
        parse_source(changed, str(path))
        if changed == text or dry_run:
            return changed != text
        path.parent.mkdir(exist_ok=True)
        rewrite(path, changed)
    update_description(home, source)
    return True


def update_description(home: Home, source: str) -> None:
    """Store the name, address and time zone in a source file without waiting for the next visit.

    A source without a visit is not stored. Raises SourceError, UnknownSource and StoreError.
    """
    with closing(home.store()) as store:
        if source in store.sources():
            store.register(load_source(home.sources, source).source)
