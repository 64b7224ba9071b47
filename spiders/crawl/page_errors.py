"""Whatever goes wrong with one page is an error of that page: the others of its visit go on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

from data.errors import CommuniqueError

Tell: TypeAlias = Callable[[str, str, str], None]
"""What notes an error of a run: an address, a short code and a sentence."""

BUG: Final = "our own code failed on this page; please report it with the traceback in crawl.log"

LONGEST: Final = 500
"""Characters of an unexpected error that are told: it may quote a whole page."""

log = logging.getLogger(__name__)


class BadAddress(CommuniqueError):
    """A page names an address that nobody can be asked for, such as one with port 99999."""

    def __init__(self, cause: ValueError) -> None:
        super().__init__(f"nothing can be asked for at this address ({cause})")


@contextmanager
def page_errors(url: str, tell: Tell) -> Iterator[None]:
    """Tell of any exception within as an error of the page at ``url``, and go on after it."""
    try:
        yield
    except BadAddress as error:
        tell(url, "refused", str(error))
    except CommuniqueError as error:
        tell(url, "store", str(error))
    except Exception as error:
        log.exception("what was found at %s could not be dealt with", url)
        tell(url, "bug", f"{BUG} ({type(error).__name__}: {str(error)[:LONGEST]})")
