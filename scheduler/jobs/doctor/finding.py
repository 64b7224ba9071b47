"""What an examination found."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Level: TypeAlias = Literal["ok", "warning", "error"]


class Finding(msgspec.Struct, frozen=True):
    """What was found of one thing, in a sentence, and what to do about it; empty where all is well.

    An ``error`` keeps Communique from its work, or loses something; a ``warning`` may do so later.
    """

    check: str
    level: Level
    text: str
    fix: str = ""
