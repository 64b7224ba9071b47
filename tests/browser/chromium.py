"""The browser of the tests: where it is, and a mark that skips where there is none."""

from __future__ import annotations

import pytest

from spiders.download.settings import BrowserMissing, find_browser

try:
    BROWSER, _MISSING = find_browser(), ""
except BrowserMissing as error:
    BROWSER, _MISSING = "", str(error)

in_a_browser = [pytest.mark.integration, pytest.mark.skipif(not BROWSER, reason=_MISSING)]
"""The marks of a module whose tests open pages in it."""
