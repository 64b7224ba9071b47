"""The text of a file that belongs to a release."""

from typing import Final, Literal, TypeAlias

import msgspec

FileKind: TypeAlias = Literal[
    "pdf", "docx", "xlsx", "pptx", "odt", "ods", "odp", "rtf", "image", "unknown"
]
"""Kind of a file, determined from its bytes."""

Cut: TypeAlias = Literal[
    "",
    "pages",
    "length",
    "time",
    "memory",
    "unpacked",
    "password",
    "damaged",
    "old",
    "scan",
    "kind",
]
"""Reason why text of a file is missing:

- ``pages``, ``length``, ``time``, ``memory``, ``unpacked``: a limit was reached
- ``password``, ``damaged``: the file can't be opened or is damaged
- ``old``: the file is in an old Word, Excel or PowerPoint format
- ``scan``: the file contains only images, and no scanned text is recognized
- ``kind``: the kind of the file is not supported"""

INTERRUPTED_CUTS: Final[tuple[Cut, ...]] = ("time", "memory")
"""Reasons that depend on the load of the machine, so that the same file is read again later."""


class FileText(msgspec.Struct, frozen=True):
    """The text of a file, separated by page.

    ``pages`` contains one text per page, slide or sheet. ``cut`` is the reason why text is missing,
    or an empty string. ``tool`` is the name of the program that recognized scanned text, if any.
    """

    kind: FileKind = "unknown"
    pages: tuple[str, ...] = ()
    cut: Cut = ""
    tool: str = ""
