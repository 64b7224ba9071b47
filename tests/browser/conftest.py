"""The browser in which the tests of a module open pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.chromium import BROWSER


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    # It comes with the extra `browser`, without which these tests are skipped.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - as above

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()
