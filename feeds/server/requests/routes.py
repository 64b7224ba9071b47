"""The route table of the server: path, methods and required access of every address.

Each part of the server contributes its routes, and `app.routes_of` joins them. To add an address,
add a route: nothing else decides about its methods and access. The exception is /admin, whose app
has its own table of routes. For the API, add an operation. All paths without a route are published
files, or pages generated on request.

Access is decided in four places. A route states the required access. `RouteTable.needed` returns
the permission that a request's token needs. `data.access.permissions.Permissions.judge` checks
whether a token has this permission. `feeds.server.access.Access.judge` finds the token of a
request. The gates `feeds.server.access.TokenGate` and `scheduler.service.admin.guard` call these
functions. So do the apps of routes with ``own`` access.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp

from data.access.tokens import TokenScope

RequiredAccess: TypeAlias = Literal["public", "read", "operate", "own"]
"""Access that a route requires.

``public`` is for all clients. ``read`` and ``operate`` require the permission of that name. With
``own``, the application of the route checks tokens or secrets itself."""

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response] | Response]
"""Request handler: a function that responds to a request. A synchronous function runs in a
thread."""

Condition: TypeAlias = Callable[[str, Iterable[tuple[bytes, bytes]]], bool]
"""Function that decides by path and headers whether a route applies."""

READ_METHODS: Final = frozenset(("GET", "HEAD"))


@dataclass(frozen=True, slots=True)
class ServerRoute:
    """One route: a path, its methods, and its request handler.

    ``path`` may contain parameters such as ``{id}`` and ``{rest:path}``. A route has an
    ``endpoint`` or an ``app``. A route without both is for published files. With ``own_errors``,
    the app also responds to methods other than ``methods``; otherwise the server responds with 204
    to OPTIONS and with 405 to all other methods. With ``if_no_file``, a published file at the path
    takes precedence.
    """

    path: str
    methods: frozenset[str] = READ_METHODS
    access: RequiredAccess = "read"
    app: ASGIApp | None = None
    endpoint: Endpoint | None = None
    own_errors: bool = False
    if_no_file: bool = False
    condition: Condition | None = None

    @property
    def responds(self) -> bool:
        """Whether the route has an app or endpoint. If not, it is for published files."""
        return self.app is not None or self.endpoint is not None

    def accepts(self, method: str) -> bool:
        """Return whether the app or endpoint responds to a method."""
        return self.own_errors or method in self.methods


def reserved(path: str, access: RequiredAccess = "read") -> ServerRoute:
    """Return a route that responds with 404, for a path of a disabled part of the server."""
    return ServerRoute(path, access=access, endpoint=absent)


def is_reserved(route: ServerRoute) -> bool:
    """Return whether a route only reserves its path for a disabled part of the server."""
    return route.endpoint is absent


def absent(_: Request) -> Response:
    """Respond with 404 at a reserved path."""
    raise HTTPException(404)


class RouteTable:
    """Finds the route of a request: the first route for its path, preferably one for its method."""

    def __init__(self, routes: Iterable[ServerRoute]) -> None:
        self.routes: Final = tuple(routes)
        self._operated_folders: Final = {
            folder_of(one.path) for one in self.routes if one.access == "operate"
        }
        self._exact: dict[str, list[ServerRoute]] = {}
        self._patterns: dict[str, list[tuple[str, re.Pattern[str], ServerRoute]]] = {}
        self._own_paths: set[str] = set()
        self._own_patterns: dict[str, list[tuple[str, re.Pattern[str], Condition | None]]] = {}
        for one in self.routes:
            is_own = one.responds and not one.if_no_file
            if "{" not in one.path:
                self._exact.setdefault(one.path, []).append(one)
                if is_own:
                    self._own_paths.add(one.path)
                continue
            prefix = one.path.partition("{")[0]
            pattern = pattern_of(one.path)
            folder = folder_of(prefix)
            self._patterns.setdefault(folder, []).append((prefix, pattern, one))
            if is_own:
                self._own_patterns.setdefault(folder, []).append((prefix, pattern, one.condition))

    def find(
        self,
        path: str,
        method: str,
        headers: Iterable[tuple[bytes, bytes]] = (),
        *,
        if_no_file: bool = False,
    ) -> ServerRoute | None:
        """Return the route of a request, or None if the path is a file or a generated page.

        ``if_no_file`` selects routes that apply only if no file is published at the path.
        """
        exact, patterns = self._exact.get(path), self._patterns.get(folder_of(path))
        if exact is None and patterns is None:
            return None
        found = list(exact or ())
        for prefix, pattern, one in patterns or ():
            if path.startswith(prefix) and pattern.match(path):
                found.append(one)
        other: ServerRoute | None = None
        for one in found:
            if one.if_no_file != if_no_file or (one.condition and not one.condition(path, headers)):
                continue
            if method in one.methods:
                return one
            other = other or one
        return other

    @staticmethod
    def parameters(route: ServerRoute, path: str) -> dict[str, str]:
        """Return the values of a route's parameters in a path that matches the route."""
        found = pattern_of(route.path).match(path) if "{" in route.path else None
        return found.groupdict() if found else {}

    def responds(self, path: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether a route, not a published file, responds to a GET of a path.

        Every GET of a file in memory calls this, so it checks only a few routes.
        """
        if path in self._own_paths:
            return True
        for prefix, pattern, condition in self._own_patterns.get(folder_of(path), ()):
            if (
                path.startswith(prefix)
                and (condition is None or condition(path, headers))
                and pattern.match(path)
            ):
                return True
        return False

    @property
    def needs_operators(self) -> bool:
        """Whether any route requires permission to operate the site."""
        return any(one.access == "operate" for one in self.routes)

    def needed(self, path: str, method: str, *, is_open: bool) -> TokenScope | None:
        """Return the permission that a request's token must have, or None if it needs no token.

        ``is_open`` is true if all clients may read the site.
        """
        if is_open and folder_of(path) not in self._operated_folders:
            # Every GET of a file in memory comes here, so most paths need no search.
            return None
        route = self.find(path, method)
        # Paths without a route require read permission.
        access = route.access if route else "read"
        if access in {"public", "own"} and "/.." not in path:
            return None
        if access == "operate":
            return "operate"
        return None if is_open else "read"


@cache
def pattern_of(path: str) -> re.Pattern[str]:
    """Return the regular expression of a route's path.

    Parameters of the type ``path`` match all characters, including line breaks.
    """
    return re.compile(compile_path(path)[0].pattern, re.DOTALL)


def folder_of(path: str) -> str:
    """Return the first folder in a path, such as ``/api/``, or an empty string."""
    return path[: path.find("/", 1) + 1]
