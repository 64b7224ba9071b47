"""Read the text of an attachment in a separate process with limits.

A Scrapy middleware does so for the attachments of a visit while other responses are processed.
"""

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Final

import msgspec
from scrapy import Request
from scrapy.http import Response

from data.environment import child_environment
from data.models.capture import INTERRUPTED_CUTS, Cut, FileKind, FileText
from data.text.folding import normalized

log = logging.getLogger(__name__)

MAX_CPU_SECONDS: Final = 30
"""Maximum CPU time of the process that reads one attachment, in seconds."""


def read_attachment(
    body: bytes, languages: Sequence[str] = (), seconds: int = MAX_CPU_SECONDS
) -> FileText:
    """Return the texts of a file's pages, as far as they can be read within the limits.

    If ``languages`` (tags) are given, scanned pages are recognized. The process may wait on a busy
    system, so its wall-clock time is limited to twice its CPU time. No content of the file raises
    an exception.
    """
    try:
        child = subprocess.Popen(  # noqa: S603 - our own module, with numbers and language tags
            [sys.executable, "-P", "-m", "spiders.attachments.child", str(seconds), *languages],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=child_environment("TESSDATA_PREFIX"),
        )
    except OSError as error:
        log.warning("an attachment of %d bytes can't be read: %r", len(body), error)
        return FileText(cut="memory")
    with child:
        try:
            output, _ = child.communicate(body, timeout=2 * seconds)
        except subprocess.TimeoutExpired:
            # Programs that the child started belong to its group.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            output, _ = child.communicate()
    return text_from_output(output, "time" if child.returncode < 0 else "damaged")


def text_from_output(output: bytes, cut: Cut) -> FileText:
    """Return the text that a child process wrote.

    If the process ended early, so that the last line is missing, ``cut`` is the reason.
    """
    kind: FileKind = "unknown"
    pages: list[str] = []
    end = FileText(cut=cut)
    for number, line in enumerate(output.splitlines()):
        try:
            if number == 0 and not line.startswith(b"{"):
                kind = msgspec.json.decode(line, type=FileKind)
            elif line.startswith(b"{"):
                end = msgspec.json.decode(line, type=FileText)
            else:
                pages.append(normalized("NFC", msgspec.json.decode(line, type=str)))
        except msgspec.DecodeError:
            break  # The process was ended while it wrote this line.
    while pages and not pages[-1]:
        pages.pop()
    return FileText(kind, tuple(pages), end.cut, end.tool)


READING: Final = "reading"
"""Key in a request's ``meta`` for the `Reading` of the requested file. It is missing if the file is
not read."""

MAX_VISIT_SECONDS: Final = 180.0
"""Maximum time for reading the attachments of one visit, in seconds."""


@dataclass(slots=True)
class ReadingTime:
    """The remaining time in seconds for reading attachments in one visit."""

    left: float = MAX_VISIT_SECONDS


@dataclass(slots=True)
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
    text: FileText | None = None

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
                    if reading.time.left > 0:
                        started = time.monotonic()
                        reading.text = await asyncio.to_thread(
                            read_attachment, response.body, reading.languages
                        )
                        reading.time.left -= time.monotonic() - started
        return response
