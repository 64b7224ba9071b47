"""Reads the documents among answers, in a process of its own, before they go to a visit."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Final

import msgspec
from scrapy import Request
from scrapy.http import Response

from spiders.page.page import DocumentText

log = logging.getLogger(__name__)

PDF: Final = b"%PDF-"
DOCUMENT: Final = "document"
"""The key in a request's meta under which what was read of its answer is found."""

UNREAD: Final = "unread"
"""The key in a request's meta that says that nobody reads its answer."""

SECONDS: Final = 15
"""Seconds of its process after which reading a document ends."""

BEGINNING: Final = 1_024
"""Bytes among which a PDF has to begin (ISO 32000-1, annex H, 3.4.1)."""


def is_pdf(body: bytes) -> bool:
    """Whether a body is a PDF, whatever the server calls it."""
    return PDF in body[:BEGINNING] and body.lstrip()[:1] != b"<"


async def read_document(body: bytes, seconds: int = SECONDS) -> DocumentText:
    """What a PDF says; nothing where it can't be read within ``seconds`` of its process.

    Raises nothing for any document.
    """
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "spiders.download.pdf_reader", str(seconds)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        # It ends by itself sooner, but where the system is too busy to start it.
        said, _ = await asyncio.wait_for(child.communicate(body), 2 * seconds)
        return msgspec.json.decode(said, type=DocumentText)
    except (TimeoutError, msgspec.DecodeError, OSError) as error:
        log.info("a document of %d bytes can't be read: %r", len(body), error)
        return DocumentText()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


class DocumentMiddleware:
    """Scrapy's downloader middleware that reads documents while other answers are dealt with."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()

    async def process_response(self, request: Request, response: Response) -> Response:
        """The answer; what a document says is in its meta."""
        if not request.meta.get(UNREAD) and is_pdf(response.body):
            async with self._one:
                request.meta[DOCUMENT] = await read_document(response.body)
        return response
