"""Extract the text of PDF responses in a separate process, before visits receive them."""

import asyncio
import logging
import sys
from typing import Final

import msgspec
from scrapy import Request
from scrapy.http import Response

from data.environment import child_environment
from spiders.page.media_files import DocumentText, is_pdf

log = logging.getLogger(__name__)

DOCUMENT: Final = "document"
"""Key in a request's ``meta`` for the text of the document in its response."""

UNREAD_META_KEY: Final = "unread"
"""Key in the ``meta`` of a request whose response is archived but not parsed."""

MAX_CPU_SECONDS: Final = 15
"""Maximum CPU time of the process that reads one document, in seconds."""

MAX_WAITING_RATIO: Final = 4
"""Maximum wall-clock time of the process, as a multiple of its CPU time."""


async def read_document(body: bytes, seconds: int = MAX_CPU_SECONDS) -> DocumentText:
    """Return the text of a PDF, or no text if reading takes more than ``seconds`` of CPU time.

    An unreadable document has no text and raises no exception.
    """
    command = (sys.executable, "-P", "-m", "spiders.download.pdf_reader", str(seconds))
    try:
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=child_environment(),
        )
        try:
            # The process limits its own CPU time, but it may have to wait on a busy system.
            async with asyncio.timeout(MAX_WAITING_RATIO * seconds):
                output, _ = await child.communicate(body)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        return msgspec.json.decode(output, type=DocumentText)
    except (TimeoutError, msgspec.DecodeError, OSError) as error:
        log.info("a document of %d bytes can't be read: %r", len(body), error)
        return DocumentText(missing=f"the document can't be read in {seconds} seconds of CPU time")


class DocumentMiddleware:
    """Scrapy middleware that extracts the text of documents while other responses are processed."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()

    async def process_response(self, request: Request, response: Response) -> Response:
        """Add the text of a document to the request's ``meta``, and return the response."""
        if not request.meta.get(UNREAD_META_KEY) and is_pdf(response.body):
            async with self._one:
                request.meta[DOCUMENT] = await read_document(response.body)
        return response
