"""ASGI application at /admin, which checks access and then routes requests to a page."""

from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from data.errors import StoreError
from feeds.server.access import Access
from feeds.server.error_pages import explain, unanswered
from feeds.server.requests.peer_process import OwnClients
from feeds.server.requests.work_queue import Unanswered
from scheduler.children.correction.correction_child import Corrector
from scheduler.home.home import Home
from scheduler.operations.visits_and_inspections import Inspections, RunningService
from scheduler.service.admin.adding import AddPages
from scheduler.service.admin.catalogues import CataloguePages
from scheduler.service.admin.guard import Guard
from scheduler.service.admin.overview import Overview
from scheduler.service.admin.pages import AdminPages, LiveEvents, Posts
from scheduler.service.admin.sources import CorrectPages, SourcePages
from scheduler.service.admin.watches import WatchPages

STATIC_FOLDER: Final = Path(__file__).parent / "static"


class Admin:
    """Admin interface for a home directory. ``access`` checks tokens."""

    def __init__(
        self, home: Home, access: Access, service: RunningService, adding: Inspections
    ) -> None:
        self._own_clients = OwnClients(home.settings.site)
        self._guard = Guard(access, home.settings.site, str(home.path))
        self._pages = AdminPages(home, self._guard.cookie_name)
        self.live = LiveEvents()
        parts = home, self._pages, Posts(self._guard, self._pages), service, self.live
        self._adding = AddPages(*parts, adding)
        self._catalogues = CataloguePages(*parts)
        self._correcting = CorrectPages(*parts, Corrector(home))
        self._app = Starlette(
            routes=[
                Route("/admin/", Overview(*parts).show),
                Route("/admin/events", self.live.show),
                Route("/admin/static/{name}.js", script),
                *self._adding.routes(),
                *self._catalogues.routes(),
                *self._correcting.routes(),
                *WatchPages(*parts).routes(),
                *SourcePages(*parts).routes(),
            ],
            exception_handlers={HTTPException: explain, StoreError: explain, 500: explain},
        )
        self._app.router.redirect_slashes = False

    async def close(self) -> None:
        """Cancel running tasks, so that the server can stop."""
        await self._adding.close()
        await self._catalogues.close()
        await self._correcting.close()
        await self.live.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        try:
            # This check reads the sockets of all processes, so it is done only if needed.
            is_own = self._guard.needs_process(scope) and await self._own_clients.include(scope)
        except Unanswered as error:
            await unanswered(scope, error)(scope, receive, send)
            return
        entered = self._guard.enter(scope, is_own=is_own)
        if isinstance(entered, Response):
            await entered(scope, receive, send)
            return
        if self._lacks_slash(scope):
            # The address is relative, so that it works with any path prefix of the site.
            place = quote(scope["path"].rpartition("/")[2], safe="~") + "/"
            await Response(status_code=308, headers={"location": place})(scope, receive, send)
            return
        await self._app({**scope, "state": {"session": entered}}, receive, send)

    def _lacks_slash(self, scope: Scope) -> bool:
        """Return whether a page exists only at this path with a slash at the end."""
        here, there = (
            {route.matches({**scope, "path": path})[0] for route in self._app.routes}
            for path in (scope["path"], scope["path"] + "/")
        )
        return here == {Match.NONE} and Match.FULL in there


async def script(request: Request) -> Response:
    """Serve a script from the static folder."""
    name = f"{request.path_params['name']}.js"
    path = next((one for one in STATIC_FOLDER.iterdir() if one.name == name), None)
    if path is None:
        raise HTTPException(404)
    return FileResponse(path, media_type="text/javascript", headers={"cache-control": "no-cache"})
