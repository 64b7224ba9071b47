"""Kinds of numbers that settings are: none is larger than what is done with it can bear."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

MOST: Final = 1_000_000_000
"""Of seconds that is a life of any installation; of anything else, more than there is."""

MOST_BYTES: Final = 1_000_000_000_000_000
MOST_DAYS: Final = 36_500

Whole = Annotated[int, msgspec.Meta(ge=1, le=MOST)]
WholeOrNone = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=MOST)]
Bytes = Annotated[int, msgspec.Meta(ge=1, le=MOST_BYTES)]
BytesOrNone = Annotated[int, msgspec.Meta(ge=0, le=MOST_BYTES)]
Days = Annotated[int, msgspec.Meta(ge=1, le=MOST_DAYS)]
DaysOrNone = Annotated[int, msgspec.Meta(ge=0, le=MOST_DAYS)]
