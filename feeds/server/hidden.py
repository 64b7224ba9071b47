"""Answers for releases that are hidden: 410, whatever of them is asked for."""

from __future__ import annotations

from contextlib import closing

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data.store import open_existing
from feeds.replay.answer import HIDDEN
from feeds.server.errors import page
from feeds.server.requests.work_queue import WorkQueue
from feeds.urls import name_of


def hidden_routes(store_url: str, queue: WorkQueue) -> list[Route]:
    """The routes of pages of releases that are no files of the site (any more)."""

    def is_hidden(release_id: str) -> bool:
        with closing(open_existing(store_url)) as store:
            return store.hidden_release(release_id) is not None

    async def answer(request: Request) -> Response:
        release = name_of(request.path_params["release"].removesuffix(".json"))
        if release is None or not await queue.run(
            request.scope, request.receive, lambda: is_hidden(release)
        ):
            raise HTTPException(404)
        return page(request.scope, 410, said=HIDDEN)

    return [
        Route("/releases/{release}", answer),
        Route("/releases/{release}/{rest:path}", answer),
    ]
