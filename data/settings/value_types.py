"""Types of setting values, with limits that keep later calculations safe."""

from typing import Annotated, Final

import msgspec

PLACE: Final = r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?)?\Z"
"""Pattern of the location of a bucket (name and prefix), or an empty string."""

LABEL: Final = r"^[a-z0-9-]*\Z"
"""Pattern of a worker's label. It also matches an empty string."""

MAX_NUMBER: Final = 1_000_000_000
"""Maximum value of numbers in settings: in seconds (31 years) or as a count."""

MAX_BYTES: Final = 1_000_000_000_000_000
MAX_DAYS: Final = 36_500

Whole = Annotated[int, msgspec.Meta(ge=1, le=MAX_NUMBER)]
WholeOrZero = Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=MAX_NUMBER)]
Bytes = Annotated[int, msgspec.Meta(ge=1, le=MAX_BYTES)]
BytesOrZero = Annotated[int, msgspec.Meta(ge=0, le=MAX_BYTES)]
Days = Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)]
DaysOrZero = Annotated[int, msgspec.Meta(ge=0, le=MAX_DAYS)]
