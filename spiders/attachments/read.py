"""Read the text of an attachment in a separate process with limits."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

import msgspec

from data.environment import child_environment
from data.models.file_text import Cut, FileKind, FileText
from data.text.folding import normalized

log = logging.getLogger(__name__)

MAX_CPU_SECONDS: Final = 30
"""Maximum CPU time of the process that reads one attachment, in seconds."""

_kind = msgspec.json.Decoder(FileKind)
_page = msgspec.json.Decoder(str)
_end = msgspec.json.Decoder(FileText)


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
                kind = _kind.decode(line)
            elif line.startswith(b"{"):
                end = _end.decode(line)
            else:
                pages.append(normalized("NFC", _page.decode(line)))
        except msgspec.DecodeError:
            break  # The process was ended while it wrote this line.
    while pages and not pages[-1]:
        pages.pop()
    return FileText(kind, tuple(pages), end.cut, end.tool)
