"""Show the rest of a list in a browser: click "load more" or "next" buttons, and scroll.

Only controls without an address are clicked, never controls in forms. Rows that a script replaces
are added again at the end, so that the document contains all rows that were visible.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, TypeAlias

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page as Tab

MAX_STEPS: Final = 100
"""Maximum clicks and scrolls per page."""

MAX_ROWS: Final = 1_000
"""Number of rows after which no more rows are requested."""

MAX_SECONDS: Final = 120.0
"""Maximum time per page."""

STEP_MILLISECONDS: Final = 3_000
"""Maximum time that a step may take to show more rows."""

ControlChooser: TypeAlias = Callable[[Sequence[Sequence[str]]], int | None]
"""Chooses the control to click by its label and names; None to scroll."""

_TOOLS: Final = """() => {
  const beside = new RegExp('carousel|slider|swiper|slick|calendar|cookie|consent|modal|popup|'
    + 'newsletter|comment|share|lightbox|gallery|related|login', 'i');
  const names = node => `${node.id || ''} ${node.getAttribute('class') || ''}`;
  const apart = 'form,footer,aside,header,nav:not([class*=pag]):not([aria-label*=pag])';
  const rows = new Map();
  const key = row => {
    const link = row.matches('a[href]') ? row : row.querySelector('a[href]');
    return `${link ? link.href : ''} ${row.textContent.trim().slice(0, 200)}`;
  };
  let list = null, controls = [];
  window.communiqueRows = {
    remember(most) {
      let best = 0;
      list = null;
      for (const one of document.querySelectorAll('ul,ol,tbody,div,section,main')) {
        if (one.children.length <= best || one.closest('footer,aside,header,nav')) continue;
        let count = 0;
        for (const row of one.children) {
          const links = row.matches('a') || row.querySelector('a');
          count += !!links && row.textContent.trim().length >= 20;
        }
        if (count > Math.max(best, 1)) [best, list] = [count, one];
      }
      for (const row of list ? list.children : []) {
        if (rows.size >= most) break;
        const links = row.matches('a') || row.querySelector('a');
        if (links && !rows.has(key(row))) rows.set(key(row), row.cloneNode(true));
      }
      return rows.size;
    },
    controls() {
      const kinds = 'a,button,[role=button],input[type=button],[class*=more]';
      const found = document.querySelectorAll(kinds);
      controls = [...found].filter(node => {
        const href = (node.getAttribute('href') || '#').trim();
        if (!/^(?:#(?![\\/!])|javascript:)/i.test(href)) return false;
        if (node.disabled || node.getAttribute('aria-disabled') === 'true') return false;
        if (node.closest(apart) || node.querySelector('a[href],button')) return false;
        if (!node.getClientRects().length) return false;
        for (let up = node, level = 0; up && level < 4; up = up.parentElement, level++)
          if (beside.test(names(up))) return false;
        return true;
      }).slice(0, 500);
      return controls.map(node => [
        (node.textContent || node.value || '').trim().slice(0, 80)
          || node.getAttribute('aria-label') || node.title || '',
        names(node),
      ]);
    },
    click(place) { controls[place].scrollIntoView(); controls[place].click(); },
    scroll() {
      const last = list && list.lastElementChild;
      if (last) last.scrollIntoView();
      window.scrollTo(0, document.documentElement.scrollHeight);
    },
    finish() {
      if (!list || !list.isConnected) return;
      const shown = new Set([...list.children].map(key));
      list.prepend(...[...rows].filter(([one]) => !shown.has(one)).map(([, row]) => row));
    },
  };
}"""
"""JavaScript functions that the functions below call on the page."""


async def show_more_rows(tab: Tab, chosen: ControlChooser, delay: float) -> None:
    """Show more rows of a list until there are no new ones, with ``delay`` seconds per step.

    Limited by MAX_STEPS, MAX_ROWS and MAX_SECONDS. A click that opens another page is undone.
    """
    address = tab.url
    try:
        await tab.evaluate(_TOOLS)
        with suppress(TimeoutError):
            async with asyncio.timeout(MAX_SECONDS):
                await _extend(tab, chosen, delay)
        await tab.evaluate("() => communiqueRows.finish()")
        if tab.url != address:
            await tab.evaluate("address => history.replaceState(null, '', address)", address)
    except PlaywrightError:
        # A click led to another page, or the page was closed: the caller reads the rest.
        if tab.url != address and not tab.is_closed():
            with suppress(PlaywrightError):
                await tab.goto(address)


async def _extend(tab: Tab, chosen: ControlChooser, delay: float) -> None:
    rows = await tab.evaluate("most => communiqueRows.remember(most)", MAX_ROWS)
    for _ in range(MAX_STEPS):
        if rows >= MAX_ROWS:
            return
        await asyncio.sleep(delay)
        place = chosen(await tab.evaluate("() => communiqueRows.controls()"))
        if place is None:
            await tab.evaluate("() => communiqueRows.scroll()")
        else:
            await tab.evaluate("place => communiqueRows.click(place)", place)
        try:
            await tab.wait_for_function(
                "([rows, most]) => communiqueRows.remember(most) > rows",
                arg=[rows, MAX_ROWS],
                timeout=STEP_MILLISECONDS,
            )
        except PlaywrightError:
            # No new rows within the time end the list, or the click led to another page.
            await tab.evaluate("() => communiqueRows.controls()")
            return
        rows = await tab.evaluate("most => communiqueRows.remember(most)", MAX_ROWS)
