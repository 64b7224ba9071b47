"""Inspect the site of a catalogue entry: find its releases, and check whose site it is."""

import logging
from dataclasses import dataclass
from functools import partial
from typing import Final

from data.errors import PAGE_BUG, CommuniqueError
from data.text.clean import plain
from data.text.masking import masked
from scheduler.children.shared_fetch import SharedFetcher
from spiders.catalogue.catalogue import Entry
from spiders.catalogue.name_match import shows_name
from spiders.discovery.certainty import FLOOR
from spiders.discovery.explore import Explored, Explorer
from spiders.discovery.fetcher import NotFetched
from spiders.discovery.propose import GivenFields
from spiders.discovery.site_name import guess_name

MAX_RESPONSE_SECONDS: Final = 180.0
"""Maximum time in seconds that an inspection waits for one response, with all delays."""

MAX_REASON_CHARS: Final = 500
"""Maximum length of a reason in characters."""

log = logging.getLogger("communique.catalogue")


@dataclass(frozen=True, slots=True)
class Inspected:
    """The result of an inspection. ``reason`` is empty if the source can be added.

    ``found`` is None if no releases were found. ``may_pass`` is true if a request failed, which may
    succeed later.
    """

    found: Explored | None
    reason: str = ""
    may_pass: bool = False


def inspect(fetcher: SharedFetcher, entry: Entry, given: GivenFields) -> Inspected:
    """Inspect the addresses of an entry, and return the first certain result, or else the best."""
    best = Inspected(None)
    for address in entry.addresses:
        result = _of_address(fetcher, entry, address, given)
        if not result.reason:
            return result
        if best.found is None and (result.found or not best.reason):
            best = result
    return best


def _of_address(
    fetcher: SharedFetcher, entry: Entry, address: str, given: GivenFields
) -> Inspected:
    try:
        opened = partial(fetcher.opened, MAX_RESPONSE_SECONDS)
        found = Explorer(opened, (), lambda _: None, given).explore(address)
        return Inspected(found, _doubt(found, entry))
    except CommuniqueError as error:
        return Inspected(None, _short(str(error)), may_pass=isinstance(error, NotFetched))
    except Exception:
        # One page that our code can't read must not end the work on all other sites.
        log.exception("the site of %s could not be inspected", entry.id)
        return Inspected(None, f"{masked(address)}: {PAGE_BUG}")


def _doubt(found: Explored, entry: Entry) -> str:
    """Return why a result should not be added without a person's decision, or ""."""
    pages = [page for _, page in found.site.releases]
    shown = [found.site.page, *pages]
    if found.site.feed_page:
        shown.append(found.site.feed_page)
    if not shows_name(shown, (entry.name, *entry.names)):
        own = guess_name(found.site.page, pages, found.site.feed_page).value
        return _short(
            f"{masked(found.site.page.url)} does not contain the name {entry.name!r}; "
            f"the page shows the name {own!r}"
        )
    certainty = found.proposed.certainty
    if not certainty.enough:
        return _short(
            f"{masked(found.site.page.url)}: these may not be the releases (certainty "
            f"{certainty.value:.0%}, minimum {FLOOR:.0%}): {'; '.join(certainty.reasons)}"
        )
    return ""


def _short(text: str) -> str:
    line = plain(text)
    return line if len(line) <= MAX_REASON_CHARS else f"{line[:MAX_REASON_CHARS]}…"
