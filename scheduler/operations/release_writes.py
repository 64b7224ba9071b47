"""Operations of the API on releases."""

import asyncio
from collections.abc import Iterator
from typing import Final

from data.clock import utc_now
from data.store.core.store import Store
from feeds.server.api.operations import Write, WriteBody, WriteCall
from feeds.server.api.problems import ApiError
from feeds.server.api.schemas import WriteResult
from scheduler.home.home import Home
from scheduler.operations import bodies
from scheduler.operations.bodies import example_of, result_of
from scheduler.operations.releases import AmbiguousRelease, NoSuchRelease, decide, find_all

ID_DESCRIPTION: Final = "The id of a release, or the start of an id."


class ReleaseWrites:
    """API operations on the releases of a home directory."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def operations(self) -> Iterator[Write]:
        """Yield the operations that change releases."""
        one = "/api/releases/{id}"
        yield Write(
            f"{one}/hide",
            "hide_release",
            "Hide a release that was collected by mistake",
            bodies.Hide,
            WriteResult,
            self.hide,
            example_of({"why": "it is a test page"}, "the release is hidden"),
            id_description=ID_DESCRIPTION,
            destroys=True,
        )
        yield Write(
            f"{one}/unhide",
            "unhide_release",
            "Show a hidden release again",
            WriteBody,
            WriteResult,
            self.unhide,
            example_of({}, "the release is shown"),
            id_description=ID_DESCRIPTION,
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
