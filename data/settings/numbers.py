"""Number types of settings, with upper limits that keep later calculations safe."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

MAX_NUMBER: Final = 1_000_000_000
"""Maximum of a setting in seconds or pieces: 31 years, and more pieces than exist."""

MAX_BYTES: Final = 1_000_000_000_000_000
MAX_DAYS: Final = 36_500

Whole = Annotated[int, msgspec.Meta(ge=1, le=MAX_NUMBER)]
WholeOrNone = Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=MAX_NUMBER)]
Bytes = Annotated[int, msgspec.Meta(ge=1, le=MAX_BYTES)]
BytesOrNone = Annotated[int, msgspec.Meta(ge=0, le=MAX_BYTES)]
Days = Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)]
DaysOrNone = Annotated[int, msgspec.Meta(ge=0, le=MAX_DAYS)]
