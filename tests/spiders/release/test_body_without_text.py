"""Test a body that has no text of its own."""

from __future__ import annotations

import datetime as dt

from data.dates.context import DateContext
from spiders.page.page import Page
from spiders.release.read import read_release

ONLY_A_CAPTION = b"""<!DOCTYPE html><html lang="de"><head>
<title>Kreis kauft Moor - Landkreis Hohenmoor</title></head><body>
<figure class="image"><img src="/moor.jpg" alt="Moor"><figcaption>h(arguments)}
track("js",new Date("2026-11-20T11:58:02"));track("config","SITE-0001",{"page_type":"content"});
</figcaption></figure></body></html>"""


def test_a_body_that_is_only_a_caption_is_reported_as_missing() -> None:
    context = DateContext("Europe/Berlin", now=dt.datetime(2026, 11, 30, tzinfo=dt.UTC))
    found = read_release(Page("https://kreis.example/presse/1", ONLY_A_CAPTION), context)
    assert found.content.body_text == ""
    assert "no body was found" in found.reasons
