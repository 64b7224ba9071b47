"""Settings for visits to sources: `[network]` and `[collect]`."""

from typing import Annotated

import msgspec

from data.settings.value_types import MAX_NUMBER, Bytes, Days, Seconds, Whole


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
    sign: Annotated[
        bool,
        msgspec.Meta(
            description=(
                "Sign all requests (Web Bot Auth), so that a site can recognize and admit them. "
                "Also set `contact`, and the public address in `site.url`."
            )
        ),
    ] = False
    proxies: Annotated[
        dict[str, str],
        msgspec.Meta(
            description=(
                'Proxies by name, such as `eu = "socks5://user:password@192.0.2.7:1080"`, with '
                'http or socks5. A source file selects one with `proxy = "eu"`. A proxy whose '
                'name is a host, such as `"acme.example"`, gets all requests to this host.'
            )
        ),
    ] = msgspec.field(default_factory=dict)
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
    """Settings for the scope and frequency of visits."""

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
