"""How pages of the operator's room are made: in the look of the site, by templates of their own."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import closing
from functools import cache
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from data.models import Facet
from feeds.catalog import catalog_of
from feeds.pages.renderer import PageRenderer
from scheduler.home import Home
from scheduler.service.admin.guard import Session

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'self'"
)

HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": f"{POLICY}; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # Forms tell where they come from, and nobody else learns of these pages.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}

MOST_SAID: Final = 100
"""Sentences that wait for the page that shows them."""


class AdminPages:
    """Renders pages of one HOME."""

    def __init__(self, home: Home, cookie_name: str) -> None:
        self._home = home
        self._cookie_name = cookie_name
        self._said: OrderedDict[str, tuple[str, bool]] = OrderedDict()

    async def show(
        self,
        request: Request,
        template: str,
        file: str,
        title: str,
        status: int = 200,
        **values: Any,
    ) -> Response:
        """The page at ``file``, by a template in ``templates/admin``."""
        session: Session = request.state.session
        said, is_fault = self._said.pop(session.cookie, ("", False))
        text = await asyncio.to_thread(
            self._rendered,
            f"admin/{template}",
            file,
            title=title,
            said=said,
            is_fault=is_fault,
            form_token=session.form,
            **values,
        )
        answer = HTMLResponse(text, status, HEADERS)
        answer.set_cookie(
            self._cookie_name,
            session.cookie,
            path="/",
            httponly=True,
            samesite="strict",
            secure=self._home.settings.site.url.startswith("https:"),
        )
        return answer

    def say(self, session: Session, sentence: str, *, is_fault: bool = False) -> None:
        """Have the next page that a session is shown say something."""
        self._said[session.cookie] = sentence, is_fault
        if len(self._said) > MOST_SAID:
            self._said.popitem(last=False)

    def _rendered(self, template: str, file: str, **values: Any) -> bytes:
        with closing(self._home.plain_store()) as store:
            pages = PageRenderer(catalog_of(store, self._home.settings.site), {})
        pages.environment = templates(pages.environment)
        return pages.render(
            template, file, Facet(), policy=POLICY, referrer="same-origin", **values
        )


@cache
def templates(site: Environment) -> Environment:
    """The templates of the site and ours beside them; compiling them takes long."""
    loaders = [PackageLoader("feeds.pages"), PackageLoader("scheduler.service.admin")]
    return site.overlay(loader=ChoiceLoader(loaders))
