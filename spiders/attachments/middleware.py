"""Read the text of attachments while other responses are processed."""

import asyncio
import time
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from typing import Final

from scrapy import Request
from scrapy.http import Response

from data.models import FileText
from data.models.file_text import INTERRUPTED_CUTS
from spiders.attachments.read import read_attachment

READING: Final = "reading"
"""Key in a request's ``meta`` for the `Reading` of the requested file. It is missing if the file is
not read."""

MAX_VISIT_SECONDS: Final = 180.0
"""Maximum time for reading the attachments of one visit, in seconds."""


@dataclass
class ReadingTime:
    """The remaining time in seconds for reading attachments in one visit."""

    left: float = MAX_VISIT_SECONDS


@dataclass
class Reading:
    """How a file is read, and the result.

    ``languages`` are the languages of scans, or empty if scans are not read. A file with the digest
    ``known`` is not read again. ``text`` is None in three cases:

    - The response has not arrived yet.
    - The file has the digest ``known``.
    - No reading time remains. A later visit reads the file.
    """

    time: ReadingTime
    languages: tuple[str, ...]
    known: str = ""
    digest: str = ""
    text: FileText | None = field(default=None)

    @property
    def is_final(self) -> bool:
        """Whether this file does not have to be read again."""
        if self.text is None:
            return self.digest == self.known
        return self.text.cut not in INTERRUPTED_CUTS


class AttachmentMiddleware:
    """Scrapy middleware that reads attachments one by one, in child processes."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()

    async def process_response(self, request: Request, response: Response) -> Response:
        """Add the text of an attachment to the request's `Reading`.

        Returns the response unchanged.
        """
        reading: Reading | None = request.meta.get(READING)
        if reading and response.status == HTTPStatus.OK:
            reading.digest = f"sha256:{sha256(response.body).hexdigest()}"
            if reading.digest != reading.known:
                async with self._one:
                    reading.text = await _read(response.body, reading)
        return response


async def _read(body: bytes, reading: Reading) -> FileText | None:
    if reading.time.left <= 0:
        return None
    started = time.monotonic()
    text = await asyncio.to_thread(read_attachment, body, reading.languages)
    reading.time.left -= time.monotonic() - started
    return text
