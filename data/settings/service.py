"""Settings for health notifications, the store, the executor, network requests and visits."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

MAX_NUMBER: Final = 1_000_000_000
"""Maximum value of a setting, in seconds (31 years) or as a count."""

MAX_BYTES: Final = 1_000_000_000_000_000
MAX_DAYS: Final = 36_500

Whole = Annotated[int, msgspec.Meta(ge=1, le=MAX_NUMBER)]
WholeOrNone = Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=MAX_NUMBER)]
Bytes = Annotated[int, msgspec.Meta(ge=1, le=MAX_BYTES)]
BytesOrNone = Annotated[int, msgspec.Meta(ge=0, le=MAX_BYTES)]
Days = Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)]
DaysOrNone = Annotated[int, msgspec.Meta(ge=0, le=MAX_DAYS)]


class HealthSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for notifications about the health of the service and its sources."""

    ping: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^(https?://\S+)?$")],
        msgspec.Meta(
            description=(
                "An address that `communique run` requests once a minute while it works. It "
                "adds `/fail` while it can't publish, and when it ends because of that (the "
                "protocol of healthchecks.io). The monitor at that address can alert you when "
                "the requests stop."
            )
        ),
    ] = ""
    ping_file: Annotated[
        str,
        msgspec.Meta(
            description=(
                "A file with this address (a path from HOME), since anyone who knows the "
                "address can send such requests."
            )
        ),
    ] = ""
    confirm_visits: Annotated[
        Annotated[int, msgspec.Meta(ge=0, le=10)],
        msgspec.Meta(
            description=(
                "Further visits that must confirm that a source stopped working or works "
                "again before it is reported, at most 10. 0 reports it at once."
            )
        ),
    ] = 2
    confirm_after: Annotated[
        # Longer values of Crawl-delay in robots.txt are reduced to this limit.
        Annotated[int, msgspec.Meta(ge=60, le=MAX_NUMBER)],
        msgspec.Meta(
            description=(
                "Seconds between these visits in `communique run`, 60 or more; longer if the "
                "host asks for it."
            )
        ),
    ] = 120


class StoreSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for the database with the releases."""

    url: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^(?:postgres(?:ql)?://[^\x00-\x20\x7f]+)?\Z",
            description=(
                "The address of a PostgreSQL database, `postgresql://user@host/database`. The "
                "default is the SQLite file HOME/communique.db."
            ),
        ),
    ] = ""
    url_file: Annotated[
        str,
        msgspec.Meta(
            description=(
                "A file with this address (a path from HOME), for an address with a password."
            )
        ),
    ] = ""


class Running(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for the processes that visit sources."""

    executor: Annotated[
        Literal["local", "procrastinate"],
        msgspec.Meta(
            description=(
                "Who makes the visits of `communique run`: `local` for this machine, "
                "`procrastinate` for any number of `communique worker` processes, which need "
                "`store.url`."
            )
        ),
    ] = "local"


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for network requests."""

    allow_private: Annotated[
        bool,
        msgspec.Meta(description="Allow sources on loopback and private addresses."),
    ] = False
    contact: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^[^\x00-\x1f\x7f]*\Z",
            description=(
                "Your mail address or URL. The user agent contains it, so that a site can "
                "reach you."
            ),
        ),
    ] = ""
    delay: Annotated[
        Seconds,
        msgspec.Meta(
            description=(
                "Minimum seconds between two requests to one host, 0 or more (never applied "
                "to loopback)."
            )
        ),
    ] = 1.0
    timeout: Annotated[
        Annotated[float, msgspec.Meta(gt=0, le=MAX_NUMBER)],
        msgspec.Meta(description="Maximum seconds for one response, more than 0."),
    ] = 60.0
    max_bytes: Annotated[
        Bytes, msgspec.Meta(description="Maximum decoded bytes of one response.")
    ] = 20_000_000


class Collect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings for the scope and the frequency of visits."""

    interval: Annotated[
        Whole,
        msgspec.Meta(
            description=(
                "Mean seconds between two visits to a source without its own interval, over "
                "all such sources and over a week. Each source is visited more often at the "
                "times when it usually publishes."
            )
        ),
    ] = 900
    least_interval: Annotated[
        Whole,
        msgspec.Meta(
            description=(
                "Minimum seconds between two visits to a source, even if it publishes often. "
                "Sources with a shorter interval are visited evenly."
            )
        ),
    ] = 120
    max_pages: Annotated[
        Whole,
        msgspec.Meta(
            description=(
                "Maximum number of pages of each listing per visit. A visit reads at least "
                "the first page and one later page. If it continues a walk back to the first "
                "release, it also requests the page where the last visit stopped."
            )
        ),
    ] = 500
    backfill_pages: Annotated[
        Whole,
        msgspec.Meta(
            description=(
                "Maximum number of pages of a walk back to the first release, and of one "
                "visit with `--backfill`."
            )
        ),
    ] = 5000
    revisit_days: Annotated[
        Days,
        msgspec.Meta(
            description=(
                "Days after publication during which every visit checks a release for changes."
            )
        ),
    ] = 14
    revisit_most: Annotated[
        Whole,
        msgspec.Meta(
            description="Maximum number of stored releases that one visit checks for changes."
        ),
    ] = 1000
    retract_after: Annotated[
        Seconds,
        msgspec.Meta(
            description=(
                "Seconds after which a missing release is retracted if it is still missing. 0 "
                "retracts it at the next visit."
            )
        ),
    ] = 21600
    run_timeout: Annotated[
        Whole,
        msgspec.Meta(description="Maximum seconds of a visit; the next visit continues."),
    ] = 3600
