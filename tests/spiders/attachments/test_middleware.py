"""Attachments of a visit are read within its time, and the others by a later visit."""

import asyncio

from scrapy import Request
from scrapy.http import Response

from spiders.attachments.middleware import READING, AttachmentMiddleware, Reading, ReadingTime

URL = "http://harbour.example/minutes.rtf"


def test_an_attachment_for_which_no_time_is_left_is_not_stored_as_an_empty_text() -> None:
    reading = Reading(ReadingTime(left=0.0), ())
    request = Request(URL, meta={READING: reading})
    response = Response(URL, body=b"{\\rtf1 The lamp is lit.}")
    assert asyncio.run(AttachmentMiddleware().process_response(request, response)) is response
    assert reading.text is None
